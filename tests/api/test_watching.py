"""Customers under observation who write again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.watching import CustomerWatch, Said, contacts_of, contacts_since, turn_of
from api.wiring import Parts
from foundation.clock import FixedClock
from tests.api.conftest import API, SignIn, Visitor
from tests.api.test_complaints import Desk

AT = datetime(2025, 11, 5, 3, 0, tzinfo=UTC)
QUIET = timedelta(hours=4)


def said(hours: float, text: str = "您好", level: str = "routine") -> Said:
    return Said(f"m{hours}", AT + timedelta(hours=hours), text, level)


def test_a_long_silence_parts_contacts() -> None:
    found = contacts_of([said(0), said(1), said(4.9), said(9), said(20)], QUIET)
    assert [[m.id for m in c.said] for c in found] == [["m0", "m1", "m4.9"], ["m9"], ["m20"]]


def test_words_of_thanks_right_after_are_no_new_contact() -> None:
    messages = [said(0), said(1, "谢谢")]
    assert list(contacts_since(messages, AT + timedelta(minutes=30), QUIET)) == []
    later = [*messages, said(30, "想问下保养")]
    [contact] = contacts_since(later, AT + timedelta(minutes=30), QUIET)
    assert (contact.said[0].id, contact.bad) == ("m30", False)


@pytest.mark.parametrize(
    ("text", "level"), [("又坏了，气死我了", "routine"), ("厨房有煤气味", "emergency")]
)
def test_anger_and_danger_are_bad_turns_also_in_the_same_talk(text: str, level: str) -> None:
    [contact] = contacts_since([said(0), said(1, text, level)], AT + timedelta(minutes=30), QUIET)
    assert turn_of(contact).bad
    assert text in turn_of(contact).words


@pytest.fixture
async def confirmed(
    parts: Parts, visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> Desk:
    """An agent with a confirmed complaint from the visitor's conversation."""
    agent = Desk(http, await sign_in("agent"))
    await agent.opens(conversation_id=visitor.id)
    await agent.solves()
    await agent.does("confirm", by="customer_word", words="好了", score=5)
    return agent


async def test_a_customer_who_writes_again_in_anger_raises_the_alert(
    confirmed: Desk, parts: Parts, visitor: Visitor, clock: FixedClock, sign_in: SignIn
) -> None:
    clock.advance(hours=6)
    await visitor.says("你们师傅修的又坏了，气死我了！")
    watch = CustomerWatch(parts.settings, clock, parts.work, parts.complaints.observation)
    await watch.look()
    again = CustomerWatch(parts.settings, clock, parts.work, parts.complaints.observation)
    assert await again.look() == 0, "a new watch looks back and finds nothing new"
    seen = (await confirmed.reads())["observation"]
    assert seen["noted"] == {"contact": 1}
    assert seen["alert"]["kind"] == "contact"
    supervisor = Desk(confirmed.http, await sign_in("supervisor"))
    [alert] = (await supervisor.gets("complaints/board"))["alerts"]
    assert alert["no"] == confirmed.seen["no"]
    pages = await supervisor.gets("pages")
    assert [page["complaint_no"] for page in pages["items"]] == [confirmed.seen["no"]]
    done = await confirmed.http.post(
        f"{API}/complaints/{confirmed.seen['no']}/alert/seen", headers=supervisor.person.auth
    )
    assert done.json()["observation"]["alert"]["seen_by"] == supervisor.person.name
    assert (await supervisor.gets("complaints/board"))["alerts"] == []


async def test_an_order_told_of_within_the_window_is_a_purchase(
    confirmed: Desk, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    admin = await sign_in("admin")
    body = {"phone": "138 0000 1234", "product": "空调", "bought_on": "2025-11-06"}
    for _ in range(2):
        await http.put(f"{API}/orders/AX2025110600001", json=body, headers=admin.auth)
    assert (await confirmed.reads())["observation"]["noted"] == {"purchase": 1}
