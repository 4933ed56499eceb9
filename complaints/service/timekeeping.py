"""The clocks of a complaint in the database: started, met, paused, judged, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from complaints import clocks, texts
from complaints.clocks import Clock, ClockPolicy, ClockState, Happening, Terms
from complaints.model import SYSTEM, Actor, ClockKind, Priority, State
from complaints.ports import Call, Escalations
from complaints.service.recording import enter, followers_of, kept_together, notice
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


@dataclass(frozen=True)
class _News:
    """Something that time brought to a clock of a complaint."""

    complaint: Complaint
    row: ComplaintClock
    happening: Happening

    @property
    def due(self) -> datetime | None:
        return self.row.due_at


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
        """The same as `settle_all`, of one complaint."""
        return await self.settle_all(session, [complaint], now)

    async def settle_all(
        self, session: AsyncSession, complaints: Sequence[Complaint], now: datetime
    ) -> int:
        """Record what time has brought to these complaints, whose rows are locked: warnings,
        breaches (each escalated once), ends of observation. Gives how many."""
        await session.flush()
        by_no = {complaint.no: complaint for complaint in complaints}
        rows: dict[str, list[ComplaintClock]] = {no: [] for no in by_no}
        query = select(ComplaintClock).where(
            ComplaintClock.complaint_no.in_(by_no), ComplaintClock.ended_at.is_(None)
        )
        for row in (await session.execute(query.order_by(ComplaintClock.id))).scalars():
            rows[row.complaint_no].append(row)
        news: list[_News] = []
        count = 0
        for no, clocks_running in rows.items():
            changed = 0
            for row in clocks_running:
                before = self.value(row)
                after, happened = clocks.look(before, now)
                if after != before:
                    _write(row, after)
                    changed += 1
                news += [_News(by_no[no], row, happening) for happening in happened]
            if changed:
                _repeat(by_no[no], clocks_running)
            count += changed
        async with kept_together(session):
            await self._record(session, news, now)
        return count

    async def refresh(self, session: AsyncSession, complaint: Complaint) -> None:
        """Repeat on the complaint what lists show of its clocks."""
        await session.flush()
        _repeat(complaint, await clocks_of(session, complaint.no, unfinished=True))

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

    async def _record(self, session: AsyncSession, news: list[_News], now: datetime) -> None:
        """Timeline, notices and calls for what has come to pass."""
        for item in news:
            detail = {"clock": item.row.kind, "clock_id": item.row.id, "due_at": _iso(item.due)}
            enter(session, item.complaint, SYSTEM, item.happening, now, detail=detail)
        told = [item for item in news if item.happening is not Happening.OBSERVED]
        if not told:
            return
        followers = await followers_of(session, [item.complaint for item in told])
        calls = []
        for item in told:
            text = self._words(item)
            late = item.happening is Happening.BREACHED
            if late:
                item.row.escalated_at = now
                item.complaint.escalated = True
                calls.append(Call(item.complaint, item.row.kind, text))
            for staff_id in followers[item.complaint.no]:
                kind = "breached" if late else "warned"
                notice(session, item.complaint, staff_id, kind, text, now)
        if calls:
            await self._escalations.page(session, calls)

    def _words(self, item: _News) -> str:
        late = item.happening is Happening.BREACHED
        local = (item.due or item.row.started_at).astimezone(self.zone)
        return (texts.BREACHED if late else texts.WARNED).format(
            no=item.complaint.no,
            clock=texts.CLOCK_TITLES[item.row.kind],
            due=f"{local:%m-%d %H:%M}",
        )


def _repeat(complaint: Complaint, rows: Sequence[ComplaintClock]) -> None:
    """Show on the complaint which of its unfinished clocks presses most."""
    pressing = [row for row in rows if row.ended_at is None and row.kind != ClockKind.OBSERVATION]
    complaint.overdue = any(row.state == ClockState.BREACHED for row in pressing)
    dated = [(row.due_at, row.id, row) for row in pressing if row.due_at is not None]
    first = min(dated)[2] if dated else None
    complaint.next_due_at = first.due_at if first else None
    complaint.next_clock = first.kind if first else ""
    complaint.next_clock_state = first.state if first else ""


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
