"""What compensation needs of the complaint's own life; the lifecycle fulfils it."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.model import Actor


class CompensatedComplaint(Protocol):
    """What money decisions look at."""

    @property
    def no(self) -> str:
        """Its number."""
        ...

    @property
    def state(self) -> str:
        """Where it stands."""
        ...

    @property
    def category(self) -> str:
        """What it is about; empty while nobody has classified it."""
        ...

    @property
    def responsibility(self) -> str | None:
        """Whose doing it was; empty or None while nobody has assessed it."""
        ...

    @property
    def round(self) -> int:
        """Which processing this is."""
        ...

    @property
    def customer_id(self) -> str | None:
        """The customer, where the channel knows him."""
        ...

    @property
    def phone(self) -> str:
        """The contact number as kept."""
        ...


class ComplaintFile(Protocol):
    """The complaint's lifecycle as compensation sees it; all inside the caller's transaction."""

    async def locked(self, session: AsyncSession, no: str) -> CompensatedComplaint:
        """The complaint, held until the transaction ends. Raises `NotFound`."""
        ...

    async def find(self, session: AsyncSession, no: str) -> CompensatedComplaint:
        """The complaint, for reading. Raises `NotFound`."""
        ...

    async def enter(
        self,
        session: AsyncSession,
        no: str,
        act: str,
        actor: Actor,
        reason: str,
        detail: dict[str, Any],
    ) -> None:
        """Add an internal timeline entry."""
        ...

    async def tell(
        self, session: AsyncSession, no: str, staff_id: str, text: str, actor: Actor
    ) -> None:
        """Tell one member of staff something about the money of a complaint."""
        ...

    async def await_approval(
        self, session: AsyncSession, no: str, actor: Actor, reason: str
    ) -> None:
        """`planned → awaiting_approval`."""
        ...

    async def approval_decided(
        self, session: AsyncSession, no: str, actor: Actor, approved: bool, reason: str
    ) -> None:
        """`awaiting_approval → planned`: nothing waits for a decision any more."""
        ...
