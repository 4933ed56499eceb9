"""What happens when nobody acts: silence after the safety question, pages, queue, absence."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import select

from conversations.handover import Handover
from conversations.model import Priority, State
from conversations.safety import Safety
from conversations.storage import Conversation, Message, PageCall, get_conversation
from foundation.clock import Clock
from foundation.metrics import OPEN_PAGES, QUEUE_LENGTH
from foundation.settings import Settings
from foundation.transactions import UnitOfWork, announce

log = structlog.get_logger(__name__)

TICK_S = 1.0


class Timers:
    """Sweeps deadlines kept in the database, so a restart forgets none."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        work: UnitOfWork,
        handover: Handover,
        safety: Safety,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._handover = handover
        self._safety = safety
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Sweep once a second."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop sweeping."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except Exception:
                log.exception("timer_sweep_failed")
            await asyncio.sleep(TICK_S)

    async def sweep(self) -> None:
        """Do everything that is due now."""
        await self._silent_suspects()
        await self._repeat_pages()
        await self._waiting_too_long()

    async def _silent_suspects(self) -> None:
        now = self._clock.now()
        query = select(Conversation.id).where(Conversation.suspected_until <= now)
        async with self._work.reading() as session:
            silent = list((await session.execute(query)).scalars())
        for conversation_id in silent:
            async with self._work.begin() as session:
                conversation = await get_conversation(session, conversation_id, lock=True)
                if conversation.suspected_until is None or conversation.suspected_until > now:
                    continue
                pending = conversation.suspected_message_id
                message = await session.get(Message, pending) if pending else None
                await self._safety.confirm(
                    session,
                    conversation,
                    conversation.triage_category,
                    message.text if message else "",
                )

    async def _repeat_pages(self) -> None:
        now = self._clock.now()
        repeat = timedelta(seconds=self._settings.page_repeat_s)
        query = select(PageCall).where(PageCall.acknowledged_at.is_(None))
        async with self._work.reading() as session:
            open_pages = list((await session.execute(query)).scalars())
        OPEN_PAGES.set(len(open_pages))
        for page in open_pages:
            if now - page.last_paged_at < repeat:
                continue
            async with self._work.begin() as session:
                locked = select(PageCall).where(PageCall.id == page.id).with_for_update()
                again = (await session.execute(locked)).scalar_one()
                if again.acknowledged_at is None and now - again.last_paged_at >= repeat:
                    again.last_paged_at = now
                    again.times += 1
                    announce(session, "page", page_id=again.id)

    async def _waiting_too_long(self) -> None:
        now = self._clock.now()
        reoffer = timedelta(seconds=self._settings.queue_reoffer_s)
        give_up = timedelta(seconds=self._settings.queue_callback_s)
        query = select(Conversation).where(Conversation.state == State.QUEUED)
        async with self._work.reading() as session:
            queued = list((await session.execute(query)).scalars())
            QUEUE_LENGTH.set(len(queued))
        for waiting in queued:
            if waiting.offered_at is None or now - waiting.offered_at < reoffer:
                continue
            async with self._work.begin() as session:
                conversation = await get_conversation(session, waiting.id, lock=True)
                if conversation.state != State.QUEUED or conversation.queued_at is None:
                    continue
                too_long = now - conversation.queued_at >= give_up
                if too_long and conversation.priority == Priority.NORMAL:
                    await self._handover.give_up_waiting(session, conversation)
                else:
                    conversation.offered_at = now
                    conversation.offers += 1
                    announce(session, "conversation", conversation_id=conversation.id)
