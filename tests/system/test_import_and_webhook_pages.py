"""Tables of complaints and webhooks in a real browser, with a receiver on a real socket."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.system.conftest import Running
from tests.system.test_browser import agent_page, browser, pytestmark, shot
from tests.system.test_complaint_pages import open_desk

__all__ = ["browser", "pytestmark"]


class Receiver(ThreadingHTTPServer):
    """Answers every post with `status`; remembers the bodies."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.bodies: list[dict[str, object]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/frontline"


class Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write("数据库连不上".encode() if self.server.status >= 500 else b"ok")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_table_is_checked_imported_and_reported(browser: Browser, running: Running) -> None:
    agent = agent_page(browser, running)
    mark = f"{secrets.randbelow(10**8):08d}"
    rows = "".join(
        f"B{mark}-{n},第 {n} 台油烟机装歪了 {mark},139{mark},油烟机,安装,一般\n" for n in range(120)
    )
    table = (
        "工单号,投诉内容,联系电话,产品,投诉类别,优先级\n"
        f"{rows}C{mark},,139{mark},冰箱,质量,一般\nD{mark},门铃不响 {mark},12,智能门锁,别的,特急\n"
    )
    file = FilePayload(name="十一月投诉.csv", mimeType="text/csv", buffer=table.encode("gb18030"))
    agent.get_by_text("投诉", exact=True).first.click()
    agent.get_by_test_id("complaint-import").click()
    agent.get_by_test_id("import-file").set_input_files(
        FilePayload(name="图.csv", mimeType="text/csv", buffer=b"\x89PNG\r\n\x1a\n\x00")
    )
    expect(agent.get_by_test_id("import-problem")).to_be_visible()
    agent.get_by_test_id("import-file").set_input_files(file)
    expect(agent.get_by_test_id("import-ready")).to_have_text("120 行可以导入")
    expect(agent.get_by_test_id("import-bad")).to_have_text("2 行有问题")
    agent.get_by_text("只看有问题的").click()
    expect(agent.get_by_test_id("import-row")).to_have_count(2)
    expect(agent.get_by_test_id("import-row").first).to_contain_text("没有填“发生了什么”")
    expect(agent.get_by_test_id("import-row").last).to_contain_text("手机号不对")
    agent.get_by_text("只看有问题的").click()
    shot(agent, "import-preview")
    agent.get_by_test_id("import-start").click()
    expect(agent.get_by_test_id("import-progress")).to_contain_text("/ 120 行")
    expect(agent.get_by_test_id("import-fresh")).to_have_text("新导入 120 条", timeout=120_000)
    shot(agent, "import-done")
    with agent.expect_download() as waiting:
        agent.get_by_test_id("import-download").click()
    left = waiting.value.path().read_text("utf-8-sig").splitlines()
    assert left[0].endswith(",原因")
    assert [line.split(",")[0] for line in left[1:]] == [f"C{mark}", f"D{mark}"]
    open_desk(agent, running, "/complaints")
    open_desk(agent, running, "/complaints/import")
    agent.get_by_test_id("import-file").set_input_files(file)
    expect(agent.get_by_test_id("import-known")).to_have_text("120 行以前导入过", timeout=30_000)
    expect(agent.get_by_test_id("import-start")).to_be_disabled()
    with agent.expect_download() as waiting:
        agent.get_by_text("换一个文件").click()
        agent.get_by_test_id("import-template").click()
    assert waiting.value.path().read_bytes().startswith(b"\xef\xbb\xbf")


def test_an_admin_makes_a_webhook_tests_it_and_sends_again(
    browser: Browser, running: Running, receiver: Receiver
) -> None:
    admin = agent_page(browser, running, "admin")
    admin.get_by_text("推送", exact=True).click()
    expect(admin.get_by_text("还没有推送")).to_be_visible()
    admin.get_by_test_id("webhook-new").click()
    admin.get_by_test_id("webhook-url").fill("https://192.168.1.1/hook")
    admin.get_by_test_id("webhook-save").click()
    expect(admin.get_by_role("alert").filter(has_text="内网")).to_be_visible()
    shot(admin, "webhook-refused")
    admin.get_by_test_id("webhook-url").fill(receiver.url)
    admin.get_by_placeholder("例：客户关系系统").fill("客户关系系统")
    admin.get_by_test_id("webhook-save").click()
    expect(admin.get_by_test_id("webhook-secret")).to_contain_text("whsec_")
    shot(admin, "webhook-secret")
    admin.get_by_test_id("webhook-secret-kept").click()
    expect(admin.get_by_test_id("webhook")).to_contain_text("全部事件")
    receiver.status = 500
    admin.get_by_test_id("webhook-test").click()
    row = admin.get_by_test_id("delivery").filter(has_text="测试事件")
    expect(row).to_contain_text("数据库连不上", timeout=15_000)
    expect(row).to_contain_text("待推送")
    receiver.status = 200
    row.get_by_test_id("delivery-resend").click()
    expect(row).to_contain_text("已送达", timeout=15_000)
    row.get_by_text("测试事件").click()
    expect(row).to_contain_text("webhook.test")
    shot(admin, "webhooks")
    assert {body["type"] for body in receiver.bodies} == {"webhook.test"}
    admin.get_by_test_id("webhook-remove").click()
    admin.get_by_role("button", name="删除").last.click()
    expect(admin.get_by_text("还没有推送")).to_be_visible()
