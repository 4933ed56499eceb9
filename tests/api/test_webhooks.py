"""Webhooks through the API: managed by admins, told of every act, no personal data, documented."""

from __future__ import annotations

import ast
import asyncio
import importlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.complaint_news import DETAILS, EVENTS, SILENT
from api.wiring import Parts
from complaints.clocks import Happening
from complaints.compensation.model import REQUESTED, TIMELINE
from complaints.compensation.payouts import PAID
from foundation.clock import FixedClock
from foundation.settings import ROOT, Settings
from tests.api.conftest import API, Person, SignIn
from tests.webhooks.conftest import Receiver
from webhooks.model import signature

HOOKS = f"{API}/webhooks"


@pytest.fixture
def api_settings(api_settings: Settings) -> Settings:
    """This machine may be called."""
    return api_settings.model_copy(
        update={
            "webhook_allow_http": True,
            "webhook_allowed_networks": ["127.0.0.0/8"],
            "webhook_poll_s": 0.05,
        }
    )


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


@pytest.fixture
async def admin(sign_in: SignIn) -> Person:
    return await sign_in("admin")


async def make(http: httpx.AsyncClient, admin: Person, url: str, **more: Any) -> dict[str, Any]:
    body = {"url": url, "events": ["*"], **more}
    response = await http.post(HOOKS, json=body, headers=admin.auth)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def log(http: httpx.AsyncClient, admin: Person, **filters: Any) -> list[dict[str, Any]]:
    response = await http.get(f"{HOOKS}/deliveries", params=filters, headers=admin.auth)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def settled(http: httpx.AsyncClient, admin: Person, count: int) -> list[dict[str, Any]]:
    """The log, once it has `count` deliveries and none is on its way for the first time."""
    for _ in range(200):
        found = await log(http, admin)
        if len(found) == count and all(one["attempts"] for one in found):
            return found
        await asyncio.sleep(0.05)
    raise TimeoutError(found)


async def complain(http: httpx.AsyncClient, person: Person, key: str = "k1") -> str:
    body = {
        "idempotency_key": key,
        "channel": "hotline",
        "summary": "王小明说洗衣机漏水，家住幸福路 8 号，电话 13800001234",
        "customer_name": "王小明",
        "phone": "13800001234",
        "product": "洗衣机 13800001234",
        "order_no": "AX2024110500123",
    }
    response = await http.post(f"{API}/complaints", json=body, headers=person.auth)
    assert response.status_code == 201, response.text
    return str(response.json()["no"])


async def test_a_complaint_is_told_signed_in_order_and_without_personal_data(
    http: httpx.AsyncClient, admin: Person, receiver: Receiver
) -> None:
    secret = (await make(http, admin, receiver.url))["secret"]
    no = await complain(http, admin)
    await settled(http, admin, 2)
    bodies = [json.loads(call.body) for call in receiver.calls]
    assert [body["type"] for body in bodies] == ["complaint.received", "complaint.registered"]
    first = receiver.calls[0]
    assert first.headers["webhook-signature"] == signature(
        secret, bodies[0]["id"], int(first.headers["webhook-timestamp"]), first.body
    )
    complaint, change = bodies[1]["data"]["complaint"], bodies[1]["data"]["change"]
    assert (complaint["no"], complaint["state"], complaint["phone_masked"]) == (
        no, "registered", "138****1234",
    )  # fmt: skip
    assert bodies[0]["data"]["complaint"]["state"] == "received"
    assert complaint["order_no"] == "AX2024110500123"
    assert (change["by"], change["from_state"], change["to_state"]) == (
        "staff", "received", "registered",
    )  # fmt: skip
    for call in receiver.calls:
        said = call.body.decode()
        for personal in ("13800001234", "王小明", "幸福路", "漏水", admin.name):
            assert personal not in said


