"""SQLite connections on which a statement costs one trip to the connection's thread.

aiosqlite runs every call on a thread of its own, and SQLAlchemy makes four calls of a query: open a
cursor, execute, fetch, close. A trip costs more than most of our statements, so this cursor does
the four in one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self, TypeVar

import aiosqlite

Row = tuple[Any, ...]
T = TypeVar("T")


async def connect(path: str, **options: Any) -> Connection:
    """An open connection to the file; `options` are those of `sqlite3.connect`."""
    connection = Connection(lambda: sqlite3.connect(path, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    await connection
    return connection


class Connection(aiosqlite.Connection):
    """aiosqlite's connection with the cursor below."""

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A cursor; nothing is opened until it executes."""
        return Cursor(self)

    async def run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        """Do `call` on the connection's thread."""
        return await self._execute(call, self._conn)  # type: ignore[no-any-return, no-untyped-call]


class Cursor:
    """What SQLAlchemy asks of an async cursor; all rows are fetched with the statement."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Row] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """Run one statement."""
        return await self._run(lambda cursor: cursor.execute(sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Self:
        """Run one statement for each of `parameters`."""
        return await self._run(lambda cursor: cursor.executemany(sql, parameters))

    async def fetchall(self) -> list[Row]:
        """What the last statement found."""
        return self._rows

    async def close(self) -> None:
        """Nothing is left open."""

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> Self:
        def trip(connection: sqlite3.Connection) -> None:
            cursor = connection.cursor()
            try:
                statement(cursor)
                self._rows = cursor.fetchall() if cursor.description else []
                self.description = cursor.description
                self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
            finally:
                cursor.close()

        await self._connection.run(trip)
        return self
