"""The complaint's own life as compensation uses it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.model import Actor, normal_number
from complaints.service.approval import Approval
from complaints.service.recording import enter, notice
from complaints.storage import Complaint, locked
from foundation.clock import Clock
from foundation.errors import NotFound


class Lifecycle:
    """`ports.ComplaintFile` over the real complaint."""

    def __init__(self, clock: Clock, approval: Approval) -> None:
        self._clock = clock
        self._approval = approval

    async def locked(self, session: AsyncSession, no: str) -> Complaint:
        """The complaint, held until the transaction ends. Raises `NotFound`."""
        return await locked(session, normal_number(no) or no)

    async def find(self, session: AsyncSession, no: str) -> Complaint:
        """The complaint, for reading. Raises `NotFound`."""
        found = await session.get(Complaint, normal_number(no) or no)
        if found is None:
            raise NotFound("complaint", no)
        return found

    async def enter(
        self,
        session: AsyncSession,
        no: str,
        act: str,
        actor: Actor,
        reason: str,
        detail: dict[str, Any],
    ) -> None:
        """Add an internal timeline entry; the complaint's own version stays."""
        complaint = await self.find(session, no)
        enter(session, complaint, actor, act, self._clock.now(), reason=reason, detail=detail)

    async def tell(
        self, session: AsyncSession, no: str, staff_id: str, text: str, actor: Actor
    ) -> None:
        """A notice at the desk, as mentions are."""
        complaint = await self.find(session, no)
        notice(session, complaint, staff_id, "compensation", text, self._clock.now(), actor.name)

    async def await_approval(
        self, session: AsyncSession, no: str, actor: Actor, reason: str
    ) -> None:
        """`planned → awaiting_approval`."""
        await self._approval.await_approval(session, no, actor, reason)

    async def approval_decided(
        self, session: AsyncSession, no: str, actor: Actor, approved: bool, reason: str
    ) -> None:
        """`awaiting_approval → planned`."""
        await self._approval.approval_decided(session, no, actor, approved, reason)
