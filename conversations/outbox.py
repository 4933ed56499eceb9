"""The way out: a durable outbox, in order per conversation, with back-off."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import BindParameter, bindparam, func, select
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


class Courier(Protocol):
    """Delivers on a channel beyond this machine, row by row, keeping the books of each itself.

    Calls to another machine take long and may end in doubt, so they run outside any transaction.
    """

    async def deliver_waiting(self, conversation_id: str) -> None:
        """Deliver what is due of one conversation, in order, until nothing is or it fails."""
        ...

    async def sweep(self) -> None:
        """Settle what a process left behind that died under way."""
        ...


class Dispatcher:
    """Delivers due rows; a failed message holds back the later ones of its conversation.

    Rows of a channel with a courier are handed to it conversation by conversation, several at a
    time; the others are delivered here, one transaction each.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        work: UnitOfWork,
        channels: dict[str, Channel],
        couriers: Mapping[str, Courier] | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._channels = channels
        self._couriers = dict(couriers or {})
        self._carried: dict[str, asyncio.Task[None]] = {}
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
        await self.idle()

    async def idle(self) -> None:
        """Wait until no courier is under way (for tests and orderly stops)."""
        while self._carried:
            await asyncio.gather(*list(self._carried.values()), return_exceptions=True)
            await asyncio.sleep(0)

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
                await self._sweep()

    async def deliver_due(self, limit: int = 100) -> int:
        """Try every conversation's first waiting message that is due; how many were tried."""
        async with self._work.reading() as session:
            now = self._clock.now()
            due = await _due(session, now, list(self._couriers), limit)
        for row_id in due:
            await self._deliver(row_id)
        return len(due) + await self._hand_over()

    async def _hand_over(self) -> int:
        """Give couriers the conversations with due rows, as many as may be under way."""
        free = self._settings.wechat_sends_at_once - len(self._carried)
        if not self._couriers or free <= 0:
            return 0
        async with self._work.reading() as session:
            found = await _due_elsewhere(
                session, self._clock.now(), list(self._couriers), list(self._carried), free
            )
        for conversation_id, channel in found:
            task = asyncio.create_task(self._carry(conversation_id, self._couriers[channel]))
            self._carried[conversation_id] = task
        return len(found)

    async def _carry(self, conversation_id: str, courier: Courier) -> None:
        try:
            await courier.deliver_waiting(conversation_id)
        except Exception:
            log.exception("courier_failed", conversation=conversation_id)
            await asyncio.sleep(self._settings.outbox_poll_s)
        finally:
            self._carried.pop(conversation_id, None)
            self._wake.set()

    async def _sweep(self) -> None:
        for courier in self._couriers.values():
            try:
                await courier.sweep()
            except Exception:
                log.exception("courier_not_swept")

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
        row.next_attempt_at = self._clock.now() + backoff(row.attempts, random.random())
        if row.attempts >= self._settings.outbox_max_attempts:
            row.state = "dead"
        log.warning("delivery_failed", outbox=row.id, attempts=row.attempts, state=row.state)


UNDER_WAY = ("pending", "sending", "passive")
"""States that hold back the later rows of a conversation."""

_earlier = aliased(Outgoing)
_IS_FIRST_DUE = (
    Outgoing.state == "pending",
    Outgoing.next_attempt_at <= bindparam("now"),
    Outgoing.id
    == select(func.min(_earlier.id))
    .where(
        _earlier.conversation_id == Outgoing.conversation_id,
        _earlier.state.in_(UNDER_WAY),
    )
    .scalar_subquery(),
)
_CHANNELS: BindParameter[Any] = bindparam("channels", expanding=True)
_FIRST_DUE = (
    select(Outgoing.id)
    .where(*_IS_FIRST_DUE, Outgoing.channel.not_in(_CHANNELS))
    .order_by(Outgoing.id)
    .limit(bindparam("limit"))
)
_FIRST_DUE_ELSEWHERE = (
    select(Outgoing.conversation_id, Outgoing.channel)
    .where(
        *_IS_FIRST_DUE,
        Outgoing.channel.in_(_CHANNELS),
        Outgoing.conversation_id.not_in(bindparam("carried", expanding=True)),
    )
    .order_by(Outgoing.id)
    .limit(bindparam("limit"))
)


async def _due(session: AsyncSession, now: datetime, elsewhere: list[str], limit: int) -> list[int]:
    wanted = {"now": now, "channels": elsewhere, "limit": limit}
    return list(await session.scalars(_FIRST_DUE, wanted))


async def _due_elsewhere(
    session: AsyncSession, now: datetime, channels: list[str], carried: list[str], limit: int
) -> list[tuple[str, str]]:
    wanted = {"now": now, "channels": channels, "carried": carried, "limit": limit}
    rows = await session.execute(_FIRST_DUE_ELSEWHERE, wanted)
    return [(row[0], row[1]) for row in rows]


async def _pending(session: AsyncSession) -> int:
    query = select(func.count()).where(Outgoing.state == "pending")
    return int((await session.execute(query)).scalar_one())
