"""Tables and queries of repair bookings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from repairs.model import State, Visit


class RepairBooking(Base):
    """One booking. `visit_day` and hours are local time of the organisation."""

    __tablename__ = "repair_bookings"

    no: Mapped[str] = mapped_column(String(20), primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(String(40), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default=State.BOOKED)
    product: Mapped[str] = mapped_column(String(80))
    symptom: Mapped[str] = mapped_column(Text)
    visit_day: Mapped[date]
    visit_from: Mapped[int]
    visit_to: Mapped[int]
    address: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def visit(self) -> Visit:
        """The visit as a value."""
        return Visit(self.visit_day, self.visit_from, self.visit_to)

    @visit.setter
    def visit(self, visit: Visit) -> None:
        self.visit_day, self.visit_from, self.visit_to = visit.day, visit.from_hour, visit.to_hour


class RepairEntry(Base):
    """What happened to a booking, in order; never changed."""

    __tablename__ = "repair_entries"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    repair_no: Mapped[str] = mapped_column(ForeignKey("repair_bookings.no"), index=True)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")


class RepairCounter(Base):
    """Last number given on a day (`yyyymmdd`)."""

    __tablename__ = "repair_counters"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    value: Mapped[int]


async def next_number_of(session: AsyncSession, day: str) -> int:
    """The next number of `day` (1, 2, …); concurrent callers wait for one another's commit."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = (
        insert(RepairCounter)
        .values(day=day, value=1)
        .on_conflict_do_update(index_elements=["day"], set_={"value": RepairCounter.value + 1})
        .returning(RepairCounter.value)
    )
    return int((await session.execute(statement)).scalar_one())


async def bookings_by_phone(
    session: AsyncSession, phone: str, limit: int
) -> Sequence[RepairBooking]:
    """Bookings with this phone, newest first."""
    query = (
        select(RepairBooking)
        .where(RepairBooking.phone == phone)
        .order_by(RepairBooking.created_at.desc(), RepairBooking.no.desc())
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def bookings_of_conversation(
    session: AsyncSession, conversation_id: str, limit: int
) -> Sequence[RepairBooking]:
    """Bookings made in this conversation, newest first."""
    query = (
        select(RepairBooking)
        .where(RepairBooking.conversation_id == conversation_id)
        .order_by(RepairBooking.created_at.desc(), RepairBooking.no.desc())
        .limit(limit)
    )
    return (await session.scalars(query)).all()
