"""Recording feedback, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from assist.drafts.model import WarningKind
from assist.feedback.model import Act, FeedbackCounts, query_hash
from assist.feedback.storage import WARNING_PREFIX, Feedback, counted
from foundation.clock import Clock
from knowledge_base.redaction import redact
from knowledge_base.service import CaseLibrary

_LONGEST_QUERY = 500


class FeedbackService:
    """Keeps what agents did with proposals and counts it on the cases."""

    def __init__(self, library: CaseLibrary, clock: Clock) -> None:
        self._library = library
        self._clock = clock

    async def record(self, session: AsyncSession, case_id: str, act: Act) -> None:
        """Keep one act. Use and thumbs show on the case at once (`times_used`, `success_rate`).

        Raises:
            NotFound: unknown case.
        """
        await self._library.get(session, case_id)
        self._keep(session, case_id, act)
        await self._library.record_use(
            session, case_id, used=act.kind.counts_as_use, helped=act.kind.verdict
        )
        await session.flush()

    async def record_warning(self, session: AsyncSession, kind: WarningKind, act: Act) -> None:
        """Keep whether a warning of the draft check was followed (`used`) or waved away."""
        self._keep(session, WARNING_PREFIX + kind.value, act)
        await session.flush()

    async def counts(
        self, session: AsyncSession, since: datetime | None = None
    ) -> dict[str, FeedbackCounts]:
        """Acts by case, for ranking and for the trainers' work list."""
        found = await self._counts(session, since)
        return {key: value for key, value in found.items() if not key.startswith(WARNING_PREFIX)}

    async def warning_counts(
        self, session: AsyncSession, since: datetime | None = None
    ) -> dict[WarningKind, FeedbackCounts]:
        """Acts by kind of warning: which ones agents follow, and which only disturb."""
        found = await self._counts(session, since)
        return {
            WarningKind(key.removeprefix(WARNING_PREFIX)): value
            for key, value in found.items()
            if key.startswith(WARNING_PREFIX)
        }

    async def _counts(
        self, session: AsyncSession, since: datetime | None
    ) -> dict[str, FeedbackCounts]:
        found: dict[str, FeedbackCounts] = {}
        for subject, kind, number in await counted(session, since):
            setattr(found.setdefault(subject, FeedbackCounts()), kind, number)
        return found

    def _keep(self, session: AsyncSession, subject: str, act: Act) -> None:
        """The query is stored masked, and the hash is of the masked text: no number can be found
        back by trying."""
        masked = redact(act.query[:_LONGEST_QUERY]).text.replace("\x00", "")
        session.add(
            Feedback(
                at=self._clock.now(),
                staff_id=act.staff_id,
                conversation_id=act.conversation_id,
                case_id=subject,
                kind=act.kind,
                rank=act.rank,
                query_hash=query_hash(masked),
                query=masked,
            )
        )
