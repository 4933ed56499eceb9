"""Time as a port, so that tests and journeys decide what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time; always aware and in UTC."""

    def now(self) -> datetime:
        """The current moment in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current moment in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was set to, in UTC."""
        return self._moment

    def set(self, moment: datetime) -> None:
        """Jump to `moment`, forwards or backwards."""
        self._moment = moment.astimezone(UTC)

    def advance(self, **delta: float) -> None:
        """Move by a `timedelta` given as keywords, for example `seconds=60`."""
        self._moment += timedelta(**delta)


class OffsetClock:
    """A running clock shifted so that it showed `start` when it was made."""

    def __init__(self, start: datetime) -> None:
        self._offset = start.astimezone(UTC) - datetime.now(UTC)

    def now(self) -> datetime:
        """The shifted moment in UTC."""
        return datetime.now(UTC) + self._offset

    def set(self, moment: datetime) -> None:
        """Shift so that it shows `moment` now."""
        self._offset = moment.astimezone(UTC) - datetime.now(UTC)
