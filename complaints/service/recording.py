"""Writing to a complaint: lock, version, timeline, notices. Shared by every use case."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.errors import Change, Overtaken
from complaints.model import Actor, State, Visibility
from complaints.storage import (
    Complaint,
    ComplaintMeasure,
    ComplaintWatcher,
    Notice,
    TimelineEntry,
    locked,
)
from complaints.transitions import Dossier, MeasureFact
from foundation.database import Base
from foundation.transactions import announce

CHANGES_SHOWN = 20
_TOGETHER = "kept_together"
_ENTERED = "complaint_entries"


@dataclass(frozen=True)
class Entered:
    """An act as it was written down, and the state of the complaint at that moment."""

    entry: TimelineEntry
    complaint: Complaint
    state: str


def entered_in(session: AsyncSession) -> list[Entered]:
    """What was entered in this transaction since this was last asked, in order."""
    found: list[Entered] = session.info.pop(_ENTERED, [])
    return found


def enter(
    session: AsyncSession,
    complaint: Complaint,
    actor: Actor,
    act: str,
    now: datetime,
    *,
    reason: str = "",
    visible_to: Visibility = Visibility.INTERNAL,
    detail: dict[str, Any] | None = None,
    from_state: State | None = None,
    touch: bool = True,
) -> TimelineEntry:
    """Write an act into the timeline; with `from_state` it was a move to the present state.

    `touch=False` leaves the complaint's row alone, for callers that do not hold its lock.
    """
    entry = TimelineEntry(
        complaint_no=complaint.no,
        at=now,
        actor=actor.name,
        actor_id=actor.id,
        act=act,
        reason=reason,
        visible_to=visible_to,
        detail=detail or {},
        version=complaint.version,
        round=complaint.round,
        life=complaint.life,
        from_state=from_state,
        to_state=complaint.state if from_state else None,
    )
    session.info.setdefault(_ENTERED, []).append(Entered(entry, complaint, complaint.state))
    if touch:
        complaint.updated_at = now
    announce(session, "complaint", no=complaint.no, version=complaint.version, act=act)
    keep(session, entry)
    return entry


@asynccontextmanager
async def kept_together(session: AsyncSession) -> AsyncIterator[None]:
    """Timeline entries and notices written inside are inserted at its end, in one statement a
    table. A row by itself costs a statement, because its number is asked for."""
    rows: list[Base] = []
    session.info[_TOGETHER] = rows
    try:
        yield
    finally:
        del session.info[_TOGETHER]
    for table in (TimelineEntry, Notice):
        kept = [row for row in rows if isinstance(row, table)]
        if not kept:
            continue
        numbered = insert(table).returning(table.id, sort_by_parameter_order=True)
        numbers = await session.execute(numbered, [_values(row) for row in kept])
        for row, number in zip(kept, numbers.scalars(), strict=True):
            row.id = number


def keep(session: AsyncSession, row: TimelineEntry | Notice) -> None:
    """Insert a row with the next flush, or with the others of `kept_together`."""
    together: list[Base] | None = session.info.get(_TOGETHER)
    if together is None:
        session.add(row)
    else:
        together.append(row)


def _values(row: Base) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


async def opened_for_change(session: AsyncSession, no: str, version: int | None) -> Complaint:
    """The complaint, locked, one version on; `version` is the one the caller read.

    Raises:
        NotFound: no such complaint.
        Overtaken: it changed since; says who did what.
    """
    complaint = await locked(session, no)
    if version is not None and version != complaint.version:
        raise Overtaken(complaint.version, await _changes_since(session, no, version))
    complaint.version += 1
    return complaint


async def _changes_since(session: AsyncSession, no: str, version: int) -> list[Change]:
    query = (
        select(TimelineEntry)
        .where(TimelineEntry.complaint_no == no, TimelineEntry.version > version)
        .order_by(TimelineEntry.id.desc())
        .limit(CHANGES_SHOWN)
    )
    found = (await session.execute(query)).scalars()
    return [Change(e.version, e.at, e.actor, e.act, e.reason) for e in found][::-1]


def dossier_of(
    complaint: Complaint, measures: Iterable[ComplaintMeasure], *, undecided: bool
) -> Dossier:
    """What the guards look at."""
    plan = complaint.plan or {}
    reachable = complaint.phone or complaint.contact or complaint.conversation_id
    return Dossier(
        state=State(complaint.state),
        round=complaint.round,
        life=complaint.life,
        contact=reachable or "",
        subject=complaint.product,
        what=complaint.summary,
        when=complaint.occurred_at,
        evidence=complaint.evidence_count,
        no_evidence_reason=complaint.no_evidence_reason,
        responsibility=complaint.responsibility,
        priority=complaint.priority,
        whys=tuple(plan.get("whys", ())),
        cause_kind=plan.get("cause_kind", ""),
        cause=plan.get("cause", ""),
        plan_owner=plan.get("owner", {}).get("id", ""),
        plan_due="due_at" in plan,
        plan_cost="cost" in plan,
        measures=tuple(MeasureFact(m.round, m.result) for m in measures),
        undecided=undecided,
        customer_word=bool(complaint.customer_word),
        attempts=complaint.attempts,
        satisfaction=complaint.score is not None or complaint.satisfied is not None,
        waiver=complaint.rating_waiver,
        rejection=(complaint.rejection or {}).get("reason", ""),
        waiting=bool(complaint.waiting_for),
        sensitive=complaint.sensitive,
    )


def notice(
    session: AsyncSession,
    complaint: Complaint,
    staff_id: str,
    kind: str,
    text: str,
    now: datetime,
    actor: str = "",
) -> None:
    """Tell one member of staff."""
    told = Notice(
        staff_id=staff_id, complaint_no=complaint.no, kind=kind, text=text, actor=actor, at=now
    )
    keep(session, told)
    announce(
        session,
        "complaint_notice",
        staff_id=staff_id,
        complaint_no=complaint.no,
        kind=kind,
        text=text,
    )


async def followers_of(
    session: AsyncSession, complaints: Sequence[Complaint]
) -> dict[str, set[str]]:
    """Holder and watchers of each complaint, by number."""
    found = {c.no: {c.assigned_to} if c.assigned_to else set() for c in complaints}
    query = select(ComplaintWatcher).where(ComplaintWatcher.complaint_no.in_(found))
    for watcher in (await session.execute(query)).scalars():
        found[watcher.complaint_no].add(watcher.staff_id)
    return found
