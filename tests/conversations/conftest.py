"""A conversation service with fakes at its ports."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.answering import Answering
from conversations.bot_turn import BotTurns
from conversations.channels.web.channel import WebChannel
from conversations.duty import Duty
from conversations.handover import Handover
from conversations.intake import Intake
from conversations.judging import Judging
from conversations.model import BotTurn, Certainty, Level, Reply, Verdict
from conversations.offers import Offers
from conversations.outbox import Dispatcher
from conversations.ports import EmergencyCase
from conversations.safety import Safety
from conversations.storage import Conversation, Message
from conversations.timers import Timers
from conversations.turns import TurnRunner
from foundation.clock import FixedClock
from foundation.errors import Unavailable
from foundation.settings import Settings
from foundation.transactions import UnitOfWork


class FakeTriage:
    """Reads the verdict from the text: `!gas`, `?gas`, `~legal`."""

    def assess(self, text: str) -> Verdict:
        if text.startswith("!"):
            return Verdict(Level.EMERGENCY, "gas_leak", Certainty.CONFIRMED, 0.99, ("漏气",))
        if text.startswith("?"):
            return Verdict(Level.EMERGENCY, "gas_leak", Certainty.SUSPECTED, 0.4, ("味道",))
        if text.startswith("~"):
            return Verdict(Level.SENSITIVE, "legal", Certainty.CONFIRMED, 0.9, ("律师",))
        return Verdict()


@dataclass
class FakeBot:
    """Answers `re: TEXT`, or whatever `respond` says; remembers what it was asked."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)
    respond: Callable[[str], Awaitable[BotTurn]] | None = None
    down: bool = False

    async def turn(self, sender: str, text: str, message_id: str) -> BotTurn:
        self.asked.append((sender, text, message_id))
        if self.down:
            raise Unavailable("bot", "down")
        if self.respond:
            return await self.respond(text)
        return BotTurn((Reply(f"re: {text}"),))

    async def memory(self, sender: str) -> dict[str, Any]:
        return {"product": "洗衣机"}


@dataclass
class FakeKnowledge:
    """One known answer, and advice that names its category."""

    answer: Reply | None = None

    async def fallback(self, text: str) -> Reply | None:
        return self.answer

    def safety_advice(self, category: str) -> str:
        return f"1. advice {category}"


@dataclass
class FakeComplaints:
    """Numbers complaints."""

    opened: list[EmergencyCase] = field(default_factory=list)

    async def open_emergency(self, session: AsyncSession, emergency: EmergencyCase) -> str:
        self.opened.append(emergency)
        return f"TS20251105-{len(self.opened):04d}"


@dataclass
class Line:
    """Everything a conversation test needs."""

    work: UnitOfWork
    clock: FixedClock
    settings: Settings
    duty: Duty
    handover: Handover
    safety: Safety
    intake: Intake
    runner: TurnRunner
    dispatcher: Dispatcher
    timers: Timers
    bot: FakeBot
    knowledge: FakeKnowledge
    complaints: FakeComplaints

    async def start(self) -> str:
        return (await self.intake.start("web")).id

    async def customer(self, conversation_id: str, text: str, key: str | None = None) -> None:
        """Say something and wait until it has been worked."""
        await self.intake.receive(conversation_id, text, key or uuid.uuid4().hex)
        self.runner.wake(conversation_id)
        await self.runner.idle()

    async def accept(self, conversation_id: str, staff_id: str = "staff_1") -> Conversation:
        async with self.work.begin() as session:
            return await self.handover.accept(session, conversation_id, staff_id, "小李")

    async def conversation(self, conversation_id: str) -> Conversation:
        async with self.work.reading() as session:
            return await session.get_one(Conversation, conversation_id)

    async def messages(self, conversation_id: str) -> list[Message]:
        async with self.work.reading() as session:
            query = select(Message).where(Message.conversation_id == conversation_id)
            return list((await session.execute(query.order_by(Message.seq))).scalars())

    async def said(self, conversation_id: str) -> list[str]:
        """Texts after the greeting."""
        return [m.text for m in await self.messages(conversation_id)][1:]


def build_line(work: UnitOfWork, clock: FixedClock, settings: Settings) -> Line:
    """A conversation service over `work` with fakes at its ports."""
    bot, knowledge, complaints = FakeBot(), FakeKnowledge(), FakeComplaints()
    duty = Duty(settings)
    handover = Handover(settings, clock, duty)
    offers = Offers(settings, clock, duty, handover)
    safety = Safety(settings, clock, handover, knowledge, complaints)
    answering = Answering(
        clock, work, handover, safety, offers, bot, BotTurns(settings, bot, knowledge)
    )
    judging = Judging(FakeTriage())
    return Line(
        work=work,
        clock=clock,
        settings=settings,
        duty=duty,
        handover=handover,
        safety=safety,
        intake=Intake(settings, clock, work, handover, judging),
        runner=TurnRunner(settings, clock, work, duty, safety, judging, answering),
        dispatcher=Dispatcher(settings, clock, work, {"web": WebChannel(work.events)}),
        timers=Timers(settings, clock, work, handover, safety),
        bot=bot,
        knowledge=knowledge,
        complaints=complaints,
    )


@pytest.fixture
def line(work: UnitOfWork, clock: FixedClock, settings: Settings) -> Line:
    """The conversation service on each backend."""
    return build_line(work, clock, settings)
