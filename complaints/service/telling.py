"""Words to the customer: over his channel, or as a call that somebody has to make."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.model import Actor, ClockKind, State, Visibility
from complaints.ports import Voice
from complaints.service.recording import enter
from complaints.service.timekeeping import Timekeeper
from complaints.storage import CallTask, Complaint, locked
from complaints.working_time import CalendarKind
from foundation.clock import Clock
from foundation.errors import Conflict, NotFound

CALL_WITHIN = timedelta(hours=2)
"""Working time in which a customer whom no channel reaches is called."""


class Telling:
    """Tells customers, and keeps the calls that wait to be made."""

    def __init__(self, clock: Clock, keeper: Timekeeper, voice: Voice) -> None:
        self._clock = clock
        self._keeper = keeper
        self._voice = voice

    async def tell(
        self, session: AsyncSession, complaint: Complaint, text: str, reason: str
    ) -> bool:
        """Say it now, or put it on the list of calls; whether it was said."""
        if await self._voice.tell(session, complaint, text):
            return True
        now = self._clock.now()
        working = self._keeper.calendars[CalendarKind.WORKING]
        session.add(
            CallTask(
                complaint_no=complaint.no,
                reason=reason,
                say=text,
                created_at=now,
                due_at=working.add(now, CALL_WITHIN.total_seconds()),
            )
        )
        return False

    async def call_done(
        self,
        session: AsyncSession,
        no: str,
        call_id: int,
        actor: Actor,
        reached: bool,
        outcome: str,
    ) -> CallTask:
        """Somebody called; one who was not reached stays on the list.

        Raises:
            NotFound: no such call.
            Conflict: it was made already.
        """
        complaint = await locked(session, no)
        call = await session.get(CallTask, call_id)
        if call is None or call.complaint_no != no:
            raise NotFound("call", str(call_id))
        if call.done_at is not None:
            raise Conflict("this call was made already", by=call.by)
        now = self._clock.now()
        await self._keeper.settle(session, complaint, now)
        call.outcome, call.by = outcome, actor.name
        if reached:
            call.done_at = now
            await self.heard(session, complaint, now, progress=call.reason == "progress")
        elif complaint.state == State.RESOLVED:
            complaint.attempts += 1
        enter(
            session,
            complaint,
            actor,
            "call_done",
            now,
            reason=outcome,
            visible_to=Visibility.CUSTOMER if reached else Visibility.INTERNAL,
            detail={"reached": reached, "said": call.say},
        )
        return call

    async def heard(
        self, session: AsyncSession, complaint: Complaint, now: datetime, *, progress: bool
    ) -> None:
        """The customer has heard from a person; with `progress` the day's message is done."""
        await self._keeper.met(session, complaint, now, ClockKind.FIRST_RESPONSE)
        if progress:
            await self.progressed(session, complaint, now)

    async def progressed(self, session: AsyncSession, complaint: Complaint, now: datetime) -> None:
        """The day's progress message is done; the next day's clock starts, if one ran."""
        if await self._keeper.runs(session, complaint, ClockKind.DAILY_PROGRESS):
            await self._keeper.met(session, complaint, now, ClockKind.DAILY_PROGRESS)
            await self._keeper.start(session, complaint, ClockKind.DAILY_PROGRESS, now)
