"""Working time of the PRC and the arithmetic of clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints import clocks
from complaints.clocks import Clock, ClockState, Happening, Terms, terms_of
from complaints.model import ClockKind, Priority
from complaints.service.timekeeping import policy_of
from complaints.working_time import (
    CalendarKind,
    WorkingTime,
    calendars,
    is_working_day,
    last_known_year,
    parse_shifts,
    year_known,
)
from foundation.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = WorkingTime(ZONE, parse_shifts(["09:00-12:00", "13:00-21:00"]))
CALENDARS = calendars(ZONE, parse_shifts(["09:00-12:00", "13:00-21:00"]))
POLICY = policy_of(Settings(_env_file=None))
SHARE = 0.75


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)).map(
    lambda naive: naive.replace(tzinfo=UTC)
)
seconds = st.integers(0, 40 * 3600)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2025-11-05T10:30", 1, "2025-11-05T11:30"),
        ("2025-11-05T11:30", 1, "2025-11-05T13:30"),
        ("2025-11-05T20:30", 1, "2025-11-06T09:30"),
        ("2025-11-07T20:30", 1, "2025-11-10T09:30"),
        ("2025-09-30T20:30", 1, "2025-10-09T09:30"),
        ("2025-10-11T10:00", 1, "2025-10-11T11:00"),
        ("2025-09-28T03:00", 1, "2025-09-28T10:00"),
        ("2025-11-05T09:00", 24, "2025-11-07T11:00"),
    ],
    ids=["within", "lunch", "overnight", "weekend", "national day", "moved saturday",
         "moved sunday", "24 working hours"],
)  # fmt: skip
def test_working_time_knows_lunch_nights_weekends_holidays_and_moved_days(
    start: str, hours: int, due: str
) -> None:
    assert OFFICE.add(at(start), hours * 3600) == at(due)
    assert OFFICE.between(at(start), at(due)) == hours * 3600


@given(moments, seconds)
def test_what_is_added_is_what_lies_between(start: datetime, length: int) -> None:
    due = OFFICE.add(start, length)
    assert due >= start
    assert OFFICE.between(start, due) == pytest.approx(length, abs=1e-3)


@given(moments, seconds, seconds)
def test_time_between_adds_up(start: datetime, first: int, second: int) -> None:
    middle = start + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    whole = OFFICE.between(start, end)
    assert whole == pytest.approx(OFFICE.between(start, middle) + OFFICE.between(middle, end))
    assert 0 <= whole <= (end - start).total_seconds()


def test_a_night_shift_belongs_to_the_day_it_opens() -> None:
    night = WorkingTime(ZONE, parse_shifts(["22:00-06:00"]))
    assert night.add(at("2025-11-07T23:00"), 6 * 3600) == at("2025-11-08T05:00")
    assert night.add(at("2025-11-08T05:00"), 2 * 3600) == at("2025-11-10T23:00")


@pytest.mark.parametrize(
    "lines", [[], ["09:00-13:00", "12:00-18:00"], ["nine-ten"], ["22:00-10:00", "09:00-12:00"]]
)
def test_shifts_that_make_no_sense_are_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError):
        parse_shifts(lines)


def test_years_not_yet_published_use_fixed_holidays_and_weekdays_and_say_so() -> None:
    year = last_known_year() + 1
    assert not year_known(year)
    assert not is_working_day(date(year, 10, 1))
    assert not is_working_day(date(year, 5, 1))
    monday = date(year, 6, 1)
    monday += timedelta(days=-monday.weekday())
    assert is_working_day(monday)
    assert not is_working_day(monday + timedelta(days=5))
    assert not OFFICE.knows(datetime(year, 6, 1, tzinfo=UTC))
    assert OFFICE.knows(datetime(2025, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "priority", "sensitive", "expected"),
    [
        ("first_response", "general", False, (60, "working")),
        ("first_response", "important", False, (30, "working")),
        ("first_response", "urgent", False, (15, "always")),
        ("first_response", "general", True, (30, "always")),
        ("first_response", "urgent", True, (15, "always")),
        ("plan", "general", False, (24 * 60, "working")),
        ("plan", "important", False, (12 * 60, "working")),
        ("plan", "urgent", False, (4 * 60, "always")),
        ("statement", "important", True, (4 * 60, "always")),
        ("statement", "urgent", False, None),
        ("investigation", "important", False, None),
        ("daily_progress", "general", False, (24 * 60, "daily")),
        ("observation", "general", False, (30 * 24 * 60, "always")),
    ],
)
def test_the_clock_table(
    kind: str, priority: str, sensitive: bool, expected: tuple[int, str] | None
) -> None:
    terms = terms_of(ClockKind(kind), Priority(priority), sensitive, POLICY)
    assert (terms and (terms.budget_s // 60, str(terms.calendar))) == expected


def test_the_daily_message_due_on_a_day_off_waits_for_the_office() -> None:
    clock = begun(Terms(24 * 3600, CalendarKind.DAILY), at("2025-11-07T15:00"))
    assert clock.due_at == at("2025-11-10T09:00")
    weekday = begun(Terms(24 * 3600, CalendarKind.DAILY), at("2025-11-05T15:00"))
    assert weekday.due_at == at("2025-11-06T15:00")


def begun(terms: Terms, now: datetime, kind: ClockKind = ClockKind.PLAN) -> Clock:
    return clocks.start(kind, terms, now, CALENDARS, SHARE)


all_terms = st.builds(
    Terms, st.integers(60, 30 * 3600), st.sampled_from([CalendarKind.WORKING, CalendarKind.ALWAYS])
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["look", "pause", "resume", "meet", "stop", "terms"]),
        st.integers(-3600, 12 * 3600),
        all_terms,
    ),
    max_size=25,
)


@given(all_terms, moments, steps)
def test_whatever_is_done_to_a_clock_it_breaches_once_and_ends_once(
    terms: Terms, now: datetime, acts: list[tuple[str, int, Terms]]
) -> None:
    clock = begun(terms, now)
    warned = breached = 0
    for act, ahead, other in acts:
        now += timedelta(seconds=ahead)
        before = clock
        clock, happened = clocks.look(clock, now)
        warned += Happening.WARNED in happened
        breached += Happening.BREACHED in happened
        match act:
            case "pause":
                clock = clocks.pause(clock, now)
            case "resume":
                clock = clocks.resume(clock, now, CALENDARS, SHARE)
            case "meet":
                clock = clocks.meet(clock, now)
            case "stop":
                clock = clocks.stop(clock, now)
            case "terms":
                clock = clocks.change_terms(clock, other, now, CALENDARS, SHARE)
        assert warned <= 1
        assert breached <= 1
        if before.ended_at:
            assert clock == before
        if before.breached_at:
            assert clock.breached_at == before.breached_at
            assert clock.state is ClockState.BREACHED
        if clock.state is ClockState.PAUSED:
            assert clock.next_at is None
        assert (clock.next_at is None) or clock.unfinished
        again, nothing = clocks.look(clock, now)
        assert nothing == [] or act in ("resume", "terms")
        del again


@given(all_terms, moments, st.integers(0, 3600), st.integers(0, 30 * 24 * 3600))
def test_a_pause_takes_nothing_and_gives_nothing(
    terms: Terms, now: datetime, ran: int, waited: int
) -> None:
    clock = begun(terms, now)
    paused_at = now + timedelta(seconds=ran)
    clock, _ = clocks.look(clock, paused_at)
    if clock.state is ClockState.BREACHED:
        return
    left = clocks.remaining_s(clock, paused_at, CALENDARS)
    paused = clocks.pause(clock, paused_at)
    later = paused_at + timedelta(seconds=waited)
    assert clocks.remaining_s(paused, later, CALENDARS) == pytest.approx(left, abs=1)
    resumed = clocks.resume(paused, later, CALENDARS, SHARE)
    assert clocks.remaining_s(resumed, later, CALENDARS) == pytest.approx(left, abs=1)


@given(moments, st.integers(0, 20 * 3600), all_terms, all_terms)
def test_going_down_and_up_again_gains_no_time(
    now: datetime, ran: int, strict: Terms, loose: Terms
) -> None:
    clock = begun(strict, now)
    moment = now + timedelta(seconds=ran)
    clock, _ = clocks.look(clock, moment)
    if clock.state is ClockState.BREACHED:
        return
    down = clocks.change_terms(clock, loose, moment, CALENDARS, SHARE)
    up = clocks.change_terms(down, strict, moment, CALENDARS, SHARE)
    assert up.due_at is not None
    assert clock.due_at is not None
    assert up.due_at <= clock.due_at


def test_terms_that_come_too_late_leave_their_budget_once() -> None:
    clock = begun(Terms(24 * 3600, CalendarKind.ALWAYS), at("2025-11-05T09:00"))
    raised_at = at("2025-11-05T19:00")
    urgent = Terms(4 * 3600, CalendarKind.ALWAYS)
    raised = clocks.change_terms(clock, urgent, raised_at, CALENDARS, SHARE)
    assert raised.due_at == at("2025-11-05T23:00")
    early = clocks.change_terms(clock, urgent, at("2025-11-05T10:00"), CALENDARS, SHARE)
    assert early.due_at == at("2025-11-05T13:00")
    nearly = clocks.change_terms(clock, urgent, at("2025-11-06T08:00"), CALENDARS, SHARE)
    assert nearly.due_at == clock.due_at


def test_a_breach_is_dated_when_it_was_due_however_late_it_is_seen() -> None:
    clock = begun(Terms(3600, CalendarKind.ALWAYS), at("2025-11-05T09:00"))
    late, happened = clocks.look(clock, at("2025-11-06T09:00"))
    assert happened == [Happening.BREACHED]
    assert late.breached_at == at("2025-11-05T10:00")
    met = clocks.meet(late, at("2025-11-06T10:00"))
    assert (met.state, met.unfinished) == (ClockState.BREACHED, False)


def test_a_clock_set_back_harms_nothing() -> None:
    clock = begun(Terms(3600, CalendarKind.ALWAYS), at("2025-11-05T09:00"))
    back = at("2025-11-05T08:00")
    assert clocks.look(clock, back) == (clock, [])
    assert clocks.used_s(clock, back, CALENDARS) == 0
    paused = clocks.pause(clock, back)
    assert clocks.resume(paused, back, CALENDARS, SHARE).due_at is not None
    assert clocks.meet(clock, back).ended_at == clock.started_at


def test_the_first_answer_is_owed_while_we_wait_for_the_customer() -> None:
    clock = begun(
        Terms(3600, CalendarKind.ALWAYS), at("2025-11-05T09:00"), ClockKind.FIRST_RESPONSE
    )
    assert clocks.pause(clock, at("2025-11-05T09:10")) == clock


def test_an_observation_ends_without_warning_or_breach() -> None:
    terms = Terms(30 * 24 * 3600, CalendarKind.ALWAYS)
    clock = begun(terms, at("2025-11-05T09:00"), ClockKind.OBSERVATION)
    assert clock.next_at == clock.due_at
    after, happened = clocks.look(clock, at("2025-12-20T09:00"))
    assert (happened, after.state, after.ended_at) == (
        [Happening.OBSERVED], ClockState.MET, clock.due_at,
    )  # fmt: skip
    assert replace(after).unfinished is False
