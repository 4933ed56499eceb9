"""What a list may be asked for, as values and as conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement

from complaints.storage import Complaint

_PER_DAY = 1_000_000
Condition = ColumnElement[bool]


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

    @property
    def lowest(self) -> int | None:
        """The sorting key that the first complaint of `since` may have."""
        return int(f"{self.since:%Y%m%d}") * _PER_DAY if self.since else None

    @property
    def highest(self) -> int | None:
        """The sorting key that complaints of `until` stay below."""
        if self.until is None:
            return None
        return int(f"{self.until + timedelta(days=1):%Y%m%d}") * _PER_DAY

    @property
    def grounds(self) -> tuple[bool, ...]:
        """Whether open complaints, closed ones, or both are looked through."""
        return {
            View.CLOSED: (False,),
            View.ALL: (True, False),
            View.WATCHING: (True, False),
        }.get(self.view, (True,))


def narrowing(filters: Filters, staff_id: str, columns: Any = Complaint) -> list[list[Condition]]:
    """One group of conditions for each thing that narrows the list, days and words left out.

    `columns` has the attributes of a complaint, or of a subquery over it.
    """
    chosen = [_view(filters.view, staff_id, columns)]
    if filters.states:
        chosen.append([_any(columns.state, filters.states)])
    if filters.priorities:
        chosen.append([_any(columns.priority, filters.priorities)])
    exact = (
        (columns.category, filters.category),
        (columns.channel, filters.channel),
        (columns.assigned_to, filters.assigned_to),
        (columns.product, filters.product),
    )
    chosen += [[column == value] for column, value in exact if value]
    if filters.sensitive is not None:
        chosen.append([columns.sensitive.is_(filters.sensitive)])
    return [conditions for conditions in chosen if conditions]


def days(filters: Filters, columns: Any = Complaint) -> list[Condition]:
    """The conditions of `since` and `until`."""
    chosen: list[Condition] = []
    if filters.lowest is not None:
        chosen.append(columns.key >= filters.lowest)
    if filters.highest is not None:
        chosen.append(columns.key < filters.highest)
    return chosen


def _view(view: View, staff_id: str, columns: Any) -> list[Condition]:
    conditions: dict[View, list[Condition]] = {
        View.MINE: [columns.assigned_to == staff_id],
        View.UNASSIGNED: [columns.assigned_to.is_(None)],
        View.OVERDUE: [columns.overdue.is_(True)],
        View.WAITING: [columns.waiting.is_(True)],
        View.ESCALATED: [columns.escalated.is_(True)],
    }
    return conditions.get(view, [])


def _any(column: Any, words: Sequence[str]) -> Condition:
    """One of several words; of one alone an index can walk in the list's order."""
    chosen: Condition = column == words[0] if len(words) == 1 else column.in_(words)
    return chosen
