"""Lists, counts and the board of clocks: queries that stay quick among a million complaints.

Every list walks an index in its order and stops after a page; a cursor is the place in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from complaints import full_text
from complaints.clocks import ClockState
from complaints.model import SHORTEST_PHONE, ClockKind, normal_number, phone_digits
from complaints.storage import (
    ESCALATED,
    WAITING,
    CallTask,
    Complaint,
    ComplaintClock,
    ComplaintWatcher,
)
from foundation.errors import InvalidInput

COUNT_CAP = 10_000
"""Counts stop here: who has ten thousand waiting does not need to know how many more."""
BOARD_ROWS = 200
BATCH = 500
MOST_BATCHES = 20
_PER_DAY = 1_000_000
_NEWEST = 2**62


class View(StrEnum):
    """The tabs of the list."""

    OPEN = "open"
    MINE = "mine"
    WATCHING = "watching"
    UNASSIGNED = "unassigned"
    OVERDUE = "overdue"
    WAITING = "waiting"
    ESCALATED = "escalated"
    CLOSED = "closed"
    ALL = "all"


class Sort(StrEnum):
    """Newest first, or what is due soonest first."""

    NEWEST = "newest"
    DUE = "due"


@dataclass(frozen=True)
class Filters:
    """What a list shows; empty fields do not filter. Days are the organisation's."""

    view: View = View.OPEN
    states: Sequence[str] = ()
    priorities: Sequence[str] = ()
    category: str = ""
    channel: str = ""
    sensitive: bool | None = None
    assigned_to: str = ""
    product: str = ""
    q: str = ""
    since: date | None = None
    until: date | None = None
    sort: Sort = Sort.NEWEST
    limit: int = 50
    cursor: str = ""


@dataclass(frozen=True)
class Page:
    """One page of a list and where the next one begins."""

    items: list[Complaint]
    next_cursor: str | None


@dataclass(frozen=True)
class Board:
    """The clocks that need eyes, and who holds how much."""

    totals: dict[str, int]
    rows: list[tuple[ComplaintClock, Complaint]]
    holders: list[dict[str, Any]] = field(default_factory=list)


async def page_of(session: AsyncSession, filters: Filters, staff_id: str) -> Page:
    """One page.

    Raises:
        InvalidInput: a cursor that none of our pages gave.
    """
    if filters.sort is Sort.NEWEST and _is_words(filters.q):
        return await _words_page(session, filters, staff_id)
    dialect = session.get_bind().dialect.name
    conditions = [*_conditions(filters, staff_id, dialect), *_after(filters)]
    query = select(Complaint).where(*conditions).limit(filters.limit + 1)
    if filters.sort is Sort.DUE:
        query = query.order_by(Complaint.next_due_at, Complaint.key)
    else:
        query = query.order_by(Complaint.key.desc())
    found = list((await session.execute(query)).scalars())
    more = len(found) > filters.limit
    items = found[: filters.limit]
    return Page(items, _cursor(items[-1], filters.sort) if more else None)


async def _words_page(session: AsyncSession, filters: Filters, staff_id: str) -> Page:
    """A page of complaints with all the words: the search gives keys newest first, the filters
    sift them, batch by batch. After `MOST_BATCHES` the page may be short; its cursor goes on."""
    conditions = _conditions(replace(filters, q=""), staff_id, "")
    _after(filters)
    before = int(filters.cursor.rpartition("~")[2]) if filters.cursor else _NEWEST
    found: list[Complaint] = []
    for _ in range(MOST_BATCHES):
        keys = await full_text.keys(session, filters.q, before, BATCH)
        query = select(Complaint).where(Complaint.key.in_(keys), *conditions)
        query = query.order_by(Complaint.key.desc()).limit(filters.limit + 1 - len(found))
        found += (await session.execute(query)).scalars()
        if len(found) > filters.limit:
            items = found[: filters.limit]
            return Page(items, _cursor(items[-1], Sort.NEWEST))
        if len(keys) < BATCH:
            return Page(found, None)
        before = keys[-1]
    return Page(found, f"~{before}")


