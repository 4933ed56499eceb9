"""Working inbound messages: triage first, then whoever owns the conversation.

Messages of one conversation are worked in order, one at a time, by whichever process holds the
conversation's lease. A message is done when its replies are committed together with its
`processed_at`; a process that dies before leaves it to be worked again, and the bot's turn is
idempotent by message id, so nothing is lost and nothing is said twice.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from conversations import texts
from conversations.answering import Answering
from conversations.duty import Duty
from conversations.judging import Judging
from conversations.model import (
    Kind,
    Level,
    Priority,
    Reply,
    State,
    Verdict,
)
from conversations.safety import Safety, Step, next_step
from conversations.speaking import notify, say_all
from conversations.storage import (
    Conversation,
    Message,
    conversations_with_work,
    get_conversation,
    next_unprocessed,
)
from foundation.clock import Clock
from foundation.ids import new_id
from foundation.metrics import TURN_SECONDS
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

log = structlog.get_logger(__name__)

NOTICE_AGAIN = timedelta(seconds=60)
LEASE_MARGIN_S = 5.0
SWEEP_S = 1.0
GIVE_UP_AFTER = 3
"""Failures of one routine message, a sweep apart, after which a human is to answer it."""
_READABLE = re.compile(r"\w")


class TurnRunner:
    """Works every unprocessed message; wakes by events and by a sweep once a second."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        work: UnitOfWork,
        duty: Duty,
        safety: Safety,
        judging: Judging,
        answering: Answering,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._duty = duty
        self._safety = safety
        self._judging = judging
        self._answering = answering
        self._name = new_id("runner")
        self._lease = timedelta(seconds=settings.bot_timeout_s + LEASE_MARGIN_S)
        self._failures: Counter[str] = Counter()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen for work and sweep up what was left."""
        self._work.events.listen(self._heard)
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Finish the messages in hand, start no more."""
        if self._sweeper:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def wake(self, conversation_id: str) -> None:
        """Work this conversation soon; a second call while it runs makes it look again."""
        if conversation_id in self._running:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._run(conversation_id))
        self._running[conversation_id] = task
        task.add_done_callback(lambda _: self._finished(conversation_id))

    def _finished(self, conversation_id: str) -> None:
        self._running.pop(conversation_id, None)
        if conversation_id in self._again:
            self._again.discard(conversation_id)
            self.wake(conversation_id)

    @property
    def busy(self) -> int:
        """Conversations in hand."""
        return len(self._running)

    async def idle(self) -> None:
        """Wait until nothing is in hand (for tests and orderly stops)."""
        while self._running:
            await asyncio.gather(*list(self._running.values()), return_exceptions=True)
            await asyncio.sleep(0)

    async def _heard(self, topic: str, payload: dict[str, Any]) -> None:
        if topic == "work":
            self.wake(payload["conversation_id"])

    async def _sweep(self) -> None:
        while True:
            try:
                async with self._work.reading() as session:
                    waiting = await conversations_with_work(session, self._clock.now())
                for conversation_id in waiting:
                    self.wake(conversation_id)
            except Exception:
                log.exception("turn_sweep_failed")
            await asyncio.sleep(SWEEP_S)

    async def _run(self, conversation_id: str) -> None:
        try:
            while claimed := await self._claim(conversation_id):
                await self._process(*claimed)
        except Exception:
            log.exception("turn_failed", conversation=conversation_id)
            await self._release(conversation_id)

    async def _claim(self, conversation_id: str) -> tuple[Conversation, Message] | None:
        """The next message to work, if there is one and no other process holds the lease; the
        lease is given back when there is none."""
        now = self._clock.now()
        async with self._work.database.transaction() as session:
            conversation = await get_conversation(session, conversation_id, lock=True)
            if not conversation.is_free_for(self._name, now):
                return None
            message = await next_unprocessed(session, conversation_id)
            if message is None:
                conversation.turn_by, conversation.turn_until = None, None
                return None
            conversation.turn_by, conversation.turn_until = self._name, now + self._lease
            return conversation, message

    async def _release(self, conversation_id: str) -> None:
        async with self._work.database.transaction() as session:
            conversation = await get_conversation(session, conversation_id, lock=True)
            if conversation.turn_by == self._name:
                conversation.turn_by, conversation.turn_until = None, None

    async def _process(self, conversation: Conversation, message: Message) -> None:
        began = time.perf_counter()
        verdict = await self._judging.verdict(message.text)
        try:
            if self._is_hopeless(message, verdict):
                await self._answering.give_up(message)
            elif _goes_to_bot(conversation, message, verdict):
                epoch, sender = conversation.epoch, conversation.bot_sender
                await self._answering.answer(message, message, epoch, sender)
            else:
                await self._decide(message, verdict)
        except Exception:
            self._failures[message.id] += 1
            raise
        self._failures.pop(message.id, None)
        TURN_SECONDS.observe(time.perf_counter() - began)

    def _is_hopeless(self, message: Message, verdict: Verdict) -> bool:
        """Alarms are tried for as long as it takes: they do more than answer."""
        return verdict.level is Level.ROUTINE and self._failures[message.id] >= GIVE_UP_AFTER

    async def _decide(self, message: Message, verdict: Verdict) -> None:
        """Act on the verdict and the conversation's state; then it may be the bot's turn."""
        async with self._work.begin() as session:
            conversation = await get_conversation(session, message.conversation_id, lock=True)
            kept = await session.get_one(Message, message.id)
            if kept.processed_at is not None:
                return
            question = await self._triaged(session, conversation, kept, verdict)
            if question is None:
                kept.processed_at = self._clock.now()
            epoch, sender = conversation.epoch, conversation.bot_sender
        if question is not None:
            await self._answering.answer(message, question, epoch, sender)

    async def _triaged(
        self,
        session: AsyncSession,
        conversation: Conversation,
        message: Message,
        verdict: Verdict,
    ) -> Message | None:
        """Apply triage; gives the message the bot has to answer, if it has to."""
        message.level, message.category = verdict.level, verdict.category
        awaiting = conversation.suspected_until is not None and conversation.state != State.HUMAN
        step = next_step(
            awaiting=awaiting,
            level=conversation.triage_level,
            certainty=conversation.triage_certainty,
            category=conversation.triage_category,
            verdict=verdict,
            text=message.text,
        )
        if verdict.words and step in (Step.CONFIRM, Step.ASK, Step.SENSITIVE):
            conversation.triage_words = list(verdict.words)
        if step is Step.CONFIRM:
            answered = verdict.level is not Level.EMERGENCY
            pending = conversation.suspected_message_id if answered else None
            source = await session.get(Message, pending) if pending else None
            await self._safety.confirm(
                session,
                conversation,
                conversation.triage_category if answered else verdict.category,
                (source or message).text,
            )
            return None
        if step is Step.ASK:
            self._safety.ask(session, conversation, message, verdict.category)
            return None
        if step is Step.CLEAR:
            pending = self._safety.clear(session, conversation)
            original = await session.get(Message, pending) if pending else None
            return self._for_owner(session, conversation, original) if original else None
        if step is Step.SENSITIVE:
            self._safety.mark_sensitive(session, conversation, verdict.category, message.text)
        if awaiting:
            conversation.suspected_until = self._clock.now() + timedelta(
                seconds=self._settings.suspected_silence_s
            )
        return await self._pass(session, conversation, message)

    def _for_owner(
        self, session: AsyncSession, conversation: Conversation, message: Message
    ) -> Message | None:
        return message if conversation.state == State.BOT else None

    async def _pass(
        self, session: AsyncSession, conversation: Conversation, message: Message
    ) -> Message | None:
        if conversation.state == State.QUEUED:
            await self._still_queued(session, conversation)
            return None
        if conversation.state != State.BOT:
            return None
        if not _is_readable(message):
            say_all(
                session, conversation, message, (Reply(texts.NOTHING_TO_READ),), self._clock.now()
            )
            return None
        return message

    async def _still_queued(self, session: AsyncSession, conversation: Conversation) -> None:
        now = self._clock.now()
        if conversation.notice_at is not None and now - conversation.notice_at < NOTICE_AGAIN:
            return
        conversation.notice_at = now
        if conversation.priority == Priority.URGENT:
            notify(session, conversation, texts.STILL_QUEUED_URGENT, now)
            return
        wait = await self._duty.wait(session, conversation, now)
        notice = texts.STILL_QUEUED.format(ahead=wait.position - 1, minutes=wait.minutes)
        notify(session, conversation, notice, now)


def _goes_to_bot(conversation: Conversation, message: Message, verdict: Verdict) -> bool:
    """Whether nothing has to be written before the bot answers. Ownership is looked at once more
    with its answer."""
    return (
        verdict.level is Level.ROUTINE
        and verdict.certainty is None
        and conversation.state == State.BOT
        and conversation.suspected_until is None
        and conversation.triage_certainty is None
        and _is_readable(message)
    )


def _is_readable(message: Message) -> bool:
    return message.kind != Kind.TEXT or bool(_READABLE.search(message.text))