async def test_clocks_and_money_are_told(
    http: httpx.AsyncClient, admin: Person, receiver: Receiver, parts: Parts, clock: FixedClock
) -> None:
    events = ["complaint.clock_breached", "complaint.compensation_requested"]
    await make(http, admin, receiver.url, events=events)
    no = await complain(http, admin)
    body = {"idempotency_key": "m1", "kind": "cash", "amount": 300, "reason": "误工"}
    asked = await http.post(f"{API}/complaints/{no}/compensations", json=body, headers=admin.auth)
    assert asked.status_code == 201, asked.text
    clock.advance(days=4)
    await parts.sweeper.sweep()
    for _ in range(100):
        told = {json.loads(call.body)["type"] for call in receiver.calls}
        if told == set(events):
            break
        await asyncio.sleep(0.05)
    assert told == set(events)
    money = next(json.loads(c.body) for c in receiver.calls if b"requested" in c.body)
    details = money["data"]["change"]["details"]
    assert (details["kind"], details["amount"]) == ("cash", "300.00")
    assert "误工" not in str(money)


async def test_without_a_webhook_nothing_is_kept(
    http: httpx.AsyncClient, admin: Person, parts: Parts
) -> None:
    await complain(http, admin)
    async with parts.work.reading() as session:
        count = await session.execute(text("SELECT count(*) FROM webhook_events"))
        assert count.scalar_one() == 0


async def test_secrets_are_told_once_and_kept_nowhere(
    http: httpx.AsyncClient, admin: Person, receiver: Receiver, parts: Parts
) -> None:
    made = await make(http, admin, receiver.url)
    rotated = await http.post(f"{HOOKS}/{made['webhook']['id']}/rotate", headers=admin.auth)
    secrets = {made["secret"], rotated.json()["secret"]}
    assert len(secrets) == 2
    listed = (await http.get(HOOKS, headers=admin.auth)).text
    await http.post(f"{HOOKS}/{made['webhook']['id']}/test", headers=admin.auth)
    logged = str(await settled(http, admin, 1))
    async with parts.work.reading() as session:
        tables = [
            str((await session.execute(text(f"SELECT * FROM {table}"))).all())
            for table in ("webhook_subscriptions", "webhook_events", "webhook_deliveries", "audit")
        ]
    for secret in secrets:
        bare = secret.removeprefix("whsec_")
        assert not any(bare in kept for kept in (listed, logged, *tables))


async def test_a_test_event_and_the_log_with_its_filters(
    http: httpx.AsyncClient, admin: Person, receiver: Receiver
) -> None:
    receiver.status, receiver.said = 500, "数据库连不上"
    hook = (await make(http, admin, receiver.url))["webhook"]
    sent = await http.post(f"{HOOKS}/{hook['id']}/test", headers=admin.auth)
    assert sent.status_code == 202
    no = await complain(http, admin)
    await settled_heads(http, admin)
    [test] = await log(http, admin, type="webhook.test")
    assert (test["state"], test["status"], test["excerpt"]) == ("pending", 500, "数据库连不上")
    assert test["complaint_no"] is None
    assert test["tries"][0]["status"] == 500
    assert {one["complaint_no"] for one in await log(http, admin, complaint=no)} == {no}
    assert len(await log(http, admin, webhook_id=hook["id"], state="pending")) == 3
    assert await log(http, admin, state="dead") == []
    page = (await http.get(f"{HOOKS}/deliveries", params={"limit": 2}, headers=admin.auth)).json()
    rest = await log(http, admin, cursor=page["next_cursor"])
    assert len(page["items"]) + len(rest) == 3
    receiver.status = 200
    again = await http.post(f"{HOOKS}/deliveries/{test['id']}/resend", headers=admin.auth)
    assert again.status_code == 200
    for _ in range(100):
        [test] = await log(http, admin, type="webhook.test")
        if test["state"] == "delivered":
            break
        await asyncio.sleep(0.05)
    assert (test["state"], test["attempts"]) == ("delivered", 2)
    [shown] = (await http.get(HOOKS, headers=admin.auth)).json()["items"]
    assert (shown["pending"], shown["dead"]) == (2, 0)
    assert shown["delivered_at"]