async def counts(session: AsyncSession, staff_id: str) -> dict[str, int]:
    """How many each tab holds, up to `COUNT_CAP`."""
    tabs = [view for view in View if view not in (View.CLOSED, View.ALL)]
    return {
        view: await _count(session, _conditions(Filters(view=view), staff_id, "")) for view in tabs
    }


async def board(session: AsyncSession) -> Board:
    """Late clocks first, then those due soonest; totals are capped as counts are."""
    query = (
        select(ComplaintClock, Complaint)
        .join(Complaint, Complaint.no == ComplaintClock.complaint_no)
        .where(
            Complaint.overdue.is_(True),
            ComplaintClock.ended_at.is_(None),
            ComplaintClock.state == ClockState.BREACHED,
        )
        .order_by(Complaint.next_due_at)
        .limit(BOARD_ROWS)
    )
    rows = [(clock, complaint) for clock, complaint in (await session.execute(query)).all()]
    rows.sort(key=lambda row: row[0].due_at or datetime.max.replace(tzinfo=UTC))
    if len(rows) < BOARD_ROWS:
        soon = (
            select(ComplaintClock, Complaint)
            .join(Complaint, Complaint.no == ComplaintClock.complaint_no)
            .where(
                ComplaintClock.next_at.is_not(None),
                ComplaintClock.kind != ClockKind.OBSERVATION,
            )
            .order_by(ComplaintClock.next_at)
            .limit(BOARD_ROWS - len(rows))
        )
        found = [(clock, complaint) for clock, complaint in (await session.execute(soon)).all()]
        rows += sorted(found, key=lambda row: row[0].due_at or datetime.max.replace(tzinfo=UTC))
    return Board(await _totals(session), rows, await _holders(session))


async def calls_open(session: AsyncSession, holder: str | None) -> list[tuple[CallTask, Complaint]]:
    """Calls still to make, the most urgent first; of one holder's complaints, or of all."""
    query = (
        select(CallTask, Complaint)
        .join(Complaint, Complaint.no == CallTask.complaint_no)
        .where(CallTask.done_at.is_(None))
        .order_by(CallTask.due_at)
        .limit(BOARD_ROWS)
    )
    if holder is not None:
        query = query.where(Complaint.assigned_to == holder)
    return [(call, complaint) for call, complaint in (await session.execute(query)).all()]


async def watched_among(session: AsyncSession, numbers: Sequence[str], staff_id: str) -> set[str]:
    """Which of these complaints this member of staff watches."""
    query = select(ComplaintWatcher.complaint_no).where(
        ComplaintWatcher.staff_id == staff_id, ComplaintWatcher.complaint_no.in_(numbers)
    )
    return set((await session.execute(query)).scalars())


def _conditions(filters: Filters, staff_id: str, dialect: str) -> list[ColumnElement[bool]]:
    chosen = [*_view(filters.view, staff_id)]
    if filters.states:
        chosen.append(Complaint.state.in_(filters.states))
    if filters.priorities:
        chosen.append(Complaint.priority.in_(filters.priorities))
    exact: tuple[tuple[InstrumentedAttribute[Any], str], ...] = (
        (Complaint.category, filters.category),
        (Complaint.channel, filters.channel),
        (Complaint.assigned_to, filters.assigned_to),
        (Complaint.product, filters.product),
    )
    chosen += [column == value for column, value in exact if value]
    if filters.sensitive is not None:
        chosen.append(Complaint.sensitive.is_(filters.sensitive))
    if filters.since:
        chosen.append(Complaint.key >= int(f"{filters.since:%Y%m%d}") * _PER_DAY)
    if filters.until:
        after = filters.until + timedelta(days=1)
        chosen.append(Complaint.key < int(f"{after:%Y%m%d}") * _PER_DAY)
    if filters.sort is Sort.DUE:
        chosen.append(Complaint.next_due_at.is_not(None))
    if filters.q.strip():
        chosen.append(_said(filters.q.strip(), dialect))
    return chosen


