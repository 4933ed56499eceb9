"""A message's way: kept once, worked once, answered by whoever owns the conversation."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from conversations import texts
from conversations.model import BotTurn, Reply, State
from conversations.ports import EmergencyCase
from conversations.storage import Attachment, Message
from foundation.errors import Conflict, InvalidInput, NotFound
from foundation.ids import new_id
from tests.conversations.conftest import Line, build_line


async def test_the_bot_answers_in_order_and_sequence_numbers_have_no_gap(line: Line) -> None:
    conversation = await line.start()
    for text in ("一", "二", "三"):
        await line.intake.receive(conversation, text, f"c{text}")
    line.runner.wake(conversation)
    await line.runner.idle()
    messages = await line.messages(conversation)
    assert [m.seq for m in messages] == list(range(1, len(messages) + 1))
    assert [m.text for m in messages if m.sender == "bot"][1:] == ["re: 一", "re: 二", "re: 三"]


async def test_sending_twice_keeps_one_message_and_one_answer(line: Line) -> None:
    conversation = await line.start()
    first = await line.intake.receive(conversation, "洗衣机坏了", "same")
    again = await line.intake.receive(conversation, "洗衣机坏了", "same")
    assert (first.fresh, again.fresh) == (True, False)
    assert again.message.id == first.message.id
    line.runner.wake(conversation)
    await line.runner.idle()
    assert await line.said(conversation) == ["洗衣机坏了", "re: 洗衣机坏了"]


async def test_sending_the_same_at_the_same_moment_keeps_one(line: Line) -> None:
    conversation = await line.start()
    kept = await asyncio.gather(
        *(line.intake.receive(conversation, "在吗", "same") for _ in range(8))
    )
    assert sum(received.fresh for received in kept) == 1
    assert len({received.message.id for received in kept}) == 1


async def test_an_answer_that_comes_after_an_agent_took_over_is_dropped(line: Line) -> None:
    conversation = await line.start()

    async def slow(text: str) -> BotTurn:
        await line.accept(conversation)
        return BotTurn((Reply("迟到的回答"),))

    line.bot.respond = slow
    await line.customer(conversation, "找人工")
    said = await line.said(conversation)
    assert "迟到的回答" not in said
    assert said[-1] == texts.ACCEPTED.format(name="小李")


async def test_the_bot_is_silent_once_a_human_has_the_conversation(line: Line) -> None:
    conversation = await line.start()
    await line.accept(conversation)
    await line.customer(conversation, "还在吗")
    assert line.bot.asked == []
    assert (await line.said(conversation))[-1] == "还在吗"


async def test_only_the_holder_may_speak(line: Line) -> None:
    conversation = await line.start()
    with pytest.raises(Conflict):
        await line.intake.speak_as_agent(conversation, "staff_1", "小李", "您好", "a1")
    await line.accept(conversation, "staff_1")
    await line.intake.speak_as_agent(conversation, "staff_1", "小李", "您好", "a2")
    with pytest.raises(Conflict) as error:
        await line.intake.speak_as_agent(conversation, "staff_2", "小王", "我来", "a3")
    assert error.value.detail["assigned_to"] == "staff_1"


@pytest.mark.parametrize(
    ("mime", "text", "kind"),
    [
        ("image/png", "", "image"),
        ("application/pdf", "说明书在这里", "file"),
        ("video/mp4", "", "file"),
    ],
)
async def test_customer_and_agent_send_files_alike(
    line: Line, mime: str, text: str, kind: str
) -> None:
    conversation = await line.start()
    attachment = await attach(line, conversation, mime)
    await line.accept(conversation)
    asked = await line.intake.receive(conversation, text, "c1", attachment)
    answered = await line.intake.speak_as_agent(
        conversation, "staff_1", "小李", text, "a1", attachment
    )
    for message in (asked.message, answered.message):
        assert (message.kind, message.text) == (kind, text)
        assert message.attachment_id == attachment


async def test_an_agent_cannot_send_a_file_of_another_conversation(line: Line) -> None:
    conversation, other = await line.start(), await line.start()
    foreign = await attach(line, other, "image/png")
    await line.accept(conversation)
    before = await line.said(conversation)
    with pytest.raises(NotFound) as error:
        await line.intake.speak_as_agent(conversation, "staff_1", "小李", "看图", "a1", foreign)
    assert error.value.detail == {"kind": "attachment", "key": foreign}
    assert await line.said(conversation) == before


async def test_two_agents_accept_at_once_and_one_gets_it(line: Line) -> None:
    conversation = await line.start()
    outcomes = await asyncio.gather(
        line.accept(conversation, "staff_1"),
        line.accept(conversation, "staff_2"),
        return_exceptions=True,
    )
    assert sorted(isinstance(outcome, Conflict) for outcome in outcomes) == [False, True]


async def test_a_bot_that_is_down_gives_the_library_answer_and_a_human(line: Line) -> None:
    conversation = await line.start()
    line.bot.down = True
    line.knowledge.answer = Reply("整机保修一年。")
    await line.customer(conversation, "保修多久")
    said = await line.said(conversation)
    assert said[1:3] == ["整机保修一年。", texts.FALLBACK_HANDOFF]
    assert (await line.conversation(conversation)).state == State.QUEUED


async def test_a_bot_that_is_down_and_an_unknown_question_get_an_apology(line: Line) -> None:
    conversation = await line.start()
    line.bot.down = True
    await line.customer(conversation, "奇怪的问题")
    assert (await line.said(conversation))[1] == texts.APOLOGY
    assert (await line.conversation(conversation)).state == State.QUEUED


async def test_an_empty_answer_counts_as_none(line: Line) -> None:
    conversation = await line.start()

    async def nothing(text: str) -> BotTurn:
        return BotTurn()

    line.bot.respond = nothing
    await line.customer(conversation, "有人吗")
    assert (await line.said(conversation))[1] == texts.APOLOGY


async def test_a_command_typed_by_a_customer_reaches_the_bot_as_text(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "/restart")
    assert line.bot.asked[0][1] == "／restart"


async def test_work_left_by_a_dead_process_is_done_by_the_next(line: Line) -> None:
    conversation = await line.start()
    await line.intake.receive(conversation, "进程死前收到的", "c1")
    successor = build_line(line.work, line.clock, line.settings)
    await successor.runner.start()
    async with asyncio.timeout(5):
        while not successor.bot.asked:
            await asyncio.sleep(0.02)
    await successor.runner.stop()
    assert (await line.said(conversation))[-1] == "re: 进程死前收到的"


async def test_two_processes_work_one_message_once(line: Line) -> None:
    conversation = await line.start()
    other = build_line(line.work, line.clock, line.settings)
    await line.intake.receive(conversation, "只答一次", "c1")
    line.runner.wake(conversation)
    other.runner.wake(conversation)
    await asyncio.gather(line.runner.idle(), other.runner.idle())
    assert await line.said(conversation) == ["只答一次", "re: 只答一次"]


async def test_a_crash_after_the_bot_answered_says_it_once(line: Line) -> None:
    conversation = await line.start()
    calls = 0

    async def crash_once(text: str) -> BotTurn:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("killed")
        return BotTurn((Reply("答复"),))

    line.bot.respond = crash_once
    await line.customer(conversation, "问题")
    assert await line.said(conversation) == ["问题"]
    line.runner.wake(conversation)
    await line.runner.idle()
    assert await line.said(conversation) == ["问题", "答复"]


async def test_a_turn_that_fails_again_and_again_ends_in_an_apology_and_a_human(
    line: Line,
) -> None:
    conversation = await line.start()

    async def broken(text: str) -> BotTurn:
        raise RuntimeError("ours")

    line.bot.respond = broken
    await line.customer(conversation, "问题")
    for _ in range(4):
        line.runner.wake(conversation)
        await line.runner.idle()
    said = await line.said(conversation)
    assert said[:2] == ["问题", texts.APOLOGY]
    assert said.count(texts.APOLOGY) == 1
    assert (await line.conversation(conversation)).state == State.QUEUED
    assert all(m.processed_at for m in await line.messages(conversation) if m.sender == "customer")


async def test_an_alarm_that_cannot_be_raised_is_tried_until_it_can(line: Line) -> None:
    conversation = await line.start()
    opened = line.complaints.open_emergency

    async def broken(session: AsyncSession, emergency: EmergencyCase) -> str:
        raise RuntimeError("ours")

    line.complaints.open_emergency = broken  # type: ignore[method-assign]
    await line.customer(conversation, "!漏气了")
    for _ in range(6):
        line.runner.wake(conversation)
        await line.runner.idle()
    assert await line.said(conversation) == ["!漏气了"]
    line.complaints.open_emergency = opened  # type: ignore[method-assign]
    line.runner.wake(conversation)
    await line.runner.idle()
    assert "1. advice gas_leak" in await line.said(conversation)


async def test_a_library_that_fails_too_leaves_an_apology(line: Line) -> None:
    conversation = await line.start()
    line.bot.down = True

    async def broken(text: str) -> Reply | None:
        raise RuntimeError("index corrupt")

    line.knowledge.fallback = broken  # type: ignore[method-assign]
    await line.customer(conversation, "保修多久")
    assert (await line.said(conversation))[1] == texts.APOLOGY


async def test_a_message_after_closing_opens_a_new_episode(line: Line) -> None:
    conversation = await line.start()
    await line.accept(conversation)
    async with line.work.begin() as session:
        await line.handover.close(session, conversation, "staff_1")
    await line.customer(conversation, "又有问题")
    kept = await line.conversation(conversation)
    assert (kept.state, kept.episode) == (State.BOT, 2)
    assert line.bot.asked[0][0] == f"{conversation}:2"


async def test_signs_without_words_get_a_sensible_answer(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "😡😡😡")
    assert (await line.said(conversation))[-1] == texts.NOTHING_TO_READ


async def test_long_text_is_cut_and_the_customer_told(line: Line) -> None:
    conversation = await line.start()
    await line.customer(conversation, "长" * 100_000)
    messages: list[Message] = await line.messages(conversation)
    assert len(messages[1].text) == line.settings.message_max_chars
    assert messages[2].text == texts.CUT_NOTICE.format(limit=line.settings.message_max_chars)


@pytest.mark.parametrize("text", ["", "   ", "\x00\x00", "\n"])
async def test_nothing_to_say_is_refused(line: Line, text: str) -> None:
    conversation = await line.start()
    with pytest.raises(InvalidInput):
        await line.intake.receive(conversation, text, "c1")
    await line.accept(conversation)
    with pytest.raises(InvalidInput):
        await line.intake.speak_as_agent(conversation, "staff_1", "小李", text, "a1")


async def test_an_unknown_conversation_is_named(line: Line) -> None:
    with pytest.raises(NotFound) as error:
        await line.intake.receive("conv_none", "在吗", "c1")
    assert error.value.detail == {"kind": "conversation", "key": "conv_none"}


async def attach(line: Line, conversation: str, mime: str) -> str:
    """A file uploaded to a conversation; its id."""
    attachment = Attachment(
        id=new_id("att"),
        conversation_id=conversation,
        mime=mime,
        size=1,
        name="文件",
        sha256="0" * 64,
        created_at=line.clock.now(),
    )
    async with line.work.begin() as session:
        session.add(attachment)
    return attachment.id
