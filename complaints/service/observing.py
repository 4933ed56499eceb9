"""Thirty days after a customer's word: what happens to him is noted, a bad turn is told once."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from complaints import texts
from complaints.model import SYSTEM, Actor
from complaints.observation.model import LOW_SCORE, Kind, Turn
from complaints.observation.storage import ObservationAlert, Observed, keep_once, windows_of
from complaints.ports import Call, Escalations
from complaints.service.recording import enter, followers_of, notice
from complaints.storage import Complaint
from foundation.clock import Clock
from foundation.errors import NotFound

NOTED, ALERTED, SEEN = "observed", "observation_alert", "observation_alert_seen"


class Observation:
    """Notes turns in the windows that are open for a customer, in the caller's transaction."""

    def __init__(self, clock: Clock, zone: ZoneInfo, escalations: Escalations) -> None:
        self._clock = clock
        self._zone = zone
        self._escalations = escalations

    async def happened(
        self,
        session: AsyncSession,
        customer_id: str | None,
        phone: str,
        turn: Turn,
        *,
        besides: str = "",
    ) -> int:
        """Note a turn on every complaint of this customer under observation but `besides`; how
        many had not heard of it."""
        found = 0
        for window in await windows_of(session, customer_id, phone, turn.at):
            if window.complaint.no != besides:
                found += await self.note(session, window.complaint, turn)
        return found

    async def complained(self, session: AsyncSession, other: Complaint) -> None:
        """A new complaint is a bad turn of the earlier ones."""
        words = texts.OBSERVED_COMPLAINT.format(other=other.no)
        turn = Turn(Kind.COMPLAINT, other.no, self._clock.now(), words, bad=True,
                    detail={"complaint_no": other.no})  # fmt: skip
        await self.happened(session, other.customer_id, other.phone, turn, besides=other.no)

    async def bought(
        self, session: AsyncSession, phone: str, order_no: str, product: str, day: date
    ) -> None:
        """An order of a day within the window; not every order of which we hear is a new one."""
        now = self._clock.now()
        words = texts.OBSERVED_PURCHASE.format(order_no=order_no, product=product)
        turn = Turn(Kind.PURCHASE, order_no, now, words, detail={"order_no": order_no})
        for window in await windows_of(session, None, phone, now):
            if window.since.astimezone(self._zone).date() <= day:
                await self.note(session, window.complaint, turn)

    async def rated(self, session: AsyncSession, complaint: Complaint) -> None:
        """A rating within the window; a low one is a bad turn."""
        score, satisfied = complaint.score or 0, complaint.satisfied
        now = self._clock.now()
        words = texts.OBSERVED_RATING.format(no=complaint.no, score=score)
        ref = f"{complaint.no}/{complaint.life}/{complaint.round}/{score}"
        turn = Turn(Kind.RATING, ref, now, words, bad=satisfied is False or score <= LOW_SCORE)
        await self.happened(session, complaint.customer_id, complaint.phone, turn)

    async def note(self, session: AsyncSession, complaint: Complaint, turn: Turn) -> bool:
        """Note a turn on one complaint; whether it is news."""
        fresh = await keep_once(
            session,
            Observed,
            {
                "complaint_no": complaint.no,
                "life": complaint.life,
                "kind": turn.kind,
                "ref": turn.ref[:60],
                "at": turn.at,
                "bad": turn.bad,
            },
        )
        if fresh:
            enter(session, complaint, SYSTEM, NOTED, turn.at, reason=turn.words,
                  detail={"kind": turn.kind, **turn.detail}, touch=False)  # fmt: skip
        if turn.bad:
            await self._alert(session, complaint, turn)
        return fresh

    async def see(self, session: AsyncSession, complaint: Complaint, actor: Actor) -> None:
        """Somebody has seen to the alert; the first one to say so is kept.

        Raises:
            NotFound: there is no alert in this life.
        """
        alert = await session.get(ObservationAlert, (complaint.no, complaint.life))
        if alert is None:
            raise NotFound("alert", complaint.no)
        if alert.seen_at is None:
            alert.seen_at, alert.seen_by = self._clock.now(), actor.name
            enter(session, complaint, actor, SEEN, alert.seen_at)

    async def _alert(self, session: AsyncSession, complaint: Complaint, turn: Turn) -> None:
        now = self._clock.now()
        words = texts.OBSERVATION_ALERT.format(no=complaint.no, words=turn.words)
        raised = await keep_once(
            session,
            ObservationAlert,
            {
                "complaint_no": complaint.no,
                "life": complaint.life,
                "kind": turn.kind,
                "words": turn.words,
                "raised_at": now,
                "seen_by": "",
            },
        )
        if not raised:
            return
        enter(session, complaint, SYSTEM, ALERTED, now, reason=turn.words,
              detail={"kind": turn.kind}, touch=False)  # fmt: skip
        for staff_id in (await followers_of(session, [complaint]))[complaint.no]:
            notice(session, complaint, staff_id, "observation", words, now)
        await self._escalations.page(session, [Call(complaint, "observation", words)])
