"""The line of one process's writers before a database that takes one at a time (SQLite).

Without it they would all wait inside the database, each holding a connection and looking again
after a fixed pause, so that a short write could wait behind many that came later.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WriterLine:
    """One writer at a time, first come first served; urgent ones before the others."""

    def __init__(self) -> None:
        self._busy = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold the one place of the writer while the block runs."""
        await self._enter(urgent)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, urgent: bool) -> None:
        if not self._busy:
            self._busy = True
            return
        called = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._others).append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        for line in (self._urgent, self._others):
            while line:
                called = line.popleft()
                if not called.done():
                    called.set_result(None)
                    return
        self._busy = False
