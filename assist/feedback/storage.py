"""Table and queries of feedback."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, String, Text, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base

WARNING_PREFIX = "draft/"
"""Before the kind of warning in `case_id`; no case's id has a slash."""


class Feedback(Base):
    """One act of an agent on one proposal. `query` is kept without personal data.

    `case_id` is the case, or `draft/` and a kind where a warning of the draft check is meant.
    """

    __tablename__ = "assist_feedback"
    __table_args__ = (
        Index("ix_assist_feedback_case_kind", "case_id", "kind"),
        Index("ix_assist_feedback_query", "query_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    staff_id: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[str | None] = mapped_column(String(40))
    case_id: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(12))
    rank: Mapped[int]
    query_hash: Mapped[str] = mapped_column(String(16))
    query: Mapped[str] = mapped_column(Text, default="")


async def counted(session: AsyncSession, since: datetime | None) -> list[tuple[str, str, int]]:
    """Case id, kind and number of acts, counted from `since` on."""
    query = select(Feedback.case_id, Feedback.kind, func.count()).group_by(
        Feedback.case_id, Feedback.kind
    )
    if since is not None:
        query = query.where(Feedback.at >= since)
    return [(case_id, kind, number) for case_id, kind, number in await session.execute(query)]


async def forget_queries(session: AsyncSession, conversation_ids: Sequence[str]) -> None:
    """Empty what was searched for in these conversations; the counts stay."""
    statement = update(Feedback).where(Feedback.conversation_id.in_(conversation_ids))
    await session.execute(statement.values(query="").execution_options(synchronize_session=False))