async def settled_heads(http: httpx.AsyncClient, admin: Person) -> None:
    for _ in range(100):
        if sum(1 for one in await log(http, admin) if one["attempts"]) == 2:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def test_a_webhook_is_changed_switched_off_and_deleted(
    http: httpx.AsyncClient, admin: Person, receiver: Receiver
) -> None:
    hook = (await make(http, admin, receiver.url, description="客户关系系统"))["webhook"]
    path = f"{HOOKS}/{hook['id']}"
    changes = {"active": False, "events": ["complaint.archived"]}
    changed = (await http.patch(path, json=changes, headers=admin.auth)).json()
    assert (changed["active"], changed["events"]) == (False, ["complaint.archived"])
    assert changed["description"] == "客户关系系统"
    off = await http.post(f"{path}/test", headers=admin.auth)
    assert (off.status_code, off.json()["code"]) == (409, "conflict")
    assert (await http.delete(path, headers=admin.auth)).status_code == 204
    assert (await http.delete(path, headers=admin.auth)).status_code == 404
    assert (await http.get(HOOKS, headers=admin.auth)).json() == {"items": []}


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://10.0.0.1/"},
        {"url": "https://localhost/x", "events": ["complaint.unheard_of"]},
        {"url": "https://user:pw@example.com/"},
        {"url": "ftp://example.com/"},
        {"url": "https://example.com/", "events": []},
        {"url": ""},
        {},
    ],
)
async def test_what_cannot_be_a_webhook_is_refused_with_the_field(
    http: httpx.AsyncClient, admin: Person, body: dict[str, Any]
) -> None:
    response = await http.post(HOOKS, json=body, headers=admin.auth)
    assert response.status_code == 422
    detail = response.json()["detail"]
    assert detail.get("field") in ("url", "events") or detail["errors"][0]["field"]


async def test_there_is_a_most(http: httpx.AsyncClient, admin: Person) -> None:
    for _ in range(50):
        await make(http, admin, "http://127.0.0.1:9/")
    body = {"url": "http://127.0.0.1:9/"}
    assert (await http.post(HOOKS, json=body, headers=admin.auth)).status_code == 409


async def test_every_act_of_an_admin_is_in_the_audit_log(
    http: httpx.AsyncClient, admin: Person, receiver: Receiver, parts: Parts
) -> None:
    hook = (await make(http, admin, receiver.url))["webhook"]
    path = f"{HOOKS}/{hook['id']}"
    await http.patch(path, json={"description": "x"}, headers=admin.auth)
    await http.post(f"{path}/rotate", headers=admin.auth)
    await http.post(f"{path}/test", headers=admin.auth)
    await http.delete(path, headers=admin.auth)
    async with parts.work.reading() as session:
        query = text("SELECT action FROM audit WHERE action LIKE 'webhook_%' ORDER BY id")
        acts = list((await session.execute(query)).scalars())
    assert acts == [f"webhook_{act}" for act in ("created", "changed", "rotated", "tested",
                                                 "deleted")]  # fmt: skip


def entered_acts() -> Iterator[str]:
    """Every act that the code writes into a timeline."""
    for folder in ("complaints", "api"):
        for path in (ROOT / folder).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    place = {"enter": 3, "move": 4}.get(name)
                    if place is not None and len(node.args) > place:
                        yield from _strings(node.args[place], module)
    yield from (*Happening, *TIMELINE.values(), REQUESTED, PAID)


def _strings(node: ast.expr, module: str) -> Iterator[str]:
    """Strings written out, and constants that are imported or stand at the head of the module."""
    for found in ast.walk(node):
        if isinstance(found, ast.Constant) and isinstance(found.value, str):
            yield found.value
        elif isinstance(found, ast.Name) and found.id.isupper():
            yield getattr(importlib.import_module(module), found.id)


def test_every_act_is_told_or_named_as_silent() -> None:
    acts = set(entered_acts())
    assert len(acts) > 40
    assert acts == set(DETAILS) | SILENT
    assert not set(DETAILS) & SILENT


def test_the_documentation_lists_every_event_with_its_details() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(complaint\.\w+)` \| [^|]+ \|(.*)\|$", page, re.MULTILINE))
    assert tuple(rows) == tuple(sorted(rows, key=EVENTS.index))
    assert set(rows) == set(EVENTS)
    for event, shown in rows.items():
        if "the same" not in shown:
            assert set(re.findall(r"`(\w+)`", shown)) == set(DETAILS[event.split(".")[1]])
