"""The part of a complaint's life that hangs on a decision about money."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.model import Actor, State, Visibility
from complaints.service.acting import Acting
from complaints.storage import Complaint, locked


class Approval(Acting):
    """`planned ⇄ awaiting_approval`, called by whoever keeps the compensations, in the same
    transaction and after the compensation itself has been written."""

    async def await_approval(
        self, session: AsyncSession, no: str, actor: Actor, reason: str
    ) -> Complaint:
        """A compensation of the plan exceeds its author's authority. Outside `planned` nothing
        moves: the guards of execution and resolution wait for the decision by themselves."""
        complaint = await self._changed(session, no)
        if complaint.state == State.PLANNED:
            await self.move(session, complaint, actor, State.AWAITING_APPROVAL,
                            "awaiting_approval", self._clock.now(), reason=reason,
                            visible_to=Visibility.INTERNAL)  # fmt: skip
        return complaint

    async def approval_decided(
        self, session: AsyncSession, no: str, actor: Actor, approved: bool, reason: str
    ) -> Complaint:
        """The last undecided compensation was approved, denied or withdrawn."""
        complaint = await self._changed(session, no)
        undecided = await self._ports.compensations.undecided(session, no)
        if complaint.state == State.AWAITING_APPROVAL and not undecided:
            await self.move(session, complaint, actor, State.PLANNED,
                            "approved" if approved else "denied", self._clock.now(),
                            reason=reason, visible_to=Visibility.INTERNAL)  # fmt: skip
        return complaint

    async def _changed(self, session: AsyncSession, no: str) -> Complaint:
        complaint = await locked(session, no)
        complaint.version += 1
        await self._keeper.settle(session, complaint, self._clock.now())
        return complaint
