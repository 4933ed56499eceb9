"""The way out: a durable outbox, in order per conversation, with back-off."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from conversations.model import backoff
from conversations.storage import Conversation, Message, Outgoing
from foundation.clock import Clock
from foundation.errors import NotFound
from foundation.metrics import OUTBOX_PENDING
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

log = structlog.get_logger(__name__)


SOCKETS_FIRST_S = 0.01
"""A reply is news to the sockets of its process too: they have it before it is accounted for."""


class Channel(Protocol):
    """Delivers messages to customers on one channel."""

    async def deliver(self, conversation: Conversation, message: Message) -> None:
        """Hand over one message. Raises any exception when it was not taken."""
        ...


class Dispatcher:
    """Delivers due rows; a failed message holds back the later ones of its conversation."""

    def __init__(
        self, settings: Settings, clock: Clock, work: UnitOfWork, channels: dict[str, Channel]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._channels = channels
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Deliver what is due, now and whenever something is added."""
        self._work.events.listen(self._heard)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop after the message in hand."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _heard(self, topic: str, _payload: dict[str, Any]) -> None:
        if topic == "outbox":
            asyncio.get_running_loop().call_later(SOCKETS_FIRST_S, self._wake.set)

    async def _run(self) -> None:
        while True:
            try:
                while await self.deliver_due():
                    pass
            except Exception:
                log.exception("dispatch_failed")
            self._wake.clear()
            try:
                async with asyncio.timeout(self._settings.outbox_poll_s):
                    await self._wake.wait()
            except TimeoutError:
                await self._count()

    async def deliver_due(self, limit: int = 100) -> int:
        """Try every conversation's first waiting message that is due; how many were tried."""
        async with self._work.reading() as session:
            due = await _due(session, self._clock.now(), limit)
        for row_id in due:
            await self._deliver(row_id)
        return len(due)

    async def _count(self) -> None:
        try:
            async with self._work.reading() as session:
                OUTBOX_PENDING.set(await _pending(session))
        except Exception:
            log.exception("outbox_not_counted")

    async def _deliver(self, row_id: int) -> None:
        async with self._work.begin() as session:
            query = (
                select(Outgoing)
                .where(Outgoing.id == row_id, Outgoing.state == "pending")
                .with_for_update(skip_locked=True)
            )
            row = (await session.execute(query)).scalar_one_or_none()
            if row is None:
                return
            message = await session.get_one(Message, row.message_id)
            conversation = await session.get_one(Conversation, row.conversation_id)
            row.attempts += 1
            try:
                channel = self._channels.get(row.channel)
                if channel is None:
                    raise NotFound("channel", row.channel)
                await channel.deliver(conversation, message)
            except Exception as error:
                self._failed(row, error)
            else:
                row.state = "sent"
                row.sent_at = self._clock.now()

    def _failed(self, row: Outgoing, error: Exception) -> None:
        row.last_error = f"{type(error).__name__}: {error}"[:300]
        row.next_attempt_at = self._clock.now() + backoff(row.attempts)
        if row.attempts >= self._settings.outbox_max_attempts:
            row.state = "dead"
        log.warning("delivery_failed", outbox=row.id, attempts=row.attempts, state=row.state)


_earlier = aliased(Outgoing)
_FIRST_DUE = (
    select(Outgoing.id)
    .where(
        Outgoing.state == "pending",
        Outgoing.next_attempt_at <= bindparam("now"),
        Outgoing.id
        == select(func.min(_earlier.id))
        .where(_earlier.conversation_id == Outgoing.conversation_id, _earlier.state == "pending")
        .scalar_subquery(),
    )
    .order_by(Outgoing.id)
    .limit(bindparam("limit"))
)


async def _due(session: AsyncSession, now: datetime, limit: int) -> list[int]:
    return list(await session.scalars(_FIRST_DUE, {"now": now, "limit": limit}))


async def _pending(session: AsyncSession) -> int:
    query = select(func.count()).where(Outgoing.state == "pending")
    return int((await session.execute(query)).scalar_one())
