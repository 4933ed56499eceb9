"""The database: one engine, one declarative base, transactions opened at the edge.

SQLite (WAL) and PostgreSQL share every table and query. A use case never commits: whoever opens
`Database.transaction()` does, when the block ends without an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, MetaData, event, make_url, text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from foundation import sqlite
from foundation.writers import WriterLine


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as UTC on every backend. Naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC moment."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Declarative base of all tables, with named constraints so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012


class Database:
    """Engine and sessions of one process.

    On SQLite every write transaction begins IMMEDIATE: writers of several processes queue at BEGIN
    (up to 15 s) instead of failing in the middle; those of this one stand in a line before it.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _create_engine(url)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._writers = WriterLine()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the one-file backend."""
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        """A session whose block is one transaction: committed at its end, rolled back on error.

        `urgent`: short, and somebody outside waits for it with a deadline.
        """
        if not self.is_sqlite:
            async with self._sessions() as session, session.begin():
                yield session
            return
        async with (
            self._writers.turn(urgent=urgent),
            self._sessions() as session,
            session.begin(),
        ):
            await (await session.connection()).exec_driver_sql("BEGIN IMMEDIATE")
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for queries alone; nothing it changes is kept."""
        async with self._sessions() as session:
            yield session

    async def ping(self) -> None:
        """Raise the driver's error when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give back all connections."""
        await self.engine.dispose()


def _create_engine(url: str) -> AsyncEngine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=10)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    path = parsed.database or ":memory:"
    engine = create_async_engine(url, async_creator=partial(sqlite.connect, path, timeout=15))

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=15000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
