"""Keeping callbacks: durable and without doubles before any of them is acknowledged.

Callbacks that arrive together are kept in one transaction, so that acknowledging stays quick when
many come. Whatever the platform sends again is found by its key; a signed query serves one body.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.channels.wechat.envelope import Query
from conversations.channels.wechat.errors import NotFromPlatform
from conversations.channels.wechat.inbound import Inbound
from conversations.channels.wechat.storage import Contact, Nonce, PlatformCallback
from conversations.model import State
from conversations.storage import Conversation
from foundation.clock import Clock
from foundation.errors import Unavailable
from foundation.transactions import UnitOfWork

log = structlog.get_logger(__name__)

BATCH = 100


@dataclass(frozen=True)
class Kept:
    """A callback in the database. `fresh`: kept by this very call."""

    id: int
    account: str
    inbound: Inbound
    fresh: bool
    held: bool
    done: bool
    reply: str | None
    created_at: datetime


@dataclass
class _Entry:
    account: str
    inbound: Inbound
    query: Query
    body: str
    may_hold: bool
    kept: asyncio.Future[Kept] = field(default_factory=asyncio.Future)

    @property
    def key(self) -> tuple[str, str]:
        return (self.account, self.inbound.key)

    @property
    def contact(self) -> tuple[str, str]:
        return (self.account, self.inbound.openid)

    @property
    def nonce(self) -> tuple[str, int, str]:
        return (self.account, int(self.query.timestamp), self.query.nonce[:64])


class Inbox:
    """Takes callbacks in. `on_kept` hears which customers have fresh ones."""

    def __init__(self, clock: Clock, work: UnitOfWork) -> None:
        self._clock = clock
        self._work = work
        self._entries: list[_Entry] = []
        self._flushing: asyncio.Task[None] | None = None
        self.on_kept: Callable[[tuple[str, str]], None] = lambda _contact: None

    async def keep(
        self, account: str, inbound: Inbound, query: Query, body: bytes, *, may_hold: bool
    ) -> Kept:
        """Keep one callback once; the contact is made with it.

        Raises:
            NotFromPlatform: the signed query came with another body before.
            Unavailable: the database does not take it now.
        """
        entry = _Entry(account, inbound, query, hashlib.sha256(body).hexdigest(), may_hold)
        self._entries.append(entry)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await entry.kept

    async def forget(self, before: datetime, stamps_before: datetime) -> None:
        """Drop worked callbacks and nonces that can no longer be repeated."""
        async with self._work.begin() as session:
            await session.execute(
                delete(PlatformCallback).where(
                    PlatformCallback.done_at.is_not(None), PlatformCallback.done_at < before
                )
            )
            await session.execute(delete(Nonce).where(Nonce.stamp < int(stamps_before.timestamp())))

    async def _flush(self) -> None:
        """Keep everything that has come in, batch by batch."""
        try:
            while self._entries:
                batch, self._entries = self._entries[:BATCH], self._entries[BATCH:]
                await self._keep_batch(batch)
        finally:
            self._flushing = None

    async def _keep_batch(self, batch: Sequence[_Entry]) -> None:
        try:
            async with self._work.begin(urgent=True) as session:
                found = await self._kept(session, batch)
        except Exception as error:
            log.exception("wechat_callbacks_not_kept", count=len(batch))
            for entry in batch:
                _settle(entry, Unavailable("database", type(error).__name__))
            return
        for entry in batch:
            _settle(entry, found[id(entry)])
            kept = found[id(entry)]
            if isinstance(kept, Kept) and kept.fresh:
                self.on_kept(entry.contact)

    async def _kept(
        self, session: AsyncSession, batch: Sequence[_Entry]
    ) -> dict[int, Kept | NotFromPlatform]:
        now = self._clock.now()
        refused = await self._reused(session, batch)
        good = [entry for entry in batch if id(entry) not in refused]
        outcome: dict[int, Kept | NotFromPlatform] = dict(refused)
        if not good:
            return outcome
        states = await self._states(session, good)
        await self._insert(
            session,
            Contact,
            [
                {"account": a, "openid": o, "subscribed": True, "grants": [], "created_at": now}
                for a, o in sorted({entry.contact for entry in good})
            ],
        )
        first: dict[tuple[str, str], _Entry] = {}
        for entry in good:
            first.setdefault(entry.key, entry)
        rows = [
            _row(entry, entry.may_hold and states.get(entry.contact, State.BOT) == State.BOT, now)
            for _, entry in sorted(first.items())
        ]
        added = {row.id for row in await self._insert(session, PlatformCallback, rows)}
        found = await _by_keys(session, list(first))
        for entry in good:
            row = found[entry.key]
            outcome[id(entry)] = _kept_of(row, entry, row.id in added and entry is first[entry.key])
        return outcome

    async def _reused(
        self, session: AsyncSession, batch: Sequence[_Entry]
    ) -> dict[int, NotFromPlatform]:
        """Entries whose signed query was used for another body."""
        rows = [
            {"account": e.account, "stamp": e.nonce[1], "nonce": e.nonce[2], "body": e.body}
            for e in sorted(batch, key=lambda e: e.nonce)
        ]
        added = await self._insert(session, Nonce, rows)
        if len(added) == len(batch):
            return {}
        wanted = tuple_(Nonce.account, Nonce.stamp, Nonce.nonce)
        query = select(Nonce).where(wanted.in_([e.nonce for e in batch]))
        bodies = {
            (n.account, n.stamp, n.nonce): n.body for n in (await session.execute(query)).scalars()
        }
        return {
            id(entry): NotFromPlatform("this signed query was used for another message")
            for entry in batch
            if bodies[entry.nonce] != entry.body
        }

    async def _states(
        self, session: AsyncSession, batch: Sequence[_Entry]
    ) -> dict[tuple[str, str], str]:
        """Who owns the conversations of these customers."""
        wanted = tuple_(Contact.account, Contact.openid).in_({entry.contact for entry in batch})
        query = (
            select(Contact.account, Contact.openid, Conversation.state)
            .join(Conversation, Conversation.id == Contact.conversation_id)
            .where(wanted, Conversation.state != State.CLOSED)
        )
        return {(row[0], row[1]): row[2] for row in await session.execute(query)}

    async def _insert(
        self, session: AsyncSession, table: type[Any], rows: list[dict[str, Any]]
    ) -> list[Any]:
        """Insert what is not there yet; the inserted ones' primary keys."""
        build = sqlite_dialect.insert if self._work.database.is_sqlite else postgresql.insert
        keys = table.__table__.primary_key.columns
        statement = build(table).values(rows).on_conflict_do_nothing().returning(*keys)
        return list(await session.execute(statement))


