"""Passive replies: an answer that is ready in time goes out as the answer to the callback.

It costs the customer's quota nothing. The rows are `passive` from the moment they are written into
the request's answer until that has left this machine; a repetition of the callback gets the same
answer again, so a broken connection neither loses nor doubles it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.channels.wechat.inbox import Kept
from conversations.channels.wechat.ports import Links
from conversations.channels.wechat.storage import PlatformCallback, contact_of
from conversations.channels.wechat.waiting import rows_under_way, worded
from conversations.channels.wechat.wording import first_piece
from conversations.storage import Message, Outgoing
from foundation.clock import Clock
from foundation.settings import Settings
from foundation.transactions import UnitOfWork, announce

log = structlog.get_logger(__name__)

LOOK_S = 0.5
LEASE_S = 25.0
"""The platform repeats a callback for fifteen seconds or so; then nobody asks for the answer."""

Gone = Callable[[], Awaitable[bool]]


class PassiveReplies:
    """Keeps requests open for their answers."""

    def __init__(self, settings: Settings, clock: Clock, work: UnitOfWork, links: Links) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._links = links
        self._open: dict[int, asyncio.Event] = {}
        self._callbacks: dict[str, set[int]] = {}

    def start(self) -> None:
        """Listen for answers."""
        self._work.events.listen(self._heard)

    @property
    def has_room(self) -> bool:
        """Whether one more request may be kept open."""
        return len(self._open) < self._settings.wechat_passive_held

    async def wait(self, kept: Kept, gone: Gone) -> str | None:
        """The text to answer a held callback with, or None when it is not ready in time.

        `gone` tells whether the platform has hung up already.
        """
        ring = self._open.setdefault(kept.id, asyncio.Event())
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.wechat_passive_wait_s
        conversation_id: str | None = None
        try:
            while (left := until - loop.time()) > 0:
                ring.clear()
                ready, conversation_id = await self._look(kept.id)
                if conversation_id is not None:
                    self._callbacks.setdefault(conversation_id, set()).add(kept.id)
                if ready and not await gone():
                    return await self._claim(kept)
                if ready:
                    return None
                try:
                    async with asyncio.timeout(min(left, LOOK_S)):
                        await ring.wait()
                except TimeoutError:
                    continue
            return None
        finally:
            self._leave(kept.id, conversation_id)
            if conversation_id is not None:
                await self._work.events.publish("outbox", {"conversation_id": conversation_id})

    async def confirm(self, callback_id: int) -> None:
        """The answer has left this machine: its rows are sent."""
        async with self._work.begin() as session:
            callback = await session.get(PlatformCallback, callback_id)
            if callback is None:
                return
            now = self._clock.now()
            callback.replied_at = callback.replied_at or now
            query = (
                select(Outgoing)
                .where(
                    Outgoing.callback_id == callback_id,
                    Outgoing.state.in_(("passive", "doubt")),
                )
                .with_for_update()
            )
            for row in (await session.execute(query)).scalars():
                finish(row, now)
                announce(session, "outbox", conversation_id=row.conversation_id)

    def _leave(self, callback_id: int, conversation_id: str | None) -> None:
        self._open.pop(callback_id, None)
        if conversation_id is None:
            return
        waiting = self._callbacks.get(conversation_id, set())
        waiting.discard(callback_id)
        if not waiting:
            self._callbacks.pop(conversation_id, None)

    async def _heard(self, topic: str, payload: dict[str, Any]) -> None:
        if topic == "wechat":
            self._ring(payload["callback_id"])
        elif topic == "outbox":
            for callback_id in self._callbacks.get(payload["conversation_id"], ()):
                self._ring(callback_id)

    def _ring(self, callback_id: int) -> None:
        if ring := self._open.get(callback_id):
            ring.set()

    async def _look(self, callback_id: int) -> tuple[bool, str | None]:
        """Whether the callback and the message it became are worked, and its conversation."""
        query = (
            select(PlatformCallback.done_at, PlatformCallback.conversation_id, Message)
            .outerjoin(Message, Message.id == PlatformCallback.message_id)
            .where(PlatformCallback.id == callback_id)
        )
        async with self._work.reading() as session:
            row = (await session.execute(query)).one_or_none()
        if row is None or row[0] is None:
            return False, None
        message = row[2]
        return message is None or message.processed_at is not None, row[1]

    async def _claim(self, kept: Kept) -> str | None:
        """Take what waits for this customer into the answer; None when there is nothing."""
        now = self._clock.now()
        async with self._work.begin() as session:
            await contact_of(session, kept.account, kept.inbound.openid, lock=True)
            callback = await session.get_one(PlatformCallback, kept.id, populate_existing=True)
            if callback.reply is not None or callback.conversation_id is None:
                return callback.reply
            rows = await rows_under_way(session, callback.conversation_id)
            if not rows or rows[0].state != "pending":
                return None
            waiting = await worded(session, _pending(rows), self._links)
            limit = self._settings.wechat_text_max_bytes
            piece, _ = first_piece(waiting, limit, menus=False)
            if piece.image_id:
                await _due_now(session, rows, now)
                return None
            for row in rows:
                if row.id in piece.touched:
                    row.state, row.via, row.callback_id = "passive", "passive", callback.id
                    row.part_chars = piece.reaches if row.id == piece.partial else 0
                    row.leased_until = now + timedelta(seconds=LEASE_S)
            callback.reply = piece.text
            await _due_now(session, rows, now)
            return piece.text


def finish(row: Outgoing, now: datetime) -> None:
    """Note that what was under way of this row was taken."""
    row.leased_by, row.leased_until = None, None
    if row.part_chars:
        row.sent_chars, row.part_chars = row.part_chars, 0
        row.state = "pending"
        row.next_attempt_at = now
    else:
        row.state, row.reason, row.last_error = "sent", "", ""
        row.sent_at = now


def _pending(rows: list[Outgoing]) -> list[Outgoing]:
    """The leading rows that nobody is sending."""
    found: list[Outgoing] = []
    for row in rows:
        if row.state != "pending":
            break
        found.append(row)
    return found


async def _due_now(session: AsyncSession, rows: list[Outgoing], now: datetime) -> None:
    """What did not fit into the answer need not wait for it any longer."""
    for row in rows:
        if row.state == "pending" and row.attempts == 0:
            row.next_attempt_at = now
    await session.flush()
