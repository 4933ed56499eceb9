"""Recording feedback, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from assist.feedback.model import FeedbackCounts, FeedbackKind, query_hash
from assist.feedback.storage import Feedback, counted
from foundation.clock import Clock
from knowledge_base.redaction import redact
from knowledge_base.service import CaseLibrary

_LONGEST_QUERY = 500


class FeedbackService:
    """Keeps what agents did with proposals and counts it on the cases."""

    def __init__(self, library: CaseLibrary, clock: Clock) -> None:
        self._library = library
        self._clock = clock

    async def record(
        self,
        session: AsyncSession,
        *,
        staff_id: str,
        case_id: str,
        kind: FeedbackKind,
        rank: int,
        query: str,
        conversation_id: str | None = None,
    ) -> None:
        """Keep one act. Use and thumbs show on the case at once (`times_used`, `success_rate`).

        The query is stored masked, and the hash is of the masked text: no number can be found
        back by trying.

        Raises:
            NotFound: unknown case.
        """
        await self._library.get(session, case_id)
        masked = redact(query[:_LONGEST_QUERY]).text.replace("\x00", "")
        session.add(
            Feedback(
                at=self._clock.now(),
                staff_id=staff_id,
                conversation_id=conversation_id,
                case_id=case_id,
                kind=kind,
                rank=rank,
                query_hash=query_hash(masked),
                query=masked,
            )
        )
        await self._library.record_use(
            session, case_id, used=kind.counts_as_use, helped=kind.verdict
        )
        await session.flush()

    async def counts(
        self, session: AsyncSession, since: datetime | None = None
    ) -> dict[str, FeedbackCounts]:
        """Acts by case, for ranking and for the trainers' work list."""
        found: dict[str, FeedbackCounts] = {}
        for case_id, kind, number in await counted(session, since):
            setattr(found.setdefault(case_id, FeedbackCounts()), kind, number)
        return found
