"""Export and erasure of one customer's data: everything is in the one, nothing after the other."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import inspect, text

from api.app import create_app
from api.case_search import Opened
from api.personal_data import TRACKER_FILE
from api.wiring import Parts, build_parts
from conversations.channels.wechat.storage import Contact, PlatformCallback
from foundation.clock import FixedClock
from foundation.database import Base, Database
from foundation.settings import Settings
from tests.api.conftest import API, DictEngine, EchoBot, SignIn, TwoWords, Visitor
from tests.api.test_complaints import Desk
from tests.api.test_uploads import PNG

PHONE = "13800001234"
SECRETS = (PHONE, "吴女士", "杭州市文三路8号", "厨房那台旧冰箱", "AX2025110600001")


@pytest.fixture
async def parts(
    api_settings: Settings, clock: FixedClock, database: Database
) -> AsyncIterator[Parts]:
    """Started parts over each backend."""
    url = database.url.render_as_string(hide_password=False)
    found = build_parts(
        api_settings.model_copy(update={"database_url": url}),
        clock=clock,
        bot=EchoBot(),
        assessor=TwoWords(),
        open_engine=lambda: Opened(DictEngine()),
    )
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def http(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(parts.settings, parts=parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://frontline") as client:
        yield client


class Office(Desk):
    """An agent with a finished complaint of the visitor, and an administrator beside him."""

    admin: dict[str, str]

    async def asks(self, act: str, **body: Any) -> httpx.Response:
        where = f"{API}/personal-data/{act}"
        return await self.http.post(where, json=body, headers=self.admin)

    async def posts(self, path: str, **body: Any) -> httpx.Response:
        where = f"{API}/complaints/{self.seen['no']}/{path}"
        answer = await self.http.post(where, json=body, headers=self.person.auth)
        assert answer.status_code < 300, answer.text
        return answer


@pytest.fixture
async def office(http: httpx.AsyncClient, sign_in: SignIn, visitor: Visitor) -> Office:
    desk = Office(http, await sign_in("agent"))
    desk.admin = (await sign_in("admin")).auth
    await visitor.says("厨房那台旧冰箱又坏了")
    order = {"phone": PHONE, "product": "冰箱", "invoice": "开给吴女士"}
    await http.put(f"{API}/orders/AX2025110600001", json=order, headers=desk.admin)
    await desk.opens(
        conversation_id=visitor.id, customer_name="吴女士", place="杭州市文三路8号",
        summary="厨房那台旧冰箱又坏了", order_no="AX2025110600001",
    )  # fmt: skip
    await http.post(
        f"{API}/complaints/{desk.seen['no']}/evidence",
        files={"file": ("吴女士的照片.png", PNG, "image/png")},
        headers=desk.person.auth,
    )
    await desk.posts("note", text=f"吴女士住杭州市文三路8号，电话 {PHONE}", mentions=[])
    await desk.posts(
        "compensations", idempotency_key="k1", kind="cash", amount=100, reason="吴女士误工"
    )
    await desk.reads()
    await desk.solves()
    return desk


async def finished(office: Office) -> None:
    await office.reads()
    await office.does("confirm", by="customer_word", words="吴女士说好了", score=5)
    await office.does("archive")


async def everything_kept(parts: Parts) -> str:
    """Every value of every table but the staff's own, as one text."""
    told: list[str] = []
    async with parts.database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        for name in sorted(set(names) - {"staff", "staff_sessions", "audit"}):
            if name.startswith(("cases", "case_")) or name not in Base.metadata.tables:
                continue
            rows = await connection.execute(text(f"SELECT * FROM {name}"))
            told += [json.dumps([str(value) for value in row], ensure_ascii=False) for row in rows]
    return re.sub(r"\\+u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), "\n".join(told))


async def test_an_export_holds_every_part_and_every_file(office: Office) -> None:
    await finished(office)
    answer = await office.asks("export", phone=f"+86 {PHONE}")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        names = packed.namelist()
        data = json.loads(packed.read("data.json"))
        [picture] = [packed.read(name) for name in names if name.startswith("evidence/")]
        pdfs = [packed.read(name) for name in names if name.endswith(".pdf")]
    assert picture == PNG
    assert len(pdfs) == 2
    assert all(pdf.startswith(b"%PDF") for pdf in pdfs)
    told = json.dumps(data, ensure_ascii=False)
    assert all(secret in told for secret in SECRETS)
    [file] = data["complaints"]
    assert file["compensations"][0]["reason"] == "吴女士误工"
    assert file["archives"][0]["content"]["complaint"]["no"] == office.seen["no"]
    assert data["conversations"][0]["messages"]
    assert data["orders"][0]["order_no"] == "AX2025110600001"


async def test_after_erasure_nothing_of_him_is_left(
    office: Office, parts: Parts, visitor: Visitor
) -> None:
    await finished(office)
    tracker = parts.settings.data_dir / TRACKER_FILE
    with sqlite3.connect(tracker) as memory:
        memory.execute("CREATE TABLE events (sender_id TEXT, data TEXT)")
        rows = [(f"{visitor.id}:1", "旧冰箱"), ("conv_other:1", "别人")]
        memory.executemany("INSERT INTO events VALUES (?, ?)", rows)
    before = await everything_kept(parts)
    assert all(secret in before for secret in SECRETS)
    answer = await office.asks("erase", phone=PHONE, reason="客户书面要求")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "customers": 1, "conversations": 1, "complaints": 1, "orders": 1, "repairs": 0, "files": 1,
    }  # fmt: skip
    after = await everything_kept(parts)
    left = [secret for secret in SECRETS[:4] if secret in after]
    assert left == []
    assert list(parts.settings.uploads_dir.iterdir()) == []
    with sqlite3.connect(tracker) as memory:
        assert memory.execute("SELECT data FROM events").fetchall() == [("别人",)]
    kept = await office.reads()
    assert (kept["state"], kept["compensation"]["approved"]) == ("archived", 100)
    assert kept["facts"]["what"] == "［已按客户要求删除］"
    assert (await office.asks("export", phone=PHONE)).status_code == 404
    found = await office.gets("complaints", view="all", q="旧冰箱")
    assert found["items"] == []


