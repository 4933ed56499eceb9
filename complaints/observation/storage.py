"""Tables of the observation: what was noted, and the one alert of a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, and_, func, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from complaints.model import ClockKind, phone_digits
from complaints.storage import Complaint, ComplaintClock
from foundation.database import Base


class Observed(Base):
    """Something noted in a window; the window is the life's."""

    __tablename__ = "complaint_observations"

    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), primary_key=True)
    life: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    ref: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]
    bad: Mapped[bool]


class ObservationAlert(Base):
    """The window has taken a bad turn; somebody says when he has seen to it."""

    __tablename__ = "complaint_alerts"
    __table_args__ = (
        Index(
            "ix_complaint_alerts_open",
            "raised_at",
            sqlite_where=text("seen_at IS NULL"),
            postgresql_where=text("seen_at IS NULL"),
        ),
    )

    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), primary_key=True)
    life: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str] = mapped_column(String(80), default="")


@dataclass(frozen=True)
class Window:
    """A complaint under observation and since when."""

    complaint: Complaint
    since: datetime


async def windows_of(
    session: AsyncSession, customer_id: str | None, phone: str, at: datetime
) -> list[Window]:
    """Windows of a customer, known by id or phone, that are open at a moment."""
    same = []
    if customer_id:
        same.append(Complaint.customer_id == customer_id)
    if digits := phone_digits(phone):
        same.append(Complaint.phone == digits)
    if not same:
        return []
    query = (
        select(Complaint, ComplaintClock.started_at)
        .join(ComplaintClock, ComplaintClock.complaint_no == Complaint.no)
        .where(
            or_(*same),
            ComplaintClock.kind == ClockKind.OBSERVATION,
            ComplaintClock.ended_at.is_(None),
            ComplaintClock.started_at <= at,
            ComplaintClock.due_at > at,
        )
        .order_by(Complaint.no)
    )
    return [Window(*row) for row in await session.execute(query)]


async def keep_once(session: AsyncSession, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless there is one of its key; whether this call did."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(text("1"))
    return (await session.execute(statement)).first() is not None


async def noted_in(session: AsyncSession, complaint: Complaint) -> dict[str, int]:
    """How many of each kind were noted in the window of the present life."""
    query = (
        select(Observed.kind, func.count())
        .where(Observed.complaint_no == complaint.no, Observed.life == complaint.life)
        .group_by(Observed.kind)
    )
    return {kind: int(count) for kind, count in await session.execute(query)}


async def open_alerts(
    session: AsyncSession, limit: int
) -> Sequence[tuple[ObservationAlert, Complaint]]:
    """Alerts nobody has seen to, newest first."""
    query = (
        select(ObservationAlert, Complaint)
        .join(Complaint, Complaint.no == ObservationAlert.complaint_no)
        .where(ObservationAlert.seen_at.is_(None), ObservationAlert.life == Complaint.life)
        .order_by(ObservationAlert.raised_at.desc())
        .limit(limit)
    )
    return [(alert, complaint) for alert, complaint in await session.execute(query)]


async def observed_customers(
    session: AsyncSession, people: Sequence[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Of (customer id, phone digits) pairs, those with an open window."""
    if not people:
        return set()
    open_window = and_(
        ComplaintClock.kind == ClockKind.OBSERVATION, ComplaintClock.ended_at.is_(None)
    )
    ids, phones = [p[0] for p in people], [p[1] for p in people if p[1]]
    query = (
        select(Complaint.customer_id, Complaint.phone)
        .join(ComplaintClock, ComplaintClock.complaint_no == Complaint.no)
        .where(open_window, or_(Complaint.customer_id.in_(ids), Complaint.phone.in_(phones)))
    )
    found = (await session.execute(query)).all()
    known, called = {row[0] for row in found}, {row[1] for row in found}
    return {person for person in people if person[0] in known or person[1] in called - {""}}
