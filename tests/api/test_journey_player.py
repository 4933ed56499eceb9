"""Journeys of our own, played against the application in this process and a bot that echoes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest

from api.journeys.runner import Played, Player
from api.journeys.script import Journey, Script, read_script
from api.journeys.setup import order_facts, records, set_up
from api.wiring import Parts
from complaints.storage import Complaint
from conversations.storage import Conversation, Message, messages_after
from orders.model import OrderFacts

ORDERS = """
journeys:
- id: O1
  channel: wechat
  setup:
    orders:
    - {order_no: AX2025091500264, refund: 退款处理中, bought_on: 2025-10-22, colour: 白}
    - {order_no: 不是订单号}
    - 随便写的
    complaints:
    - {no: TS20251030-0007, state: executing, category: repair_delay, product: 冰箱, mood: 急}
    - {category: 没有这一类, priority: important}
    facts: {phone: "13466778899"}
  turns:
  - customer: 在吗
    expect: {contains_any: [您说的是], complaint: {created: false}}
  - event: complaint_closed
  - customer: 又坏了
    expect: {complaint: {reopened: true}}
  - event: 天上掉馅饼
  - customer: 厨房漏气
    expect: {complaint: {created: true, priority: urgent}, level: emergency}
"""
FILES = """
journeys:
- id: F1
  turns:
  - {customer: "", attachment: image}
  - {customer: 看视频, attachment: video}
  - {customer: "", attachment: audio, expect: {contains_any: [没看到文字]}}
  - {customer: 语音说的话, attachment: audio}
  - {attachment: sticker}
  - {customer: 喂, msg_id: m1}
  - {customer: 喂, msg_id: m1, retry: true, expect: {bot_reply: none}}
  - {customer: 再喂}
  - {customer: 再喂, retry: true, expect: {bot_reply: none}}
"""


@pytest.fixture
def script(tmp_path: Path, request: pytest.FixtureRequest) -> Script:
    path = tmp_path / "j.yml"
    path.write_text(request.param, encoding="utf-8")
    return read_script(path)


async def play(parts: Parts, http: httpx.AsyncClient, script: Script) -> Played:
    return await Player(parts, http, script, script.journeys[0]).play()


async def customers(parts: Parts, channel: str) -> list[Message]:
    from sqlalchemy import select

    async with parts.work.reading() as session:
        query = select(Conversation).where(Conversation.channel == channel)
        [conversation] = (await session.scalars(query)).all()
        said = await messages_after(session, conversation.id, 0)
    return [message for message in said if message.sender == "customer"]


@pytest.mark.parametrize("script", [ORDERS], indirect=True)
async def test_records_exist_and_staff_act(
    parts: Parts, http: httpx.AsyncClient, script: Script
) -> None:
    played = await play(parts, http, script)
    failures = {turn.number: turn.outcome.failures for turn in played.turns}
    assert failures == {1: [], 2: [], 3: ["the complaint was not reopened"], 4: [], 5: []}
    assert len(await customers(parts, "wechat")) == 3
    async with parts.work.reading() as session:
        order = await parts.orders.find(session, "AX2025091500264")
        assert (order.refund, order.phone) == ("退款处理中", "13466778899")
        assert order.bought_on == date(2025, 10, 22)
        complaint = await parts.complaints.find(session, "TS20251030-0007")
        assert (complaint.state, complaint.category) == ("resolved", "repair_delay")
        assert complaint.created_at.date() == date(2025, 10, 30)
        other = await parts.complaints.find(session, "TS20251105-0001")
        assert (other.category, other.priority, other.phone) == ("", "important", "13466778899")


@pytest.mark.parametrize("script", [ORDERS], indirect=True)
async def test_a_settled_complaint_that_is_open_again_was_reopened(
    parts: Parts, http: httpx.AsyncClient, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = parts.bot.turn

    async def reopening(sender: str, text: str, message_id: str) -> object:
        if text == "又坏了":
            async with parts.work.begin() as session:
                complaint = await session.get_one(Complaint, "TS20251030-0007")
                complaint.state = "executing"
        return await answer(sender, text, message_id)

    monkeypatch.setattr(parts.bot, "turn", reopening)
    played = await play(parts, http, script)
    assert all(not turn.outcome.failures for turn in played.turns)


@pytest.mark.parametrize("script", [FILES], indirect=True)
async def test_attachments_and_second_deliveries(
    parts: Parts, http: httpx.AsyncClient, script: Script
) -> None:
    played = await play(parts, http, script)
    assert [turn.outcome.failures for turn in played.turns] == [[]] * 9
    said = await customers(parts, "web")
    assert [(message.kind, message.text) for message in said] == [
        ("image", ""),
        ("file", "看视频"),
        ("text", "🎤"),
        ("text", "语音说的话"),
        ("text", "🙂"),
        ("text", "喂"),
        ("text", "再喂"),
    ]


@pytest.mark.parametrize("script", [ORDERS], indirect=True)
async def test_two_journeys_may_tell_of_the_same_records(parts: Parts, script: Script) -> None:
    journey = script.journeys[0]
    other = {"no": "ts20251030-3", "state": "archived"}
    second: Journey = replace(
        journey, setup={**journey.setup, "complaints": [other, {"no": "TS20251030-0007"}]}
    )
    first = await set_up(parts, journey, "cust_1")
    again = await set_up(parts, second, "cust_2")
    assert first["TS20251030-0007"] == "executing"
    assert again == {"TS20251030-0003": "archived", "TS20251030-0007": "executing"}
    async with parts.work.reading() as session:
        found = await parts.complaints.find(session, "TS20251030-0007")
        assert found.customer_id == "cust_2"


def test_records_are_read_as_list_or_mapping() -> None:
    listed = [{"order_no": "AX1", "refund": "已退"}]
    assert list(records(listed, "order_no")) == listed
    assert list(records({"AX1": {"refund": "已退"}}, "order_no")) == listed
    assert list(records({"AX1": None}, "order_no")) == [{"order_no": "AX1"}]
    assert list(records([{False: "TS20251030-0007"}], "no")) == [{"no": "TS20251030-0007"}]
    alone = {"no": "TS20251030-0007", "state": "resolved"}
    assert list(records(alone, "no")) == [alone]
    nothing: list[object] = [None, [], "随便", 3]
    assert not any(list(records(told, "no")) for told in nothing)


def test_an_order_is_read_with_what_it_leaves_out() -> None:
    told = {"order_no": "AX1", "status": "已签收", "refund": None, "bought_on": "上周"}
    assert order_facts(told, {}) == OrderFacts(state="已签收")
