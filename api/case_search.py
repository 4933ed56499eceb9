"""The case library as this process searches it, kept fresh within half a second.

Encoder and index open in the background. Until then, and when that fails, searching raises
`Unavailable` and readiness says why; opening is tried again, ever more seldom.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Protocol

import structlog

from api.errors import place_of
from assist.encoder.runtime import Encoder
from assist.search.model import SearchResult
from foundation.errors import Unavailable
from foundation.metrics import SEARCH_SECONDS
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from knowledge_base.feed import CaseFeed
from knowledge_base.model import Case
from knowledge_base.service import CaseLibrary

log = structlog.get_logger(__name__)

RETRY_S = (5.0, 10.0, 20.0, 40.0, 60.0)
OPENING_S = 2.0
"""How long a search waits for an index that is opening: less than a bot turn's budget."""
CHUNK = 32
NOT_LOADED = "not loaded yet"
NOT_BUILT = "not built yet"


class Engine(Protocol):
    """What is asked of `assist.search.engine.SearchEngine`; safe to share between threads."""

    def search(
        self,
        query: str,
        k: int = 10,
        product: str | None = None,
        topic: str | None = None,
        kind: str | None = None,
        leaning: str | None = None,
    ) -> SearchResult:
        """The best `k` cases for `query`."""
        ...

    def upsert(self, cases: Sequence[Case]) -> None:
        """Put cases into the index, each replacing the one under its id."""
        ...

    def remove(self, ids: Sequence[str]) -> None:
        """Take cases out; unknown ids are no error."""
        ...

    def settle(self) -> None:
        """Make the searches after changes quick."""
        ...


@dataclass(frozen=True)
class Opened:
    """An empty engine and its encoder (None where the engine has none)."""

    engine: Engine
    encoder: Encoder | None = None


WhenOpen = Callable[[Opened], Awaitable[None]]


class CaseSearch:
    """Search over the published cases. `open_engine` may take seconds and may fail."""

    def __init__(
        self,
        settings: Settings,
        work: UnitOfWork,
        library: CaseLibrary,
        open_engine: Callable[[], Opened],
    ) -> None:
        self._poll_s = settings.index_poll_s
        self._work = work
        self._library = library
        self._open_engine = open_engine
        self._opened: Opened | None = None
        self._task: asyncio.Task[None] | None = None
        self._filled = asyncio.Event()
        self.encoder_problem: str | None = NOT_LOADED
        self.index_problem: str | None = NOT_BUILT

    async def start(self, when_open: WhenOpen) -> None:
        """Open and follow the library in the background; `when_open` belongs to opening."""
        self._task = asyncio.create_task(self._run(when_open))

    async def stop(self) -> None:
        """Stop following."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def opened(self) -> Opened:
        """Engine and encoder.

        Raises:
            Unavailable: not open, or the index is not filled yet.
        """
        if self._opened is None or self.index_problem == NOT_BUILT:
            raise Unavailable("search", self.encoder_problem or self.index_problem or "")
        return self._opened

    async def search(
        self,
        query: str,
        k: int = 10,
        *,
        product: str | None = None,
        topic: str | None = None,
        kind: str | None = None,
        leaning: str | None = None,
    ) -> SearchResult:
        """Search in a thread of its own; just after a start this waits for the index.

        Raises:
            Unavailable: still not open, or opening has failed.
        """
        engine = (await self._soon_opened()).engine
        with SEARCH_SECONDS.time():
            return await asyncio.to_thread(engine.search, query, k, product, topic, kind, leaning)

    async def _soon_opened(self) -> Opened:
        if self._task is not None and self.encoder_problem in (None, NOT_LOADED):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._filled.wait(), OPENING_S)
        return self.opened

    async def _run(self, when_open: WhenOpen) -> None:
        opened = await self._open()
        feed = CaseFeed(self._library)
        while True:
            try:
                await self._follow(opened.engine, feed)
                if self.index_problem == NOT_BUILT:
                    await when_open(opened)
                self.index_problem = None
                self._filled.set()
            except Exception as error:
                if self.index_problem is None:
                    self.index_problem = f"stale: {type(error).__name__}"
                log.error("index_not_updated", error=type(error).__name__, place=place_of(error))
            await asyncio.sleep(self._poll_s)

    async def _open(self) -> Opened:
        for wait_s in chain(RETRY_S, repeat(RETRY_S[-1])):
            try:
                self._opened = await asyncio.to_thread(self._open_engine)
            except Exception as error:
                self.encoder_problem = f"{type(error).__name__}: {error}"[:300]
                log.error("search_not_opened", reason=self.encoder_problem)
                await asyncio.sleep(wait_s)
            else:
                self.encoder_problem = None
                return self._opened
        raise AssertionError("retries never end")

    async def _follow(self, engine: Engine, feed: CaseFeed) -> None:
        async with self._work.reading() as session:
            update = await feed.poll(session)
        for start in range(0, len(update.upserted), CHUNK):
            await asyncio.to_thread(engine.upsert, update.upserted[start : start + CHUNK])
        if update.removed:
            await asyncio.to_thread(engine.remove, update.removed)
        if update.upserted or update.removed:
            await asyncio.to_thread(engine.settle)
        feed.applied(update)


def engine_opener(settings: Settings, library: CaseLibrary) -> Callable[[], Opened]:
    """Opens the encoder that the settings name and an empty engine over it.

    Vectors are remembered beside the encoder, so that a restart encodes nothing again.
    """

    def open_engine() -> Opened:
        from assist.encoder.load import load_encoder
        from assist.search.cache import VectorCache
        from assist.search.engine import SearchEngine

        encoder = load_encoder(settings.encoder_path, settings.encoder_threads)
        identity: str = getattr(encoder, "identity", settings.encoder_path)
        store = VectorCache(settings.vectors_file, identity)
        return Opened(SearchEngine(encoder, store=store, today=library.today), encoder)

    return open_engine