async def test_what_wechat_told_of_him_is_given_out_and_erased(
    office: Office, parts: Parts, visitor: Visitor, clock: FixedClock
) -> None:
    await finished(office)
    async with parts.work.begin() as session:
        contact = {"account": "main", "conversation_id": visitor.id, "created_at": clock.now()}
        session.add(Contact(openid="oUser-of-Wu", **contact))
        session.add(Contact(openid="oSomebody", **contact | {"conversation_id": None}))
        for number, openid in enumerate(("oUser-of-Wu", "oSomebody")):
            session.add(
                PlatformCallback(
                    account="main", key=f"k{number}", openid=openid, sent_at=number,
                    payload={"Content": f"旧冰箱 {openid}"}, next_attempt_at=clock.now(),
                    created_at=clock.now(), done_at=clock.now(),
                )
            )  # fmt: skip
    packed = zipfile.ZipFile(io.BytesIO((await office.asks("export", phone=PHONE)).content))
    [told] = json.loads(packed.read("data.json"))["wechat"]
    assert (told["openid"], len(told["callbacks"])) == ("oUser-of-Wu", 1)
    await office.asks("erase", phone=PHONE, reason="客户书面要求")
    after = await everything_kept(parts)
    assert "oUser-of-Wu" not in after
    assert "旧冰箱 oSomebody" in after


async def test_an_unfinished_complaint_holds_erasure_back(office: Office, parts: Parts) -> None:
    answer = await office.asks("erase", phone=PHONE, reason="客户要求")
    assert (answer.status_code, answer.json()["detail"]["complaints"]) == (
        409, [office.seen["no"]],
    )  # fmt: skip
    assert PHONE in await everything_kept(parts)


@pytest.mark.parametrize(
    ("who", "status"), [({}, 422), ({"phone": "吴女士"}, 422), ({"phone": "13999999999"}, 404)]
)
async def test_whose_data_must_be_clear(office: Office, who: dict[str, str], status: int) -> None:
    assert (await office.asks("export", **who)).status_code == status


async def test_both_are_in_the_audit_log_without_the_number(office: Office, parts: Parts) -> None:
    await finished(office)
    await office.asks("export", phone=PHONE)
    await office.asks("erase", phone=PHONE, reason="客户书面要求")
    async with parts.database.engine.connect() as connection:
        query = text("SELECT action, subject, detail FROM audit WHERE action LIKE 'personal%'")
        rows = [tuple(map(str, row)) for row in await connection.execute(query)]
    assert [row[0] for row in rows] == ["personal_data_exported", "personal_data_erased"]
    assert PHONE not in str(rows)
