"""What complaints need from the rest of the house; wired in `api`. The `No…` classes stand in for
parts that an installation or a test does without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.storage import Complaint


@dataclass(frozen=True)
class Call:
    """A reason to call people: the complaint, the clock's kind or `second_round`, and words."""

    complaint: Complaint
    kind: str
    why: str


@dataclass(frozen=True)
class Colleague:
    """Somebody who could hold a complaint; `skills` are ids of `complaints.skills`."""

    id: str
    display_name: str
    role: str
    present: bool = False
    skills: frozenset[str] = field(default_factory=frozenset)


class Escalations(Protocol):
    """Calls people who must act now."""

    async def page(self, session: AsyncSession, calls: Sequence[Call]) -> None:
        """Call supervisors (everybody for `urgent`) in the caller's transaction."""
        ...


class Voice(Protocol):
    """Reaches the customer by the channel he came by."""

    async def tell(self, session: AsyncSession, complaint: Complaint, text: str) -> bool:
        """Say `text` in the caller's transaction; False when no channel reaches him."""
        ...


class Compensations(Protocol):
    """The money part, seen from the complaint's life."""

    async def undecided(self, session: AsyncSession, no: str) -> bool:
        """Whether a compensation of this complaint waits for a decision."""
        ...


class Staffing(Protocol):
    """Who works at the desk."""

    async def colleagues(self, session: AsyncSession) -> Sequence[Colleague]:
        """Everybody who may hold complaints, by name."""
        ...


class Archive(Protocol):
    """What happens outside complaints when one is archived."""

    async def archived(
        self, session: AsyncSession, complaint: Complaint, file: dict[str, Any]
    ) -> None:
        """Draft a case without personal data, look at the customer's tier, tell other systems."""
        ...


class NoEscalations:
    """Calls nobody."""

    async def page(self, session: AsyncSession, calls: Sequence[Call]) -> None:
        """Nothing."""


class NoVoice:
    """Reaches nobody, so every word to a customer becomes a call to make."""

    async def tell(self, session: AsyncSession, complaint: Complaint, text: str) -> bool:
        """Never reached."""
        return False


class NoCompensations:
    """No money is ever asked for."""

    async def undecided(self, session: AsyncSession, no: str) -> bool:
        """Never."""
        return False


class NoStaffing:
    """Knows nobody."""

    async def colleagues(self, session: AsyncSession) -> Sequence[Colleague]:
        """Nobody."""
        return ()


class NoArchive:
    """Keeps nothing elsewhere."""

    async def archived(
        self, session: AsyncSession, complaint: Complaint, file: dict[str, Any]
    ) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Ports:
    """Everything complaints reach outside themselves."""

    escalations: Escalations = field(default_factory=NoEscalations)
    voice: Voice = field(default_factory=NoVoice)
    compensations: Compensations = field(default_factory=NoCompensations)
    staffing: Staffing = field(default_factory=NoStaffing)
    archive: Archive = field(default_factory=NoArchive)
