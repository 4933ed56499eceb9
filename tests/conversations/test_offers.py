"""A person offered unasked, with the waiting time, once; off duty a call-back."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from conversations import texts
from conversations.model import BotTurn, Reply, State
from conversations.signals import Signal
from conversations.storage import Callback, Presence
from tests.conversations.conftest import Line

ASKED = ("滤芯多久换一次", "你好滤芯多久换一次？", "滤芯到底多久换一次啊")
NIGHT = datetime(2025, 11, 5, 18, 40, tzinfo=UTC)


async def ask_three_times(line: Line) -> str:
    conversation = await line.start()
    for text in ASKED:
        await line.customer(conversation, text)
    return conversation


async def test_the_third_time_a_person_is_offered_with_the_wait(line: Line) -> None:
    conversation = await ask_three_times(line)
    last = (await line.messages(conversation))[-1]
    assert last.text == texts.OFFER_REPEATED.format(minutes=6)
    assert [button["title"] for button in last.buttons] == ["转人工", "先不用"]
    assert (await line.conversation(conversation)).state == State.BOT


async def test_the_wait_counts_everybody_in_the_queue(line: Line) -> None:
    for _ in range(2):
        other = await line.start()
        async with line.work.begin() as session:
            waiting = await session.get_one(type(await line.conversation(other)), other)
            await line.handover.request_human(session, waiting, "test")
    conversation = await ask_three_times(line)
    last = (await line.messages(conversation))[-1]
    assert last.text == texts.OFFER_REPEATED.format(minutes=18)


async def test_a_yes_to_the_offer_fetches_the_person(line: Line) -> None:
    conversation = await ask_three_times(line)
    asked = len(line.bot.asked)
    await line.customer(conversation, "好的")
    assert (await line.conversation(conversation)).state == State.QUEUED
    assert len(line.bot.asked) == asked


async def test_a_yes_to_anything_else_goes_to_the_bot(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "好的")
    assert (await line.conversation(conversation)).state == State.BOT
    assert [text for _, text, _ in line.bot.asked] == ["好的"]


async def test_the_offer_is_not_made_again_at_the_next_message(line: Line) -> None:
    conversation = await ask_three_times(line)
    await line.customer(conversation, "滤芯多久换一次啊？？")
    offers = [t for t in await line.said(conversation) if "换人工同事" in t]
    assert len(offers) == 1


async def test_off_duty_a_call_back_is_registered_and_a_complaint_can_be(line: Line) -> None:
    line.clock.set(NIGHT)
    conversation = await ask_three_times(line)
    last = (await line.messages(conversation))[-1]
    assert last.text == texts.OFFER_OFF_HOURS.format(opens="09:00", closes="21:00")
    assert [button["payload"] for button in last.buttons] == ["我要投诉"]
    async with line.work.reading() as session:
        callbacks = list((await session.scalars(select(Callback))).all())
    assert [c.reason for c in callbacks] == [Signal.REPEATED]


async def test_somebody_at_the_desk_at_night_is_offered(line: Line) -> None:
    line.clock.set(NIGHT)
    async with line.work.begin() as session:
        session.add(Presence(staff_id="s1", display_name="小李", role="agent", seen_at=NIGHT))
    conversation = await ask_three_times(line)
    assert (await line.said(conversation))[-1] == texts.OFFER_REPEATED.format(minutes=6)


async def test_a_complaint_is_met_with_the_way_to_a_person_before_the_first_question(
    line: Line,
) -> None:
    async def begin(text: str) -> BotTurn:
        return BotTurn((Reply("实在抱歉"), Reply("是怎么回事？")), signal="complaint")

    line.bot.respond = begin
    conversation = await line.start()
    await line.customer(conversation, "我要投诉")
    assert (await line.said(conversation))[1:] == [
        "实在抱歉",
        texts.OFFER_COMPLAINT.format(minutes=6),
        "是怎么回事？",
    ]
    await line.customer(conversation, "好的")
    assert (await line.conversation(conversation)).state == State.BOT


async def test_insults_alone_are_answered_politely_and_bounded(line: Line) -> None:
    conversation = await line.start()
    for text in ("废物", "智障", "滚"):
        await line.customer(conversation, text)
    assert (await line.said(conversation))[-1] == texts.BOUNDARY
