"""One customer's repair bookings: given out whole, or without him (SPEC section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from repairs.storage import RepairBooking, RepairEntry


async def bookings_of_person(
    session: AsyncSession, phones: Sequence[str], conversations: Sequence[str]
) -> list[RepairBooking]:
    """Bookings with these telephones or from these conversations."""
    mine = or_(RepairBooking.phone.in_(phones), RepairBooking.conversation_id.in_(conversations))
    query = select(RepairBooking).where(mine).order_by(RepairBooking.no)
    return list((await session.execute(query)).scalars())


def gathered(bookings: Sequence[RepairBooking]) -> list[dict[str, Any]]:
    """These bookings."""
    names = ("no", "state", "product", "symptom", "address", "phone", "name")
    return [
        {
            **{name: getattr(booking, name) for name in names},
            "visit_day": booking.visit_day.isoformat(),
        }
        for booking in bookings
    ]


async def erase(session: AsyncSession, bookings: Sequence[RepairBooking]) -> None:
    """Take the person out; day, product and state stay."""
    for booking in bookings:
        booking.phone = booking.name = booking.address = booking.symptom = ""
        booking.conversation_id = None
    numbers = [booking.no for booking in bookings]
    noted = update(RepairEntry).where(RepairEntry.repair_no.in_(numbers)).values(note="")
    await session.execute(noted.execution_options(synchronize_session=False))