def _view(view: View, staff_id: str) -> list[ColumnElement[bool]]:
    is_open = Complaint.is_open.is_(True)
    watched = select(ComplaintWatcher.complaint_no).where(ComplaintWatcher.staff_id == staff_id)
    conditions: dict[View, list[ColumnElement[bool]]] = {
        View.OPEN: [is_open],
        View.MINE: [Complaint.assigned_to == staff_id, is_open],
        View.WATCHING: [Complaint.no.in_(watched)],
        View.UNASSIGNED: [Complaint.assigned_to.is_(None), is_open],
        View.OVERDUE: [Complaint.overdue.is_(True)],
        View.WAITING: [is_open, _as_written(WAITING)],
        View.ESCALATED: [is_open, _as_written(ESCALATED)],
        View.CLOSED: [Complaint.is_open.is_(False)],
        View.ALL: [],
    }
    return conditions[view]


def _as_written(condition: str) -> ColumnElement[bool]:
    """A condition word for word, as its partial index has it."""
    return text(condition)  # type: ignore[return-value]


def _is_words(q: str) -> bool:
    """Whether a query is neither empty nor a number of a complaint or a telephone."""
    bare = q.strip()
    return bool(bare) and not normal_number(bare) and not _is_phone(bare)


def _is_phone(q: str) -> bool:
    return q.isdecimal() and len(q) >= SHORTEST_PHONE


def _said(q: str, dialect: str) -> ColumnElement[bool]:
    """A number, a phone, or words."""
    if number := normal_number(q):
        return Complaint.no == number
    if _is_phone(q):
        return Complaint.phone == phone_digits(q)
    found = full_text.matching(q, dialect)
    return found if found is not None else Complaint.no == ""


def _after(filters: Filters) -> list[ColumnElement[bool]]:
    if not filters.cursor:
        return []
    try:
        moment, _, key = filters.cursor.rpartition("~")
        if filters.sort is Sort.NEWEST:
            return [Complaint.key < int(key)]
        due = datetime.fromtimestamp(int(moment) / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInput("not a cursor of this list", field="cursor") from error
    return [
        or_(
            Complaint.next_due_at > due,
            and_(Complaint.next_due_at == due, Complaint.key > int(key)),
        )
    ]


def _cursor(last: Complaint, sort: Sort) -> str:
    if sort is Sort.NEWEST or last.next_due_at is None:
        return f"~{last.key}"
    micros = (last.next_due_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return f"{micros}~{last.key}"


async def _count(session: AsyncSession, conditions: Sequence[ColumnElement[bool]]) -> int:
    some = select(Complaint.key).where(*conditions).limit(COUNT_CAP).subquery()
    return int((await session.execute(select(func.count()).select_from(some))).scalar_one())


async def _totals(session: AsyncSession) -> dict[str, int]:
    tabs = await counts(session, "")
    unfinished = ComplaintClock.ended_at.is_(None)
    totals = {"open": tabs[View.OPEN], "unassigned": tabs[View.UNASSIGNED]}
    for name, state in (
        ("running", ClockState.RUNNING),
        ("warned", ClockState.WARNED),
        ("overdue", ClockState.BREACHED),
        ("paused", ClockState.PAUSED),
    ):
        some = (
            select(ComplaintClock.id)
            .where(unfinished, ComplaintClock.state == state)
            .limit(COUNT_CAP)
            .subquery()
        )
        counted = await session.execute(select(func.count()).select_from(some))
        totals[name] = int(counted.scalar_one())
    return totals


async def _holders(session: AsyncSession) -> list[dict[str, Any]]:
    late = func.sum(case((Complaint.overdue.is_(True), 1), else_=0))
    warned = func.sum(case((Complaint.next_clock_state == ClockState.WARNED, 1), else_=0))
    query = (
        select(Complaint.assigned_to, Complaint.assigned_name, func.count(), warned, late)
        .where(Complaint.is_open.is_(True), Complaint.assigned_to.is_not(None))
        .group_by(Complaint.assigned_to, Complaint.assigned_name)
        .order_by(func.count().desc())
        .limit(BOARD_ROWS)
    )
    return [
        {"id": holder, "display_name": name, "open": n, "warned": warned or 0, "overdue": late or 0}
        for holder, name, n, warned, late in (await session.execute(query)).all()
    ]
