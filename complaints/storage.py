"""Tables and queries of complaints and their immutable timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from complaints.model import State
from foundation.database import Base


class Complaint(Base):
    """One complaint. `hazard` is the triage category of an emergency, else empty."""

    __tablename__ = "complaints"

    no: Mapped[str] = mapped_column(String(20), primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(String(40), index=True)
    customer_id: Mapped[str | None] = mapped_column(String(40), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    category: Mapped[str] = mapped_column(String(30), default="")
    hazard: Mapped[str] = mapped_column(String(40), default="")
    priority: Mapped[str] = mapped_column(String(12))
    sensitive: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(20), default=State.RECEIVED)
    summary: Mapped[str] = mapped_column(Text, default="")
    product: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="", index=True)
    created_at: Mapped[datetime]


class TimelineEntry(Base):
    """One act on a complaint: who, what, when, why, visible to whom. Never changed."""

    __tablename__ = "complaint_timeline"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    act: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text, default="")
    visible_to: Mapped[str] = mapped_column(String(12))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class ComplaintCounter(Base):
    """The last number given on a day."""

    __tablename__ = "complaint_counters"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    value: Mapped[int]


@event.listens_for(TimelineEntry, "before_update")
@event.listens_for(TimelineEntry, "before_delete")
def _refuse(_mapper: Any, _connection: Any, _entry: TimelineEntry) -> None:
    raise TypeError("timeline entries are immutable")


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
            Complaint.state == State.RECEIVED,
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
