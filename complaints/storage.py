"""Tables of complaints: the complaint, its immutable timeline, clocks, people, evidence, calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, validates

from complaints.model import CLOSED_STATES, State
from foundation.database import Base
from foundation.errors import NotFound

SIFTED = (
    "state", "priority", "category", "channel", "sensitive", "assigned_to", "product", "overdue",
    "waiting", "escalated",
)  # fmt: skip
"""Columns that lists filter by; two indexes hold them all, in the orders of the list."""


def _few(name: str) -> Index:
    """An index on what a flag is set for; queries must repeat its condition word for word."""
    return Index(
        f"ix_complaints_{name}",
        name,
        "is_open",
        "key",
        sqlite_where=text(f"{name} IS 1"),
        postgresql_where=text(f"{name} IS TRUE"),
    )


class Complaint(Base):
    """One complaint. `hazard` is the triage category of an emergency, else empty.

    `version` grows with each act of a person. `key` sorts by number. `is_open`, `waiting`,
    `overdue`, `next_due_at` and `next_clock` repeat what other fields and clocks say, for lists.
    """

    __tablename__ = "complaints"
    __table_args__ = (
        Index("ix_complaints_newest", "is_open", "key", *SIFTED, "next_due_at"),
        Index("ix_complaints_due", "is_open", "next_due_at", "key", *SIFTED),
        Index("ix_complaints_state", "state", "is_open", "key"),
        Index("ix_complaints_holder_key", "assigned_to", "is_open", "key"),
        Index("ix_complaints_load", "assigned_to", "is_open", "overdue", "next_clock_state"),
        Index("ix_complaints_priority_key", "priority", "is_open", "key"),
        Index("ix_complaints_category_key", "category", "is_open", "key"),
        Index("ix_complaints_channel", "channel", "is_open", "key"),
        Index("ix_complaints_product", "product", "is_open", "key"),
        Index("ix_complaints_overdue_due", "overdue", "next_due_at"),
        _few("overdue"),
        _few("waiting"),
        _few("escalated"),
        _few("sensitive"),
    )

    no: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, unique=True)
    version: Mapped[int] = mapped_column(default=1)
    conversation_id: Mapped[str | None] = mapped_column(String(40), index=True)
    customer_id: Mapped[str | None] = mapped_column(String(40), index=True)
    external_id: Mapped[str | None] = mapped_column(String(80), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    category: Mapped[str] = mapped_column(String(30), default="")
    hazard: Mapped[str] = mapped_column(String(40), default="")
    priority: Mapped[str] = mapped_column(String(12))
    sensitive: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(20), default=State.RECEIVED)
    round: Mapped[int] = mapped_column(default=1)
    life: Mapped[int] = mapped_column(default=1)
    summary: Mapped[str] = mapped_column(Text, default="")
    product: Mapped[str] = mapped_column(String(80), default="")
    model: Mapped[str] = mapped_column(String(80), default="")
    order_no: Mapped[str] = mapped_column(String(40), default="")
    customer_name: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="", index=True)
    contact: Mapped[str] = mapped_column(String(200), default="")
    occurred_at: Mapped[str] = mapped_column(String(80), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    no_evidence_reason: Mapped[str] = mapped_column(Text, default="")
    evidence_count: Mapped[int] = mapped_column(default=0)
    responsibility: Mapped[str] = mapped_column(String(20), default="")
    need: Mapped[str] = mapped_column(String(20), default="")
    motive: Mapped[str] = mapped_column(String(20), default="")
    assessment_note: Mapped[str] = mapped_column(Text, default="")
    assigned_to: Mapped[str | None] = mapped_column(String(40))
    assigned_name: Mapped[str] = mapped_column(String(80), default="")
    plan: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    waiting_for: Mapped[str] = mapped_column(Text, default="")
    waiting: Mapped[bool] = mapped_column(default=False)
    escalated: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    customer_word: Mapped[str] = mapped_column(Text, default="")
    score: Mapped[int | None]
    satisfied: Mapped[bool | None]
    rating_comment: Mapped[str] = mapped_column(Text, default="")
    rated_by: Mapped[str] = mapped_column(String(10), default="")
    rated_at: Mapped[datetime | None]
    rating_waiver: Mapped[str] = mapped_column(Text, default="")
    rejection: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    is_open: Mapped[bool] = mapped_column(default=True)
    overdue: Mapped[bool] = mapped_column(default=False)
    next_due_at: Mapped[datetime | None]
    next_clock: Mapped[str] = mapped_column(String(20), default="")
    next_clock_state: Mapped[str] = mapped_column(String(10), default="")
    clocks_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @validates("waiting_for")
    def _waits(self, _name: str, what: str) -> str:
        self.waiting = bool(what)
        return what


class TimelineEntry(Base):
    """One act on a complaint: who, what, when, why, visible to whom. Never changed.

    `version` is the complaint's after the act; acts of machines leave it as it was.
    """

    __tablename__ = "complaint_timeline"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    actor_id: Mapped[str | None] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text, default="")
    visible_to: Mapped[str] = mapped_column(String(12))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=1)
    life: Mapped[int] = mapped_column(default=1)
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str | None] = mapped_column(String(20))


class ComplaintCounter(Base):
    """The last number given on a day."""

    __tablename__ = "complaint_counters"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    value: Mapped[int]


class ComplaintClock(Base):
    """One deadline. `next_at` is when a sweep will find something to do; the rest is the value
    `complaints.clocks.Clock`."""

    __tablename__ = "complaint_clocks"
    __table_args__ = (
        Index("ix_complaint_clocks_next_at", "next_at"),
        Index("ix_complaint_clocks_complaint_ended", "complaint_no", "ended_at"),
        Index(
            "ix_complaint_clocks_unfinished",
            "state",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    round: Mapped[int]
    life: Mapped[int]
    budget_s: Mapped[int]
    calendar: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[datetime]
    running_since: Mapped[datetime | None]
    stretches: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    warn_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    earlier: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    history: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class ComplaintMeasure(Base):
    """One measure of a plan and what came of it."""

    __tablename__ = "complaint_measures"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), index=True)
    life: Mapped[int]
    round: Mapped[int]
    what: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(80), default="")
    due_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime | None]


class ComplaintLife(Base):
    """A life that ended by reopening: how it stood then. Never changed."""

    __tablename__ = "complaint_lives"
    __table_args__ = (UniqueConstraint("complaint_no", "life"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"))
    life: Mapped[int]
    ended_state: Mapped[str] = mapped_column(String(20))
    ended_at: Mapped[datetime]
    reopened_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    rounds: Mapped[int]
    score: Mapped[int | None]
    kept: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class ComplaintWatcher(Base):
    """A member of staff who follows a complaint that others hold."""

    __tablename__ = "complaint_watchers"

    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)
    display_name: Mapped[str] = mapped_column(String(80))


class ComplaintViewer(Base):
    """Who has a complaint open on his screen, and when that was last heard."""

    __tablename__ = "complaint_viewers"

    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(80))
    seen_at: Mapped[datetime]


class Notice(Base):
    """Something about a complaint that one member of staff should know."""

    __tablename__ = "complaint_notices"
    __table_args__ = (Index("ix_complaint_notices_staff_read", "staff_id", "read_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    staff_id: Mapped[str] = mapped_column(String(40))
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class CallTask(Base):
    """A call to make to a customer whom no channel reaches: what to tell him and by when."""

    __tablename__ = "complaint_calls"
    __table_args__ = (Index("ix_complaint_calls_done_due", "done_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    say: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(80), default="")


class Evidence(Base):
    """A file that bears witness; its bytes lie in the uploads folder under `id`."""

    __tablename__ = "complaint_evidence"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    mime: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    thumbnail: Mapped[bool] = mapped_column(default=False)
    added_by: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[datetime]


class EntryKey(Base):
    """An idempotency key of a caller and the complaint it opened."""

    __tablename__ = "complaint_entry_keys"

    caller: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"))


class SavedView(Base):
    """A filter of the list that a member of staff keeps."""

    __tablename__ = "complaint_views"
    __table_args__ = (UniqueConstraint("staff_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    staff_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


@event.listens_for(TimelineEntry, "before_update")
@event.listens_for(TimelineEntry, "before_delete")
@event.listens_for(ComplaintLife, "before_update")
@event.listens_for(ComplaintLife, "before_delete")
def _refuse(_mapper: Any, _connection: Any, entry: Base) -> None:
    raise TypeError(f"rows of {entry.__tablename__} are immutable")


async def locked(session: AsyncSession, no: str) -> Complaint:
    """A complaint with its row locked until the transaction ends.

    Raises:
        NotFound: no such complaint.
    """
    query = (
        select(Complaint)
        .where(Complaint.no == no)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("complaint", no)
    return found


async def next_number_of(session: AsyncSession, day: str) -> int:
    """The next number of `day` (1, 2, …); concurrent callers wait for one another's commit."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = (
        insert(ComplaintCounter)
        .values(day=day, value=1)
        .on_conflict_do_update(index_elements=["day"], set_={"value": ComplaintCounter.value + 1})
        .returning(ComplaintCounter.value)
    )
    return int((await session.execute(statement)).scalar_one())


