"""Transactions that tell their news only once they are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from foundation.database import Database
from foundation.events import Events

Keeper = Callable[[AsyncSession], Awaitable[None]]

_NEWS = "news"


def announce(session: AsyncSession, topic: str, **payload: Any) -> None:
    """Publish `payload` on `topic` after this session's transaction has been committed."""
    session.info.setdefault(_NEWS, []).append((topic, payload))


class UnitOfWork:
    """Opens transactions and publishes what was announced in them after the commit."""

    def __init__(self, database: Database, events: Events) -> None:
        self.database = database
        self.events = events
        self._keepers: list[Keeper] = []

    def keep_with(self, keeper: Keeper) -> None:
        """Have `keeper(session)` run at the end of every transaction, inside it: what it writes is
        kept together with the change, or neither is."""
        self._keepers.append(keeper)

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction; its announcements are published in order once it is committed."""
        async with self.database.transaction(urgent=urgent) as session:
            yield session
            for keeper in self._keepers:
                await keeper(session)
        for topic, payload in session.info.pop(_NEWS, []):
            await self.events.publish(topic, payload)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for queries alone."""
        async with self.database.reading() as session:
            yield session
