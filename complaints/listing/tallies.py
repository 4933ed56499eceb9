"""Counts, the board of clocks and the calls to make: each reads a bounded number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CTE, ScalarSelect, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from complaints.clocks import ClockState
from complaints.listing.filters import Condition, Filters, View, narrowing
from complaints.model import ClockKind
from complaints.storage import CallTask, Complaint, ComplaintClock, ComplaintWatcher

COUNT_CAP = 1_000
"""Counts stop here: who has a thousand waiting does not need to know how many more."""
LOAD_CAP = 200
"""So are the open complaints of one holder: nobody works more at a time."""
BOARD_ROWS = 200
_BRIEFLY = load_only(
    Complaint.no,
    Complaint.priority,
    Complaint.sensitive,
    Complaint.product,
    Complaint.assigned_to,
    Complaint.assigned_name,
    raiseload=True,
)
TABS = tuple(view for view in View if view not in (View.CLOSED, View.ALL))


@dataclass(frozen=True)
class Board:
    """The clocks that need eyes, and who holds how much."""

    totals: dict[str, int]
    rows: list[tuple[ComplaintClock, Complaint]]
    holders: list[dict[str, Any]] = field(default_factory=list)


async def counts(session: AsyncSession, staff_id: str) -> dict[str, int]:
    """How many each tab holds, up to `COUNT_CAP`."""
    counted = (await session.execute(select(*(_tab(view, staff_id) for view in TABS)))).one()
    return dict(zip(TABS, counted, strict=True))


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
        .options(_BRIEFLY)
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
            .options(_BRIEFLY)
            .order_by(ComplaintClock.next_at)
            .limit(BOARD_ROWS - len(rows))
        )
        found = [(clock, complaint) for clock, complaint in (await session.execute(soon)).all()]
        rows += sorted(found, key=lambda row: row[0].due_at or datetime.max.replace(tzinfo=UTC))
    return Board(await _totals(session), rows, await holders(session))


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


async def load_of(session: AsyncSession) -> dict[str, int]:
    """Open complaints by holder, each up to `LOAD_CAP`."""
    ids = _holders()
    query = select(ids.c.id, _held(ids)).where(ids.c.id.is_not(None))
    return {holder: int(n) for holder, n in await session.execute(query) if n}


async def holders(session: AsyncSession) -> list[dict[str, Any]]:
    """Who holds open complaints and how many, late and warned ones apart; the busiest first.

    Each number is counted up to `LOAD_CAP`, on the holder's own stretch of an index.
    """
    ids = _holders()
    name = select(Complaint.assigned_name).where(
        Complaint.assigned_to == ids.c.id, Complaint.is_open.is_(True)
    )
    query = select(
        ids.c.id,
        name.limit(1).correlate(ids).scalar_subquery().label("display_name"),
        _held(ids).label("open"),
        _held(
            ids, Complaint.overdue.is_(False), Complaint.next_clock_state == ClockState.WARNED
        ).label("warned"),
        _held(ids, Complaint.overdue.is_(True)).label("overdue"),
    ).where(ids.c.id.is_not(None))
    found = [dict(row._mapping) for row in await session.execute(query)]
    busy = [holder for holder in found if holder["open"]]
    return sorted(busy, key=lambda holder: -holder["open"])[:BOARD_ROWS]


def _holders() -> CTE:
    """Everybody who holds anything, found by leaps through an index."""
    ids = select(func.min(Complaint.assigned_to).label("id")).cte("holders", recursive=True)
    following = select(func.min(Complaint.assigned_to)).where(Complaint.assigned_to > ids.c.id)
    return ids.union_all(select(following.scalar_subquery()).where(ids.c.id.is_not(None)))


def _held(ids: CTE, *more: Condition) -> ScalarSelect[int]:
    of_his = (Complaint.assigned_to == ids.c.id, Complaint.is_open.is_(True), *more)
    some = select(Complaint.overdue).where(*of_his).limit(LOAD_CAP).correlate(ids).subquery()
    return select(func.count()).select_from(some).correlate(ids).scalar_subquery()


def _tab(view: View, staff_id: str) -> ScalarSelect[int]:
    some: Select[Any]
    if view is View.WATCHING:
        some = select(ComplaintWatcher.complaint_no).where(ComplaintWatcher.staff_id == staff_id)
    else:
        groups = narrowing(Filters(view=view), staff_id)
        conditions = [condition for group in groups for condition in group]
        some = select(Complaint.is_open).where(*conditions, Complaint.is_open.is_(True))
    return _up_to_the_cap(some)


def _up_to_the_cap(some: Select[Any]) -> ScalarSelect[int]:
    return select(func.count()).select_from(some.limit(COUNT_CAP).subquery()).scalar_subquery()


async def _totals(session: AsyncSession) -> dict[str, int]:
    def clocks(state: ClockState) -> ScalarSelect[int]:
        unfinished = ComplaintClock.ended_at.is_(None)
        return _up_to_the_cap(
            select(ComplaintClock.state).where(unfinished, ComplaintClock.state == state)
        )

    query = select(
        _tab(View.OPEN, "").label("open"),
        _tab(View.UNASSIGNED, "").label("unassigned"),
        clocks(ClockState.RUNNING).label("running"),
        clocks(ClockState.WARNED).label("warned"),
        clocks(ClockState.BREACHED).label("overdue"),
        clocks(ClockState.PAUSED).label("paused"),
    )
    return dict((await session.execute(query)).one()._mapping)
