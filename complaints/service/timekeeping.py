"""The clocks of a complaint in the database: started, met, paused, judged, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from complaints import clocks, texts
from complaints.clocks import Clock, ClockPolicy, ClockState, Happening, Terms
from complaints.model import SYSTEM, Actor, ClockKind, Priority, State
from complaints.ports import Escalations
from complaints.service.recording import enter, followers_of, notice
from complaints.storage import Complaint, ComplaintClock, clocks_of
from complaints.working_time import CalendarKind, calendars, parse_shifts
from foundation.settings import Settings

FROM_THE_START = (
    ClockKind.FIRST_RESPONSE,
    ClockKind.PLAN,
    ClockKind.INVESTIGATION,
    ClockKind.STATEMENT,
    ClockKind.DAILY_PROGRESS,
)
"""Clocks that a complaint begins its life with, where its class has them."""


def policy_of(settings: Settings) -> ClockPolicy:
    """The clock table of SPEC section 5 as the settings give it (minutes)."""
    return ClockPolicy(
        first_response={
            Priority.GENERAL: settings.first_response_general_min,
            Priority.IMPORTANT: settings.first_response_important_min,
            Priority.URGENT: settings.first_response_urgent_min,
        },
        first_response_sensitive=settings.first_response_sensitive_min,
        plan={
            Priority.GENERAL: settings.plan_general_min,
            Priority.IMPORTANT: settings.plan_important_min,
            Priority.URGENT: settings.plan_urgent_min,
        },
        investigation=settings.investigation_urgent_min,
        statement=settings.statement_sensitive_min,
        progress=settings.progress_every_min,
        follow_up=settings.follow_up_min,
        observation=settings.observation_days * 24 * 60,
        warn_share=settings.clock_warn_share,
    )


@dataclass
class _Kept:
    row: ComplaintClock
    clock: Clock


class Timekeeper:
    """Every change to clocks, inside the caller's transaction and under the complaint's lock."""

    def __init__(self, settings: Settings, escalations: Escalations) -> None:
        self.policy = policy_of(settings)
        self.zone = ZoneInfo(settings.timezone)
        self.calendars = calendars(self.zone, parse_shifts(settings.work_shifts))
        self._escalations = escalations

    async def start_life(self, session: AsyncSession, complaint: Complaint, now: datetime) -> None:
        """Start what a new, reopened or restored complaint owes."""
        for kind in FROM_THE_START:
            self._start(session, complaint, kind, now)
        complaint.clocks_since = now
        await self.refresh(session, complaint)

    async def start(
        self, session: AsyncSession, complaint: Complaint, kind: ClockKind, now: datetime
    ) -> None:
        """Start one clock beside those that run."""
        self._start(session, complaint, kind, now)
        await self.refresh(session, complaint)

    async def runs(self, session: AsyncSession, complaint: Complaint, kind: ClockKind) -> bool:
        """Whether a clock of this kind is unfinished."""
        rows = await clocks_of(session, complaint.no, unfinished=True)
        return any(row.kind == kind for row in rows)

    async def met(
        self, session: AsyncSession, complaint: Complaint, now: datetime, *kinds: ClockKind
    ) -> None:
        """What these clocks waited for is done."""
        await self._change(session, complaint, kinds, lambda c: clocks.meet(c, now))

    async def stop(
        self,
        session: AsyncSession,
        complaint: Complaint,
        now: datetime,
        kinds: Iterable[ClockKind] = tuple(ClockKind),
    ) -> None:
        """These clocks do not apply any more."""
        await self._change(session, complaint, kinds, lambda c: clocks.stop(c, now))

    async def pause(self, session: AsyncSession, complaint: Complaint, now: datetime) -> None:
        """Wait for the customer."""
        await self._change(session, complaint, ClockKind, lambda c: clocks.pause(c, now))

    async def resume(self, session: AsyncSession, complaint: Complaint, now: datetime) -> None:
        """Count on."""
        share = self.policy.warn_share
        await self._change(
            session, complaint, ClockKind, lambda c: clocks.resume(c, now, self.calendars, share)
        )

    async def change_class(
        self, session: AsyncSession, complaint: Complaint, actor: Actor, why: str, now: datetime
    ) -> None:
        """Work everything out anew for the complaint's present priority and flag."""
        priority = Priority(complaint.priority)
        running: set[ClockKind] = set()
        for kept in await self._unfinished(session, complaint):
            kind = kept.clock.kind
            running.add(kind)
            terms = clocks.terms_of(kind, priority, complaint.sensitive, self.policy)
            if terms is None:
                _write(kept.row, clocks.stop(kept.clock, now))
                continue
            after = clocks.change_terms(
                kept.clock, terms, now, self.calendars, self.policy.warn_share
            )
            if after != kept.clock:
                kept.row.history = [
                    *kept.row.history,
                    {
                        "at": now.isoformat(),
                        "actor": actor.name,
                        "why": why,
                        "old_due_at": _iso(kept.clock.due_at),
                        "due_at": _iso(after.due_at),
                    },
                ]
                _write(kept.row, after)
        await self._start_missing(session, complaint, running, now)
        await self.refresh(session, complaint)

    async def settle(self, session: AsyncSession, complaint: Complaint, now: datetime) -> int:
        """Record what time has brought: warnings, breaches (each escalated once), ends of
        observation. Gives how many."""
        count = 0
        for kept in await self._unfinished(session, complaint):
            after, happened = clocks.look(kept.clock, now)
            if after != kept.clock:
                _write(kept.row, after)
                count += not happened
            for happening in happened:
                count += 1
                await self._record(session, complaint, kept.row, happening, now)
        if count:
            await self.refresh(session, complaint)
        return count

    async def refresh(self, session: AsyncSession, complaint: Complaint) -> None:
        """Repeat on the complaint what lists show of its clocks."""
        await session.flush()
        rows = await clocks_of(session, complaint.no, unfinished=True)
        pressing = [row for row in rows if row.kind != ClockKind.OBSERVATION]
        complaint.overdue = any(row.state == ClockState.BREACHED for row in pressing)
        dated = [row for row in pressing if row.due_at is not None]
        first = min(dated, key=lambda row: row.due_at, default=None)  # type: ignore[arg-type,return-value]
        complaint.next_due_at = first.due_at if first else None
        complaint.next_clock = first.kind if first else ""
        complaint.next_clock_state = first.state if first else ""

    def value(self, row: ComplaintClock) -> Clock:
        """The clock as a value."""
        return Clock(
            kind=ClockKind(row.kind),
            terms=Terms(row.budget_s, CalendarKind(row.calendar)),
            started_at=row.started_at,
            running_since=row.running_since,
            state=ClockState(row.state),
            stretches=tuple(
                (datetime.fromisoformat(begin), datetime.fromisoformat(end))
                for begin, end in row.stretches
            ),
            warn_at=row.warn_at,
            due_at=row.due_at,
            warned_at=row.warned_at,
            breached_at=row.breached_at,
            ended_at=row.ended_at,
            earlier=tuple(Terms(budget, CalendarKind(kind)) for budget, kind in row.earlier),
        )

    def uncertain(self, clock: Clock) -> bool:
        """Whether its due time rests on a year whose holidays are not published yet."""
        calendar = self.calendars[clock.terms.calendar]
        return clock.due_at is not None and not calendar.knows(clock.due_at)

    def _start(
        self, session: AsyncSession, complaint: Complaint, kind: ClockKind, now: datetime
    ) -> None:
        priority = Priority(complaint.priority)
        terms = clocks.terms_of(kind, priority, complaint.sensitive, self.policy)
        if terms is None:
            return
        row = ComplaintClock(
            complaint_no=complaint.no,
            kind=kind,
            round=complaint.round,
            life=complaint.life,
            escalated_at=None,
            history=[],
        )
        _write(row, clocks.start(kind, terms, now, self.calendars, self.policy.warn_share))
        session.add(row)

    async def _start_missing(
        self, session: AsyncSession, complaint: Complaint, running: set[ClockKind], now: datetime
    ) -> None:
        """Clocks that only the new class has; those met already are not owed again."""
        if complaint.state not in (State.RECEIVED, State.REGISTERED, State.VERIFIED):
            return
        known = {ClockKind(row.kind) for row in await clocks_of(session, complaint.no)
                 if row.life == complaint.life}  # fmt: skip
        for kind in (ClockKind.INVESTIGATION, ClockKind.STATEMENT):
            if kind not in running | known:
                self._start(session, complaint, kind, now)

    async def _unfinished(self, session: AsyncSession, complaint: Complaint) -> list[_Kept]:
        rows = await clocks_of(session, complaint.no, unfinished=True)
        return [_Kept(row, self.value(row)) for row in rows]

    async def _change(
        self,
        session: AsyncSession,
        complaint: Complaint,
        kinds: Iterable[ClockKind],
        change: Callable[[Clock], Clock],
    ) -> None:
        wanted = set(kinds)
        for kept in await self._unfinished(session, complaint):
            if kept.clock.kind in wanted:
                after = change(kept.clock)
                if after != kept.clock:
                    _write(kept.row, after)
        await self.refresh(session, complaint)

    async def _record(
        self,
        session: AsyncSession,
        complaint: Complaint,
        row: ComplaintClock,
        happening: Happening,
        now: datetime,
    ) -> None:
        due = row.due_at or now
        enter(
            session,
            complaint,
            SYSTEM,
            happening,
            now,
            detail={"clock": row.kind, "clock_id": row.id, "due_at": due.isoformat()},
        )
        if happening is Happening.OBSERVED:
            return
        title = texts.CLOCK_TITLES[row.kind]
        local = due.astimezone(self.zone)
        late = happening is Happening.BREACHED
        text = (texts.BREACHED if late else texts.WARNED).format(
            no=complaint.no, clock=title, due=f"{local:%m-%d %H:%M}"
        )
        if late:
            row.escalated_at = now
            complaint.escalated = True
            await self._escalations.page(session, complaint, row.kind, text)
        kind = "breached" if late else "warned"
        for staff_id in await followers_of(session, complaint):
            notice(session, complaint, staff_id, kind, text, now)


def _write(row: ComplaintClock, clock: Clock) -> None:
    row.state = clock.state
    row.budget_s = clock.terms.budget_s
    row.calendar = clock.terms.calendar
    row.started_at = clock.started_at
    row.running_since = clock.running_since
    row.stretches = [[begin.isoformat(), end.isoformat()] for begin, end in clock.stretches]
    row.warn_at = clock.warn_at
    row.due_at = clock.due_at
    row.next_at = clock.next_at
    row.warned_at = clock.warned_at
    row.breached_at = clock.breached_at
    row.ended_at = clock.ended_at
    row.earlier = [[terms.budget_s, terms.calendar.value] for terms in clock.earlier]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
