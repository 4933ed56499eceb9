"""Where a page of a list ends and the next one begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.sql.elements import UnaryExpression

from complaints.listing.filters import Sort
from complaints.storage import Complaint
from foundation.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIGHEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Place:
    """A complaint's place in the order of a list: its key, and its due time in that order."""

    key: int
    due: datetime | None = None

    @classmethod
    def of(cls, complaint: Complaint, sort: Sort) -> Place:
        """Where a complaint stands."""
        return cls(complaint.key, complaint.next_due_at if sort is Sort.DUE else None)

    @property
    def rank(self) -> tuple[float, int]:
        """Sorts as the list does."""
        return (self.due.timestamp(), self.key) if self.due else (0.0, -self.key)

    @property
    def cursor(self) -> str:
        """The place as a word of an address."""
        moment = (self.due - _EPOCH) // timedelta(microseconds=1) if self.due else ""
        return f"{moment}~{self.key}"


def place_of(cursor: str, sort: Sort) -> Place | None:
    """The place a cursor names; None for an empty one.

    Raises:
        InvalidInput: a cursor that none of our pages gave.
    """
    if not cursor:
        return None
    try:
        moment, _, key = cursor.rpartition("~")
        due = datetime.fromtimestamp(int(moment) / 1_000_000, UTC) if sort is Sort.DUE else None
        place = Place(int(key), due)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInput("not a cursor of this list", field="cursor") from error
    if abs(place.key) > _HIGHEST_KEY:
        raise InvalidInput("not a cursor of this list", field="cursor")
    return place


def after(place: Place | None, sort: Sort) -> list[ColumnElement[bool]]:
    """What comes behind a place; in the order of due times, only what has one."""
    if sort is Sort.NEWEST:
        return [Complaint.key < place.key] if place else []
    if place is None:
        return [Complaint.next_due_at.is_not(None)]
    return [tuple_(Complaint.next_due_at, Complaint.key) > (place.due, place.key)]


def until(place: Place | None, sort: Sort) -> list[ColumnElement[bool]]:
    """What does not come behind a place."""
    if place is None:
        return []
    if sort is Sort.NEWEST:
        return [Complaint.key >= place.key]
    return [tuple_(Complaint.next_due_at, Complaint.key) <= (place.due, place.key)]


def order(sort: Sort) -> list[UnaryExpression[Any]]:
    """The order of a list."""
    if sort is Sort.NEWEST:
        return [Complaint.key.desc()]
    return [Complaint.next_due_at.asc(), Complaint.key.asc()]
