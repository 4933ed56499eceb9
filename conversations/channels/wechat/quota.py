"""How many customer-service messages one customer may still be sent, pure.

The platform grants a number of messages for a time after each act of the customer (SPEC section 9:
five in 48 hours after a message). Allowances do not add up: the best one open counts, and every
message sent takes one off each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Terms = Mapping[str, tuple[int, int]]
"""Messages and seconds by the act that grants them."""


@dataclass(frozen=True)
class Grant:
    """One allowance."""

    event: str
    limit: int
    used: int
    until: datetime

    @property
    def left(self) -> int:
        """Messages still to be sent."""
        return max(0, self.limit - self.used)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"event": self.event, "limit": self.limit, "used": self.used,
                "until": self.until.isoformat()}  # fmt: skip


def read(kept: Iterable[Mapping[str, Any]]) -> tuple[Grant, ...]:
    """Back from the JSON form."""
    return tuple(
        Grant(k["event"], k["limit"], k["used"], datetime.fromisoformat(k["until"])) for k in kept
    )


def granted(
    grants: Iterable[Grant], event: str, heard_at: datetime, terms: Terms
) -> tuple[Grant, ...]:
    """The grants after an act of the customer; an unknown act grants nothing.

    A repeated act renews its own allowance; one that was heard of late does not shorten a newer.
    """
    if event not in terms:
        return tuple(grants)
    limit, seconds = terms[event]
    fresh = Grant(event, limit, 0, heard_at + timedelta(seconds=seconds))
    kept = [grant for grant in grants if grant.event != event or grant.until > fresh.until]
    if any(grant.event == event for grant in kept):
        return tuple(kept)
    return (*kept, fresh)


def best(grants: Iterable[Grant], now: datetime) -> Grant | None:
    """The allowance that counts now, the one with most left; None when all have run out of time."""
    running = [grant for grant in grants if grant.until > now]
    return max(running, key=lambda grant: (grant.left, grant.until), default=None)


def left(grants: Iterable[Grant], now: datetime) -> int:
    """Messages that may be sent now."""
    found = best(grants, now)
    return found.left if found else 0


def spent(grants: Iterable[Grant], now: datetime, count: int = 1) -> tuple[Grant, ...]:
    """After sending `count` messages (a negative count gives them back)."""
    return tuple(
        Grant(g.event, g.limit, max(0, g.used + count), g.until) if g.until > now else g
        for g in grants
    )


def exhausted(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """After the platform said that the number is used up (45047), whatever we counted."""
    return tuple(Grant(g.event, g.limit, g.limit, g.until) for g in grants)
