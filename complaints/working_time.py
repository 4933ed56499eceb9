"""Working time of the PRC: holidays, moved working days (调休), shifts with a lunch break. Pure.

Dates come from the package `chinesecalendar`, which knows a year once the State Council has
published it. For other years fixed-date holidays and weekdays stand in, and `knows` says so, so
that pages can warn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

import chinese_calendar

_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Statutory holidays that fall on the same date each year: New Year, Labour Day, National Day."""
_FARTHEST = timedelta(days=3660)
_KNOWN_YEARS = frozenset(day.year for day in chinese_calendar.holidays)


class CalendarKind(StrEnum):
    """How a clock counts: office hours alone, every second, or days that end on working days."""

    WORKING = "working"
    ALWAYS = "always"
    DAILY = "daily"


class Calendar(Protocol):
    """Counts the time of a clock; moments are aware, durations are seconds."""

    def add(self, start: datetime, seconds: float) -> datetime:
        """The moment (UTC) when `seconds` have been counted since `start`."""
        ...

    def between(self, start: datetime, end: datetime) -> float:
        """Seconds counted from `start` to `end`; 0 when `end` is not later."""
        ...

    def knows(self, moment: datetime) -> bool:
        """Whether the holidays of that moment's year have been published."""
        ...


@dataclass(frozen=True)
class Shift:
    """Working hours of a day; one that closes at or before it opens ends the next morning."""

    opens: time
    closes: time


def parse_shifts(lines: Sequence[str]) -> tuple[Shift, ...]:
    """Read `09:00-12:00` lines, sorted by opening.

    Raises:
        ValueError: no shift, a line that is none, or shifts that overlap.
    """
    shifts = []
    for line in lines:
        opens, _, closes = line.partition("-")
        shifts.append(Shift(time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip())))
    shifts.sort(key=lambda shift: shift.opens)
    if not shifts:
        raise ValueError("there must be at least one shift")
    for before, after in pairwise(shifts):
        if not before.opens < before.closes <= after.opens:
            raise ValueError(f"shifts overlap: {lines}")
    last = shifts[-1]
    if last.closes <= last.opens and last.closes > shifts[0].opens:
        raise ValueError(f"shifts overlap: {lines}")
    return tuple(shifts)


def year_known(year: int) -> bool:
    """Whether the published calendar covers this year."""
    return year in _KNOWN_YEARS


def last_known_year() -> int:
    """The last year whose holidays have been published."""
    return int(max(_KNOWN_YEARS))


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Whether people work on this day in the PRC."""
    if year_known(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5 and (day.month, day.day) not in _FIXED


class Always:
    """Every second counts (24 × 7)."""

    def add(self, start: datetime, seconds: float) -> datetime:
        """`start` and so many seconds."""
        return start.astimezone(UTC) + timedelta(seconds=seconds)

    def between(self, start: datetime, end: datetime) -> float:
        """Elapsed seconds, never negative."""
        return max(0.0, (end - start).total_seconds())

    def knows(self, moment: datetime) -> bool:
        """Holidays do not matter."""
        return True


class WorkingTime:
    """Seconds within shifts on working days."""

    def __init__(self, zone: ZoneInfo, shifts: tuple[Shift, ...]) -> None:
        self._zone = zone
        self._shifts = shifts

    def add(self, start: datetime, seconds: float) -> datetime:
        """The moment (UTC) when so much working time has passed; a moment outside office hours
        with nothing left to count stays what it is."""
        left = seconds
        if left <= 0:
            return start.astimezone(UTC)
        for opens, closes in self._spans(start):
            begins = max(opens, start)
            available = (closes - begins).total_seconds()
            if available <= 0:
                continue
            if left <= available:
                return begins + timedelta(seconds=left)
            left -= available
        raise ValueError("no working time within ten years")

    def between(self, start: datetime, end: datetime) -> float:
        """Working seconds from `start` to `end`."""
        total = 0.0
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            total += max(0.0, (min(closes, end) - max(opens, start)).total_seconds())
        return total

    def knows(self, moment: datetime) -> bool:
        """Whether that year's holidays are published."""
        return year_known(moment.astimezone(self._zone).year)

    def next_open(self, moment: datetime) -> datetime:
        """`moment` (UTC) itself within office hours, else the next opening."""
        for opens, closes in self._spans(moment):
            if moment < closes:
                return max(opens, moment).astimezone(UTC)
        raise ValueError("no working time within ten years")

    def works_on(self, moment: datetime) -> bool:
        """Whether that local day is a working day."""
        return is_working_day(moment.astimezone(self._zone).date())

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Shifts in UTC from the day before `start` on, in order."""
        day = start.astimezone(self._zone).date() - timedelta(days=1)
        last = day + _FARTHEST
        while day < last:
            if is_working_day(day):
                for shift in self._shifts:
                    closes_on = day if shift.closes > shift.opens else day + timedelta(days=1)
                    yield self._utc(day, shift.opens), self._utc(closes_on, shift.closes)
            day += timedelta(days=1)

    def _utc(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._zone).astimezone(UTC)


class Daily:
    """Elapsed time whose end, if it falls on a day off, moves to the next opening of the office."""

    def __init__(self, office: WorkingTime) -> None:
        self._office = office

    def add(self, start: datetime, seconds: float) -> datetime:
        """`start` and so many seconds, or the first opening after a day off."""
        end = start.astimezone(UTC) + timedelta(seconds=seconds)
        return end if self._office.works_on(end) else self._office.next_open(end)

    def between(self, start: datetime, end: datetime) -> float:
        """Elapsed seconds, never negative."""
        return max(0.0, (end - start).total_seconds())

    def knows(self, moment: datetime) -> bool:
        """Whether that year's holidays are published."""
        return self._office.knows(moment)


def calendars(zone: ZoneInfo, shifts: tuple[Shift, ...]) -> dict[CalendarKind, Calendar]:
    """The calendar of each kind."""
    office = WorkingTime(zone, shifts)
    return {
        CalendarKind.WORKING: office,
        CalendarKind.ALWAYS: Always(),
        CalendarKind.DAILY: Daily(office),
    }