def _row(entry: _Entry, held: bool, now: datetime) -> dict[str, Any]:
    return {
        "account": entry.account,
        "key": entry.inbound.key,
        "openid": entry.inbound.openid,
        "sent_at": entry.inbound.sent_at,
        "order_no": entry.inbound.order,
        "payload": entry.inbound.as_dict(),
        "held": held,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
    }


def _kept_of(row: PlatformCallback, entry: _Entry, fresh: bool) -> Kept:
    return Kept(
        id=row.id,
        account=row.account,
        inbound=entry.inbound,
        fresh=fresh,
        held=row.held,
        done=row.done_at is not None,
        reply=row.reply,
        created_at=row.created_at,
    )


async def _by_keys(
    session: AsyncSession, keys: list[tuple[str, str]]
) -> dict[tuple[str, str], PlatformCallback]:
    wanted = tuple_(PlatformCallback.account, PlatformCallback.key).in_(keys)
    query = select(PlatformCallback).where(wanted).execution_options(populate_existing=True)
    return {(row.account, row.key): row for row in (await session.execute(query)).scalars()}


def _settle(entry: _Entry, outcome: Kept | Exception) -> None:
    if entry.kept.done():
        return
    if isinstance(outcome, Exception):
        entry.kept.set_exception(outcome)
    else:
        entry.kept.set_result(outcome)
