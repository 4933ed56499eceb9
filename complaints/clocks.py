"""Deadlines of a complaint as values (SPEC section 5). Pure: `now` and calendars are arguments.

A clock counts the seconds of its calendar while it runs. Its warning and its due time are kept as
moments in UTC, worked out whenever it starts, resumes or changes its terms, so that sweeping is a
look at an index. Time before a pause is kept as stretches, so that other terms can count it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from complaints.model import ClockKind, Priority
from complaints.working_time import Calendar, CalendarKind

Calendars = Mapping[CalendarKind, Calendar]
Stretch = tuple[datetime, datetime]


class ClockState(StrEnum):
    """What a clock is doing; `stopped`: it does not apply any more."""

    RUNNING = "running"
    PAUSED = "paused"
    WARNED = "warned"
    BREACHED = "breached"
    MET = "met"
    STOPPED = "stopped"


class Happening(StrEnum):
    """What a look at the time can bring to light."""

    WARNED = "clock_warned"
    BREACHED = "clock_breached"
    OBSERVED = "observation_ended"


UNPAUSED = frozenset({ClockKind.FIRST_RESPONSE, ClockKind.OBSERVATION})
"""Clocks that run on while we wait for the customer: a first answer is owed all the same."""


@dataclass(frozen=True)
class Terms:
    """How much time (seconds) by which calendar."""

    budget_s: int
    calendar: CalendarKind


@dataclass(frozen=True)
class ClockPolicy:
    """Minutes of every clock by class, and the share of the budget at which it warns."""

    first_response: Mapping[Priority, int]
    first_response_sensitive: int
    plan: Mapping[Priority, int]
    investigation: int
    statement: int
    progress: int
    follow_up: int
    observation: int
    warn_share: float


@dataclass(frozen=True)
class Clock:
    """One deadline. `stretches` are counted times before the present run, oldest first;
    `running_since` is None while paused and after the end. `earlier` are terms it had before."""

    kind: ClockKind
    terms: Terms
    started_at: datetime
    running_since: datetime | None
    state: ClockState = ClockState.RUNNING
    stretches: tuple[Stretch, ...] = ()
    warn_at: datetime | None = None
    due_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    earlier: tuple[Terms, ...] = ()

    @property
    def unfinished(self) -> bool:
        """Whether somebody still has to do something."""
        return self.ended_at is None

    @property
    def next_at(self) -> datetime | None:
        """When a look at this clock will find something; None: never."""
        if not self.unfinished:
            return None
        match self.state:
            case ClockState.RUNNING if self.kind is not ClockKind.OBSERVATION:
                return self.warn_at
            case ClockState.RUNNING | ClockState.WARNED:
                return self.due_at
        return None


def terms_of(
    kind: ClockKind, priority: Priority, sensitive: bool, policy: ClockPolicy
) -> Terms | None:
    """The terms of a clock for a class of complaint; None when that class has no such clock.

    A complaint that is sensitive beside its priority gets the stricter of the two.
    """
    always = priority is Priority.URGENT or sensitive
    daily = (ClockKind.DAILY_PROGRESS, ClockKind.FOLLOW_UP)
    if always or kind is ClockKind.OBSERVATION:
        hours = CalendarKind.ALWAYS
    else:
        hours = CalendarKind.DAILY if kind in daily else CalendarKind.WORKING
    minutes = _minutes(kind, priority, sensitive, policy)
    return Terms(minutes * 60, hours) if minutes is not None else None


def _minutes(
    kind: ClockKind, priority: Priority, sensitive: bool, policy: ClockPolicy
) -> int | None:
    first = policy.first_response[priority]
    by_kind = {
        ClockKind.FIRST_RESPONSE: min(first, policy.first_response_sensitive)
        if sensitive
        else first,
        ClockKind.PLAN: policy.plan[priority],
        ClockKind.INVESTIGATION: policy.investigation if priority is Priority.URGENT else None,
        ClockKind.STATEMENT: policy.statement if sensitive else None,
        ClockKind.DAILY_PROGRESS: policy.progress,
        ClockKind.FOLLOW_UP: policy.follow_up,
        ClockKind.OBSERVATION: policy.observation,
    }
    return by_kind[kind]


def start(
    kind: ClockKind, terms: Terms, now: datetime, calendars: Calendars, warn_share: float
) -> Clock:
    """A clock that begins to run."""
    return _planned(Clock(kind, terms, now, now), calendars, warn_share)


def used_s(clock: Clock, now: datetime, calendars: Calendars) -> float:
    """Seconds counted so far by the clock's present terms."""
    return _used(clock, clock.terms, clock.ended_at or now, calendars)


def remaining_s(clock: Clock, now: datetime, calendars: Calendars) -> float:
    """Seconds left by the clock's calendar; negative when it is late."""
    until = clock.ended_at or now
    if clock.due_at is not None and clock.running_since is not None:
        calendar = calendars[clock.terms.calendar]
        if until <= clock.due_at:
            return calendar.between(until, clock.due_at)
        return -calendar.between(clock.due_at, until)
    return clock.terms.budget_s - used_s(clock, now, calendars)


