"""The pages of complaints in real browsers, from the first word to the archive."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import Browser, Page, expect

from tests.system.conftest import Running
from tests.system.test_browser import agent_page, browser, customer_page, pytestmark, say, shot

__all__ = ["browser", "pytestmark"]


def new_phone() -> str:
    """A customer of whom nothing is known: money and tiers sum up by phone."""
    return f"139{secrets.randbelow(10**8):08d}"


def open_desk(page: Page, running: Running, path: str) -> None:
    page.goto(f"{running.base}/desk/#{path}")


def register(page: Page, running: Running, summary: str, phone: str) -> str:
    """Register a hotline complaint by the form; its number."""
    open_desk(page, running, "/complaints/new")
    page.get_by_test_id("channel-hotline").click()
    page.get_by_test_id("register-summary").fill(summary)
    page.get_by_test_id("register-name").fill("陈先生")
    page.get_by_test_id("register-phone").fill(phone)
    page.get_by_test_id("register-submit").click()
    expect(page.get_by_test_id("complaint-state")).to_have_text("已登记")
    return page.locator("h1").inner_text()


def step(page: Page) -> None:
    """Open the form of the next step."""
    page.keyboard.press("Alt+s")
    expect(page.get_by_test_id("verb-panel")).to_be_visible()


def field(page: Page, name: str) -> str:
    return f"[data-testid=field-{name}] :is(textarea, input)"


def submit(page: Page, state: str) -> None:
    page.get_by_test_id("verb-submit").click()
    expect(page.get_by_test_id("complaint-state")).to_have_text(state)
    expect(page.get_by_test_id("verb-panel")).to_be_hidden()


def verify(page: Page) -> None:
    """Fill in what the step says is missing, then verify."""
    expect(page.get_by_test_id("missing")).to_contain_text("产品")
    page.get_by_test_id("facts-edit").click()
    page.locator(field(page, "product")).fill("洗衣机")
    page.keyboard.press("Enter")
    page.locator(field(page, "occurred_at")).fill("11 月 3 日晚上")
    page.locator(field(page, "no_evidence_reason")).fill("客户说不方便拍照")
    page.get_by_test_id("verb-submit").click()
    expect(page.get_by_test_id("missing")).to_be_hidden()
    step(page)
    submit(page, "已核实")


def assess(page: Page) -> None:
    step(page)
    page.get_by_test_id("choose-company").click()
    page.get_by_test_id("choose-important").click()
    submit(page, "已定责")


def plan(page: Page) -> None:
    step(page)
    page.get_by_test_id("why-1").fill("排水泵堵转")
    page.get_by_test_id("why-more").click()
    page.get_by_test_id("why-2").fill("三次派单都没有带备件")
    page.get_by_test_id("end-management").click()
    page.locator(field(page, "cause")).fill("派单系统不检查备件库存")
    page.get_by_test_id("measure-what-1").fill("带泵上门更换")
    page.get_by_test_id("measure-owner-1").fill("李师傅")
    page.get_by_test_id("moment-tomorrowEvening").click()
    page.locator(field(page, "cost")).fill("180")
    submit(page, "已定方案")


def ask_for_money(page: Page, amount: str, reason: str) -> None:
    page.get_by_test_id("tab-money").click()
    page.get_by_test_id("money-amount").fill(amount)
    expect(page.get_by_test_id("money-answer")).to_be_visible()
    page.get_by_test_id("money-reason").fill(reason)
    page.get_by_test_id("money-submit").click()


def decide(page: Page, running: Running, no: str, verb: str, reason: str) -> None:
    """Approve or deny from the inbox."""
    open_desk(page, running, "/approvals")
    card = page.get_by_test_id("approval").filter(has_text=no)
    card.get_by_test_id(f"money-{verb}").click()
    page.get_by_role("tooltip").locator("textarea").fill(reason)
    page.get_by_test_id("confirm").click()
    expect(card).to_be_hidden()


def test_a_complaint_lives_from_the_hotline_to_the_archive(
    browser: Browser, running: Running
) -> None:
    agent = agent_page(browser, running)
    supervisor = agent_page(browser, running, "supervisor")
    hq = agent_page(browser, running, "hq")
    phone = new_phone()
    no = register(agent, running, "洗衣机 E2 不排水，约了三次师傅都没来，白请了两天假。", phone)
    verify(agent)
    assess(agent)
    plan(agent)
    shot(agent, "complaint-planned")

    ask_for_money(agent, "1200", "误工两天，另赔洗衣费")
    expect(agent.get_by_test_id("complaint-state")).to_have_text("待审批")
    decide(supervisor, running, no, "approve", "证据充分")
    expect(agent.get_by_test_id("complaint-state")).to_have_text("已定方案", timeout=10_000)
    ask_for_money(agent, "2500", "客户要求加赔")
    expect(agent.get_by_test_id("complaint-state")).to_have_text("待审批")
    open_desk(supervisor, running, "/approvals")
    expect(supervisor.get_by_test_id("approval").filter(has_text=no)).to_have_count(0)
    shot(hq, "complaint-approvals")
    decide(hq, running, no, "deny", "损失没有依据")
    expect(agent.get_by_test_id("complaint-state")).to_have_text("已定方案", timeout=10_000)

    step(agent)
    submit(agent, "处理中")
    agent.keyboard.press("Alt+g")
    agent.locator(field(agent, "known")).fill("师傅确认排水泵堵转")
    agent.locator(field(agent, "action")).fill("新泵明天带上门")
    agent.get_by_test_id("moment-tomorrowMorning").click()
    agent.get_by_test_id("verb-submit").click()
    call = agent.get_by_test_id("call-task")
    expect(call).to_contain_text("排水泵")
    call.get_by_test_id("call-outcome").fill("客户同意明天上午")
    call.get_by_test_id("call-reached").click()
    expect(call).to_be_hidden()
    step(agent)
    agent.get_by_test_id("result-1").fill("已换泵，试机正常")
    submit(agent, "已解决")

    customer = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    status = customer.new_page()
    open_desk(status, running, f"/status/{no}")
    status.get_by_test_id("status-phone").fill("13900000000")
    status.get_by_test_id("status-check").click()
    expect(status.get_by_role("alert")).to_be_visible()
    status.get_by_test_id("status-phone").fill(phone)
    status.get_by_test_id("status-check").click()
    expect(status.get_by_test_id("status-view")).to_contain_text(no)
    shot(status, "complaint-status-phone")
    status.get_by_test_id("status-dissatisfied").click()
    status.get_by_test_id("status-rate").click()
    expect(agent.get_by_test_id("complaint-state")).to_have_text("处理中", timeout=10_000)
    expect(agent.locator("body")).to_contain_text("第 2 轮")

    agent.get_by_test_id("more").click()
    agent.get_by_test_id("verb-measure").click()
    agent.locator(field(agent, "what")).fill("店长上门道歉并复查")
    agent.locator(field(agent, "owner")).fill("王店长")
    agent.get_by_test_id("verb-submit").click()
    expect(agent.get_by_test_id("verb-panel")).to_be_hidden()
    step(agent)
    agent.get_by_test_id("result-1").fill("已道歉，复查正常")
    submit(agent, "已解决")
    step(agent)
    agent.locator(field(agent, "words")).fill("这次可以了，谢谢")
    agent.locator("[data-testid=field-score] .el-rate__item").nth(3).click()
    submit(agent, "客户已确认")
    step(agent)
    submit(agent, "已归档")
    shot(agent, "complaint-archived")


def test_two_agents_saving_at_once_lose_nothing(browser: Browser, running: Running) -> None:
    first = agent_page(browser, running, "supervisor")
    no = register(first, running, "冰箱不制冷，菜全坏了。", new_phone())
    second = agent_page(browser, running, "hq")
    open_desk(second, running, f"/complaints/{no}")
    for page in (first, second):
        page.get_by_test_id("facts-edit").click()
    first.locator(field(first, "place")).fill("客户家里")
    second.locator(field(second, "order_no")).fill("AX202510280017")
    first.get_by_test_id("verb-submit").click()
    expect(first.get_by_test_id("verb-panel")).to_be_hidden()
    second.get_by_test_id("verb-submit").click()
    expect(second.get_by_test_id("conflict")).to_contain_text("地点改为“客户家里”")
    expect(second.locator(field(second, "order_no"))).to_have_value("AX202510280017")
    shot(second, "complaint-conflict")
    second.get_by_test_id("conflict-keep").click()
    expect(second.get_by_test_id("verb-panel")).to_be_hidden()
    expect(second.locator("aside")).to_contain_text("AX202510280017")
    expect(second.locator("aside")).to_contain_text("客户家里")


def test_the_list_is_worked_by_keyboard(browser: Browser, running: Running) -> None:
    agent = agent_page(browser, running, "agent2")
    phone = new_phone()
    no = register(agent, running, "油烟机装歪了，瓷砖打裂一块。", phone)
    open_desk(agent, running, "/complaints")
    row = agent.get_by_test_id("complaint-row").filter(has_text=no)
    expect(row).to_be_visible()
    agent.keyboard.press("/")
    agent.keyboard.type(phone)
    expect(agent.get_by_test_id("complaint-row")).to_have_count(1)
    agent.keyboard.press("ArrowDown")
    expect(row).to_have_attribute("aria-current", "true")
    shot(agent, "complaint-list")
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("complaint-state")).to_be_visible()
    agent.keyboard.press("Alt+n")
    agent.keyboard.type("先看照片再约师傅")
    agent.keyboard.press("Control+Enter")
    expect(agent.get_by_test_id("timeline-entry").first).to_contain_text("先看照片再约师傅")


def test_a_conversation_becomes_a_complaint_with_what_is_known(
    browser: Browser, running: Running
) -> None:
    agent = agent_page(browser, running)
    customer = customer_page(browser, running)
    order = f"AX2025{secrets.randbelow(10**8):08d}"
    say(customer, f"净水器滤芯换了三次还是有异味，订单 {order}")
    say(customer, "转人工")
    search, found = agent.get_by_placeholder("搜索"), agent.get_by_test_id("queue-item")
    search.fill("没有这样的会话")
    expect(found).to_have_count(0)
    search.fill(order)
    expect(found).to_have_count(1, timeout=20_000)
    agent.get_by_test_id("queue-item").click()
    agent.get_by_test_id("register-complaint").click()
    expect(agent.get_by_test_id("register-summary")).to_have_value(
        re.compile("滤芯换了三次"), timeout=10_000
    )
    shot(agent, "complaint-from-conversation")
    agent.get_by_test_id("register-submit").click()
    expect(agent.get_by_test_id("complaint-state")).to_have_text("已登记")
    expect(agent.locator("aside")).to_contain_text("打开会话")


def test_the_board_is_for_supervisors(browser: Browser, running: Running) -> None:
    supervisor = agent_page(browser, running, "supervisor")
    register(supervisor, running, "空调安装多收高空费。", new_phone())
    open_desk(supervisor, running, "/board")
    expect(supervisor.get_by_test_id("board-clock").first).to_be_visible()
    shot(supervisor, "complaint-board")
    agent = agent_page(browser, running, "agent2")
    open_desk(agent, running, "/board")
    expect(agent.locator("main")).to_contain_text("只对主管")
