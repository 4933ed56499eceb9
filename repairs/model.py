"""A repair booking as values: numbers, states and visiting hours, without IO."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from foundation.errors import IllegalMove


class State(StrEnum):
    """Where a booking stands."""

    BOOKED = "booked"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    DONE = "done"


MOVES: dict[State, frozenset[State]] = {
    State.BOOKED: frozenset({State.RESCHEDULED, State.CANCELLED, State.DONE}),
    State.RESCHEDULED: frozenset({State.RESCHEDULED, State.CANCELLED, State.DONE}),
    State.CANCELLED: frozenset(),
    State.DONE: frozenset(),
}

FIRST_HOUR, LAST_HOUR = 8, 20
"""Technicians visit between these hours, in slots of two hours."""

DAYS_AHEAD = 60
"""Visits are planned at most so many days ahead."""

_NUMBER = re.compile(r"wx(20\d{6})(\d{1,6})", re.IGNORECASE)
_FILLING = re.compile(r"[\s\-_—–号]+")


@dataclass(frozen=True)
class Visit:
    """When the technician comes: a local day and the hours between which he arrives."""

    day: date
    from_hour: int
    to_hour: int


@dataclass(frozen=True)
class RepairRequest:
    """What a customer books."""

    product: str
    symptom: str
    visit: Visit
    address: str
    phone: str
    name: str = ""
    channel: str = "web"
    conversation_id: str | None = None


def repair_number(day: date, n: int) -> str:
    """The number of the `n`-th booking of `day`: `WXyyyymmdd-nnnn`."""
    return f"WX{day:%Y%m%d}-{n:04d}"


def normal_number(typed: str) -> str | None:
    """`typed` as a repair number, however it was spaced or cased; None if it is none."""
    match = _NUMBER.fullmatch(_FILLING.sub("", typed))
    return f"WX{match[1]}-{int(match[2]):04d}" if match else None


def move(state: State, target: State) -> State:
    """The state after a move.

    Raises:
        IllegalMove: if `target` is not in `MOVES[state]`.
    """
    if target not in MOVES[state]:
        raise IllegalMove("repair booking", state, target, sorted(MOVES[state]))
    return target