async def emergency_of(session: AsyncSession, conversation_id: str) -> Complaint | None:
    """The emergency complaint still open for this conversation."""
    query = (
        select(Complaint)
        .where(
            Complaint.conversation_id == conversation_id,
            Complaint.hazard != "",
            Complaint.state.not_in([*CLOSED_STATES, State.RESOLVED, State.CONFIRMED]),
        )
        .order_by(Complaint.created_at.desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def complaints_by_phone(session: AsyncSession, phone: str, limit: int) -> list[Complaint]:
    """Complaints with this contact phone, newest first."""
    query = (
        select(Complaint)
        .where(Complaint.phone == phone)
        .order_by(Complaint.created_at.desc(), Complaint.no.desc())
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())


async def complaints_of(
    session: AsyncSession, customer_id: str, conversation_id: str, limit: int
) -> list[Complaint]:
    """Complaints of this customer or from this conversation, newest first."""
    query = (
        select(Complaint)
        .where(
            (Complaint.customer_id == customer_id) | (Complaint.conversation_id == conversation_id)
        )
        .order_by(Complaint.created_at.desc(), Complaint.no.desc())
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())


async def timeline(session: AsyncSession, complaint_no: str) -> list[TimelineEntry]:
    """Every act on a complaint, oldest first."""
    query = (
        select(TimelineEntry)
        .where(TimelineEntry.complaint_no == complaint_no)
        .order_by(TimelineEntry.id)
    )
    return list((await session.execute(query)).scalars())


async def measures_of(
    session: AsyncSession, complaint_no: str, life: int
) -> list[ComplaintMeasure]:
    """The measures of one life, in order."""
    query = (
        select(ComplaintMeasure)
        .where(ComplaintMeasure.complaint_no == complaint_no, ComplaintMeasure.life == life)
        .order_by(ComplaintMeasure.id)
    )
    return list((await session.execute(query)).scalars())


async def clocks_of(
    session: AsyncSession, complaint_no: str, *, unfinished: bool = False
) -> list[ComplaintClock]:
    """The clocks of a complaint, in the order they were started."""
    query = select(ComplaintClock).where(ComplaintClock.complaint_no == complaint_no)
    if unfinished:
        query = query.where(ComplaintClock.ended_at.is_(None))
    return list((await session.execute(query.order_by(ComplaintClock.id))).scalars())
