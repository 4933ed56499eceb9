"""The frame of every act on a complaint: lock, version, permission, clocks, then the change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.model import CLOSED_STATES, Actor, State, Visibility
from complaints.ports import Ports
from complaints.service.recording import dossier_of, enter, opened_for_change
from complaints.service.telling import Telling
from complaints.service.timekeeping import Timekeeper
from complaints.storage import Complaint, measures_of
from complaints.transitions import Dossier, transition
from complaints.verbs import require
from foundation.clock import Clock


class Acting:
    """What use cases share; each runs inside the caller's transaction."""

    def __init__(self, clock: Clock, keeper: Timekeeper, telling: Telling, ports: Ports) -> None:
        self._clock = clock
        self._keeper = keeper
        self._telling = telling
        self._ports = ports

    async def begin(
        self, session: AsyncSession, no: str, actor: Actor, version: int | None, verb: str
    ) -> tuple[Complaint, datetime]:
        """The complaint locked for this verb, what time has brought recorded, and now.

        Raises:
            NotFound, Overtaken: as `opened_for_change`.
            IllegalMove, NotAllowed: as `complaints.verbs.require`.
        """
        complaint = await opened_for_change(session, no, version)
        require(verb, State(complaint.state), actor, complaint.assigned_to)
        now = self._clock.now()
        await self._keeper.settle(session, complaint, now)
        return complaint, now

    async def dossier(self, session: AsyncSession, complaint: Complaint) -> Dossier:
        """What the guards look at."""
        await session.flush()
        measures = await measures_of(session, complaint.no, complaint.life)
        undecided = await self._ports.compensations.undecided(session, complaint.no)
        return dossier_of(complaint, measures, undecided=undecided)

    async def move(
        self,
        session: AsyncSession,
        complaint: Complaint,
        actor: Actor,
        target: State,
        act: str,
        now: datetime,
        *,
        reason: str = "",
        visible_to: Visibility = Visibility.CUSTOMER,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Make the move and write it down.

        Raises:
            IllegalMove, NotReady: as `complaints.transitions.transition`; nothing is kept.
        """
        before = replace(await self.dossier(session, complaint), reason=reason)
        after = transition(before, target)
        complaint.state, complaint.round, complaint.life = after.state, after.round, after.life
        complaint.is_open = after.state not in CLOSED_STATES
        if (after.round, after.life) != (before.round, before.life):
            self._unsettle(complaint)
        enter(
            session,
            complaint,
            actor,
            act,
            now,
            reason=reason,
            visible_to=visible_to,
            detail=detail,
            from_state=before.state,
        )

    @staticmethod
    def _unsettle(complaint: Complaint) -> None:
        complaint.attempts = 0
        complaint.customer_word = ""
        complaint.score = complaint.satisfied = complaint.rated_at = None
        complaint.rating_comment = complaint.rated_by = complaint.rating_waiver = ""
