"""The case library as this process searches it, kept fresh within half a second.

Encoder and index open in the background. Until then, and when that fails, searching raises
`Unavailable` and readiness says why; opening is tried again every few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

import structlog

from api.errors import place_of
from foundation.errors import Unavailable
from foundation.metrics import SEARCH_SECONDS
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from knowledge_base.model import Case
from knowledge_base.service import CaseLibrary

if TYPE_CHECKING:
    from assist.search.model import SearchResult

log = structlog.get_logger(__name__)

RETRY_S = 5.0
CHUNK = 64


class Engine(Protocol):
    """What is asked of `assist.search.engine.SearchEngine`; thread-safe, may take milliseconds."""

    def search(
        self,
        query: str,
        k: int,
        *,
        product: str | None = None,
        topic: str | None = None,
        kind: str | None = None,
    ) -> SearchResult:
        """The best `k` cases for `query`."""
        ...

    def upsert(self, cases: Sequence[Case]) -> None:
        """Put cases into the index, each replacing the one under its id."""
        ...

    def remove(self, case_ids: Sequence[str]) -> None:
        """Take cases out; unknown ids are no error."""
        ...
