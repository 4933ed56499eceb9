"""Emergencies: acted on at once or asked about, paged until somebody acknowledges."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from conversations import texts
from conversations.model import (
    BotTurn,
    Certainty,
    Level,
    Priority,
    Reply,
    State,
    Verdict,
    all_clear,
    safety_answer,
)
from conversations.safety import Step, next_step
from conversations.storage import Callback, PageCall
from tests.conversations.conftest import Line


async def pages(line: Line) -> list[PageCall]:
    async with line.work.reading() as session:
        return list((await session.execute(select(PageCall))).scalars())


async def test_a_confirmed_emergency_gets_advice_complaint_page_and_the_head_of_the_queue(
    line: Line,
) -> None:
    waiting = await line.start()
    async with line.work.begin() as session:
        from conversations.storage import get_conversation

        await line.handover.request_human(
            session, await get_conversation(session, waiting, lock=True), "asked"
        )
    line.clock.advance(seconds=5)
    conversation = await line.start()
    await line.customer(conversation, "!家里一股味")
    said = await line.said(conversation)
    assert said[1] == "1. advice gas_leak"
    assert "TS20251105-0001" in said[2]
    kept = await line.conversation(conversation)
    assert (kept.state, kept.priority) == (State.QUEUED, Priority.URGENT)
    assert kept.handover is not None
    assert kept.handover["complaint_no"] == "TS20251105-0001"
    async with line.work.reading() as session:
        assert (await line.duty.wait(session, kept, line.clock.now())).position == 1
    assert [(p.category, p.audience) for p in await pages(line)] == [("gas_leak", "everyone")]
    assert line.bot.asked == []


async def test_advice_is_not_repeated_for_the_same_hazard(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "!一")
    await line.customer(conversation, "!二")
    said = await line.said(conversation)
    assert said.count("1. advice gas_leak") == 1
    assert len(await pages(line)) == 1


async def test_nothing_wrong_any_more_does_not_cancel(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "!漏气")
    await line.customer(conversation, "没事了")
    kept = await line.conversation(conversation)
    assert (kept.state, kept.triage_certainty) == (State.QUEUED, Certainty.CONFIRMED)


async def test_a_page_repeats_until_acknowledged(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "!漏气")
    heard: list[str] = []

    async def listen(topic: str, payload: dict[str, object]) -> None:
        heard.append(topic)

    line.work.events.listen(listen)
    line.clock.advance(seconds=line.settings.page_repeat_s)
    await line.timers.sweep()
    await line.timers.sweep()
    assert heard.count("page") == 1
    page = (await pages(line))[0]
    assert page.times == 2
    async with line.work.begin() as session:
        await line.safety.acknowledge(session, page.id, "小李")
    async with line.work.begin() as session:
        again = await line.safety.acknowledge(session, page.id, "小王")
        assert again.acknowledged_by == "小李"
    line.clock.advance(seconds=line.settings.page_repeat_s)
    await line.timers.sweep()
    assert heard.count("page") == 1


async def test_a_suspicion_is_asked_about_and_yes_confirms(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "?有点味道")
    question = (await line.messages(conversation))[-1]
    assert question.text == texts.SAFETY_QUESTION
    assert [b["title"] for b in question.buttons] == ["有", "没有"]
    assert (await line.conversation(conversation)).state == State.BOT
    await line.customer(conversation, "有")
    assert (await line.conversation(conversation)).triage_certainty == Certainty.CONFIRMED
    assert line.complaints.opened[0].category == "gas_leak"
    assert [page.reason for page in await pages(line)] == ["?有点味道"]


async def test_no_goes_on_with_the_question_and_keeps_the_mark(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "?新机器有点味道正常吗")
    await line.customer(conversation, "没有")
    said = await line.said(conversation)
    assert said[-2:] == [texts.SAFETY_CLEARED, "re: ?新机器有点味道正常吗"]
    kept = await line.conversation(conversation)
    assert (kept.triage_level, kept.triage_certainty) == ("emergency", Certainty.CLEARED)
    assert await pages(line) == []


async def test_silence_after_the_question_counts_as_yes(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "?有点味道")
    line.clock.advance(seconds=line.settings.suspected_silence_s - 1)
    await line.timers.sweep()
    assert await pages(line) == []
    line.clock.advance(seconds=1)
    await line.timers.sweep()
    assert (await line.conversation(conversation)).state == State.QUEUED
    assert len(await pages(line)) == 1


async def test_a_human_who_has_the_conversation_does_the_asking_himself(line: Line) -> None:
    conversation = await line.start()
    await line.accept(conversation)
    await line.customer(conversation, "?有点味道")
    assert (await line.said(conversation))[-1] == "?有点味道"
    kept = await line.conversation(conversation)
    assert kept.triage_certainty == Certainty.SUSPECTED
    await line.intake.speak_as_agent(conversation, "staff_1", "小李", "什么样的味道？", "a1")
    line.clock.advance(seconds=line.settings.suspected_silence_s + 1)
    await line.timers.sweep()
    assert await pages(line) == []
    await line.customer(conversation, "有")
    assert await pages(line) == []


async def test_a_human_who_says_nothing_to_a_suspicion_is_paged(line: Line) -> None:
    conversation = await line.start()
    await line.accept(conversation)
    await line.customer(conversation, "?有点味道")
    line.clock.advance(seconds=line.settings.suspected_silence_s)
    await line.timers.sweep()
    assert len(await pages(line)) == 1


async def test_a_threat_pages_a_supervisor_and_the_bot_goes_on(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "~我找律师了")
    assert (await line.said(conversation))[-1] == "re: ~我找律师了"
    kept = await line.conversation(conversation)
    assert (kept.state, kept.priority) == (State.BOT, Priority.SENSITIVE)
    assert [p.audience for p in await pages(line)] == ["supervisors"]


async def test_the_bots_own_rules_are_a_second_layer(line: Line) -> None:
    conversation = await line.start()

    async def hazard(text: str) -> BotTurn:
        return BotTurn(emergency="fire_smoke")

    line.bot.respond = hazard
    await line.customer(conversation, "规则看见了")
    assert (await line.said(conversation))[-1] == texts.SAFETY_QUESTION
    assert (await line.conversation(conversation)).triage_category == "fire_smoke"


async def test_a_closed_emergency_is_cleared_by_a_human_only(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "!漏气")
    async with line.work.begin() as session:
        kept = await line.safety.close_emergency(session, conversation)
    assert (kept.triage_certainty, kept.priority) == (Certainty.CLEARED, Priority.NORMAL)


async def test_nobody_accepts_and_a_call_back_is_registered(line: Line) -> None:
    conversation = await line.start()

    async def wants_human(text: str) -> BotTurn:
        return BotTurn((Reply("好的"),), handoff="asked")

    line.bot.respond = wants_human
    await line.customer(conversation, "转人工")
    assert (await line.conversation(conversation)).state == State.QUEUED
    line.clock.advance(seconds=line.settings.queue_reoffer_s)
    await line.timers.sweep()
    assert (await line.conversation(conversation)).offers == 2
    line.clock.advance(seconds=line.settings.queue_callback_s)
    await line.timers.sweep()
    kept = await line.conversation(conversation)
    assert (kept.state, kept.callback) == (State.BOT, True)
    assert (await line.said(conversation))[-1] == texts.CALLBACK_BUSY


async def test_an_urgent_conversation_never_falls_out_of_the_queue(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "!漏气")
    line.clock.advance(seconds=line.settings.queue_callback_s * 5)
    await line.timers.sweep()
    assert (await line.conversation(conversation)).state == State.QUEUED


async def test_outside_office_hours_a_call_back_is_registered_at_once(line: Line) -> None:
    line.clock.set(datetime(2025, 11, 5, 2, 40, tzinfo=ZoneInfo("Asia/Shanghai")))
    conversation = await line.start()

    async def wants_human(text: str) -> BotTurn:
        return BotTurn((), handoff="asked")

    line.bot.respond = wants_human
    await line.customer(conversation, "转人工")
    assert "09:00-21:00" in (await line.said(conversation))[-1]
    async with line.work.reading() as session:
        assert len(list((await session.execute(select(Callback))).scalars())) == 1


@pytest.mark.parametrize(
    ("text", "answer"),
    [("有", True), ("有的。", True), ("没有", False), ("沒有！", False), ("没", False),
     ("有点漏水", None), ("没有发票", None)],
)  # fmt: skip
def test_only_a_plain_yes_or_no_answers_the_question(text: str, answer: bool | None) -> None:
    assert safety_answer(text) is answer


verdicts = st.builds(
    Verdict,
    level=st.sampled_from(Level),
    category=st.sampled_from(["gas_leak", "legal", "injury"]),
    certainty=st.sampled_from([Certainty.CONFIRMED, Certainty.SUSPECTED]),
)


@given(
    st.booleans(),
    st.sampled_from(Level),
    st.sampled_from([None, *Certainty]),
    verdicts,
    st.text(max_size=4),
)
def test_a_sure_hazard_is_acted_on_whatever_went_before(
    awaiting: bool, level: Level, certainty: Certainty | None, verdict: Verdict, text: str
) -> None:
    step = next_step(
        awaiting=awaiting,
        level=level,
        certainty=certainty,
        category="fire_smoke",
        verdict=verdict,
        text=text,
    )
    if verdict.level is Level.EMERGENCY and verdict.certainty is Certainty.CONFIRMED:
        assert step is Step.CONFIRM
    if verdict.level is Level.ROUTINE and safety_answer(text) is None:
        assert step is Step.PASS


def test_an_all_clear_is_no_second_emergency() -> None:
    verdict = Verdict(Level.EMERGENCY, "self_harm", Certainty.CONFIRMED, 0.99)
    step = next_step(
        awaiting=False,
        level=Level.EMERGENCY,
        certainty=Certainty.CONFIRMED,
        category="fire_smoke",
        verdict=verdict,
        text="没事了 自己灭了",
    )
    assert step is Step.PASS


@pytest.mark.parametrize(
    ("text", "over"),
    [("没事了", True), ("火灭了", True), ("還喺度漏", False), ("没事吧你们", False)],
)
def test_what_counts_as_an_all_clear(text: str, over: bool) -> None:
    assert all_clear(text) is over
