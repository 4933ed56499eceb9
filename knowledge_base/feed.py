"""News of the library for a search index: what to take in and what to take out.

Every process reads it each half second (`index_poll_s`), which is how a published case becomes
searchable everywhere within a second and without a restart (SPEC section 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base import storage
from knowledge_base.model import Case
from knowledge_base.service import CaseLibrary

_BATCH = 1000


@dataclass(frozen=True)
class FeedUpdate:
    """Cases to add or replace and ids to remove; up to which revision and day that reaches."""

    upserted: list[Case]
    removed: list[str]
    revision: int
    day: date


class CaseFeed:
    """Reads the library's changes for one index. Call `applied` once the index has them."""

    def __init__(self, library: CaseLibrary) -> None:
        self._library = library
        self._revision = -1
        self._day = library.today()

    async def poll(self, session: AsyncSession) -> FeedUpdate:
        """What changed since the last update that was applied; at first every searchable case.

        Beside changes, cases whose validity began or ended with a new day are told.
        """
        today = self._library.today()
        if self._revision < 0:
            revision = await storage.last_revision(session)
            return FeedUpdate(await self._library.published(session), [], revision, today)
        ids, revision = await storage.changed_ids(session, self._revision, _BATCH)
        if today != self._day:
            ids += await storage.turned_between(session, self._day, today)
        current = await self._library.cases(session, ids) if ids else {}
        gone = [case_id for case_id in dict.fromkeys(ids) if case_id not in current]
        return FeedUpdate(list(current.values()), gone, revision, today)

    def applied(self, update: FeedUpdate) -> None:
        """Go on from `update`; without this call the same news is told again."""
        self._revision = update.revision
        self._day = update.day
