"""Use cases of repair bookings, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from foundation.clock import Clock
from foundation.errors import InvalidInput, NotFound
from repairs.model import (
    DAYS_AHEAD,
    FIRST_HOUR,
    LAST_HOUR,
    RepairRequest,
    State,
    Visit,
    move,
    normal_number,
    repair_number,
)
from repairs.storage import (
    RepairBooking,
    RepairEntry,
    bookings_by_phone,
    bookings_of_conversation,
    next_number_of,
)


class RepairService:
    """Books, moves, cancels and finds visits."""

    def __init__(self, clock: Clock, timezone: str = "Asia/Shanghai") -> None:
        self._clock = clock
        self._zone = ZoneInfo(timezone)

    async def book(self, session: AsyncSession, request: RepairRequest) -> RepairBooking:
        """Make a booking.

        Raises:
            InvalidInput: a field is empty or the visit lies outside the visiting hours.
        """
        for field in ("product", "symptom", "address", "phone"):
            if not getattr(request, field).strip():
                raise InvalidInput("a repair booking needs every field", field=field)
        today = self._today()
        _check(request.visit, today)
        now = self._clock.now()
        booking = RepairBooking(
            no=repair_number(today, await next_number_of(session, f"{today:%Y%m%d}")),
            conversation_id=request.conversation_id,
            channel=request.channel,
            state=State.BOOKED,
            product=request.product.strip()[:80],
            symptom=request.symptom.strip(),
            visit_day=request.visit.day,
            visit_from=request.visit.from_hour,
            visit_to=request.visit.to_hour,
            address=request.address.strip(),
            phone=request.phone.strip()[:40],
            name=request.name.strip()[:80],
            created_at=now,
            updated_at=now,
        )
        session.add(booking)
        await session.flush()
        self._enter(session, booking, State.BOOKED)
        return booking

    async def find(self, session: AsyncSession, no: str) -> RepairBooking:
        """The booking with this number, typed in any way.

        Raises:
            NotFound: not a number, or none such.
        """
        return await self._get(session, no, lock=False)

    async def by_phone(
        self, session: AsyncSession, phone: str, limit: int = 5
    ) -> Sequence[RepairBooking]:
        """Bookings with this phone, newest first."""
        return await bookings_by_phone(session, phone.strip(), limit) if phone.strip() else []

    async def of_conversation(
        self, session: AsyncSession, conversation_id: str, limit: int = 5
    ) -> Sequence[RepairBooking]:
        """Bookings made in a conversation, newest first."""
        return await bookings_of_conversation(session, conversation_id, limit)

    async def reschedule(self, session: AsyncSession, no: str, visit: Visit) -> RepairBooking:
        """Move the visit.

        Raises:
            NotFound: no such booking.
            IllegalMove: it is cancelled or done.
            InvalidInput: the visit lies outside the visiting hours.
        """
        booking = await self._get(session, no, lock=True)
        _check(visit, self._today())
        was = f"{booking.visit_day} {booking.visit_from}-{booking.visit_to}"
        booking.state = move(State(booking.state), State.RESCHEDULED)
        booking.visit = visit
        self._changed(session, booking, was)
        return booking

    async def cancel(self, session: AsyncSession, no: str, reason: str = "") -> RepairBooking:
        """Call the visit off.

        Raises:
            NotFound: no such booking.
            IllegalMove: it is cancelled or done already.
        """
        booking = await self._get(session, no, lock=True)
        booking.state = move(State(booking.state), State.CANCELLED)
        self._changed(session, booking, reason)
        return booking

    async def finish(self, session: AsyncSession, no: str, note: str = "") -> RepairBooking:
        """Mark the visit as done.

        Raises:
            NotFound: no such booking.
            IllegalMove: it is cancelled or done already.
        """
        booking = await self._get(session, no, lock=True)
        booking.state = move(State(booking.state), State.DONE)
        self._changed(session, booking, note)
        return booking

    async def _get(self, session: AsyncSession, no: str, *, lock: bool) -> RepairBooking:
        number = normal_number(no)
        found = (
            await session.get(RepairBooking, number, with_for_update=lock, populate_existing=lock)
            if number
            else None
        )
        if found is None:
            raise NotFound("repair booking", no)
        return found

    def _changed(self, session: AsyncSession, booking: RepairBooking, note: str) -> None:
        booking.updated_at = self._clock.now()
        self._enter(session, booking, State(booking.state), note)

    def _enter(
        self, session: AsyncSession, booking: RepairBooking, act: State, note: str = ""
    ) -> None:
        session.add(RepairEntry(repair_no=booking.no, at=self._clock.now(), act=act, note=note))

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()


def _check(visit: Visit, today: date) -> None:
    if not FIRST_HOUR <= visit.from_hour < visit.to_hour <= LAST_HOUR:
        raise InvalidInput("outside visiting hours", first=FIRST_HOUR, last=LAST_HOUR)
    if not 0 <= (visit.day - today).days <= DAYS_AHEAD:
        raise InvalidInput("no visit on that day", day=visit.day.isoformat())