def pause(clock: Clock, now: datetime) -> Clock:
    """Stop counting while we wait for the customer; late and finished clocks stay as they are."""
    if clock.state not in (ClockState.RUNNING, ClockState.WARNED) or clock.kind in UNPAUSED:
        return clock
    return replace(
        _counted(clock, now),
        state=ClockState.PAUSED,
        running_since=None,
        warn_at=None,
        due_at=None,
    )


def resume(clock: Clock, now: datetime, calendars: Calendars, warn_share: float) -> Clock:
    """Count on with what was left."""
    if clock.state is not ClockState.PAUSED:
        return clock
    state = ClockState.WARNED if clock.warned_at else ClockState.RUNNING
    return _planned(replace(clock, state=state, running_since=now), calendars, warn_share)


def meet(clock: Clock, now: datetime) -> Clock:
    """What it waited for has been done. The caller has looked at it first, so one that is late
    keeps its breach."""
    return _ended(clock, now, ClockState.MET)


def stop(clock: Clock, now: datetime) -> Clock:
    """It does not apply any more; a breach stays one."""
    return _ended(clock, now, ClockState.STOPPED)


def change_terms(
    clock: Clock, terms: Terms, now: datetime, calendars: Calendars, warn_share: float
) -> Clock:
    """The clock under the terms of another priority.

    Time already used counts in full, by the new calendar. Terms that come too late to be kept
    leave their whole budget from now, but never more than the old due time; that grace is given
    once, so going down and up again gains nothing. A breach stays one.
    """
    if not clock.unfinished or clock.terms == terms or clock.state is ClockState.BREACHED:
        return clock
    again = terms in clock.earlier
    changed = replace(clock, terms=terms, earlier=(*clock.earlier, clock.terms))
    if clock.state is ClockState.PAUSED:
        return changed
    old_due = clock.due_at
    changed = _planned(changed, calendars, warn_share)
    if not again and changed.due_at is not None and changed.due_at <= now:
        graced = calendars[terms.calendar].add(now, terms.budget_s)
        due = min(graced, old_due) if old_due else graced
        warn = now + (due - now) * warn_share
        changed = replace(changed, due_at=due, warn_at=warn)
    if changed.warn_at is not None and changed.warn_at > now:
        changed = replace(changed, state=ClockState.RUNNING)
    return changed


def look(clock: Clock, now: datetime) -> tuple[Clock, list[Happening]]:
    """The clock as it stands at `now`, and what has come to pass since the last look.

    A breach is dated at the due time, however late it is seen, and happens once.
    """
    if clock.state not in (ClockState.RUNNING, ClockState.WARNED) or clock.due_at is None:
        return clock, []
    if now >= clock.due_at:
        if clock.kind is ClockKind.OBSERVATION:
            return meet(clock, clock.due_at), [Happening.OBSERVED]
        late = replace(clock, state=ClockState.BREACHED, breached_at=clock.due_at)
        return late, [Happening.BREACHED]
    warning = clock.state is ClockState.RUNNING and clock.kind is not ClockKind.OBSERVATION
    if warning and clock.warn_at is not None and now >= clock.warn_at:
        happened = [] if clock.warned_at else [Happening.WARNED]
        warned_at = clock.warned_at or clock.warn_at
        return replace(clock, state=ClockState.WARNED, warned_at=warned_at), happened
    return clock, []


def _used(clock: Clock, terms: Terms, until: datetime, calendars: Calendars) -> float:
    calendar = calendars[terms.calendar]
    total = sum(calendar.between(begin, end) for begin, end in clock.stretches)
    if clock.running_since is not None:
        total += calendar.between(clock.running_since, until)
    return total


def _planned(clock: Clock, calendars: Calendars, warn_share: float) -> Clock:
    """Work out warning and due time from the present run's start."""
    if clock.running_since is None:
        return clock
    calendar = calendars[clock.terms.calendar]
    before = sum(calendar.between(begin, end) for begin, end in clock.stretches)
    budget = clock.terms.budget_s
    return replace(
        clock,
        due_at=calendar.add(clock.running_since, max(0.0, budget - before)),
        warn_at=calendar.add(clock.running_since, max(0.0, budget * warn_share - before)),
    )


def _counted(clock: Clock, now: datetime) -> Clock:
    if clock.running_since is None:
        return clock
    until = max(now, clock.running_since)
    return replace(clock, stretches=(*clock.stretches, (clock.running_since, until)))


def _ended(clock: Clock, now: datetime, state: ClockState) -> Clock:
    if not clock.unfinished:
        return clock
    ended = replace(_counted(clock, now), ended_at=max(now, clock.started_at), running_since=None)
    return ended if clock.state is ClockState.BREACHED else replace(ended, state=state)
