"""The customer's own view: where it stands, a word back, a rating (SPEC section 5)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from complaints import texts
from complaints.model import (
    CUSTOMER,
    SHORTEST_PHONE,
    ClockKind,
    ConfirmedBy,
    State,
    Visibility,
    normal_number,
    phone_digits,
)
from complaints.service.acting import Acting
from complaints.service.handling import Handling, rate
from complaints.service.observing import Observation
from complaints.service.recording import enter, followers_of, notice
from complaints.service.tending import Tending
from complaints.storage import Complaint, locked
from foundation.errors import InvalidInput, NotFound

RATABLE = frozenset({State.RESOLVED, State.CONFIRMED})


class Customers(Acting):
    """Use cases of the status page; a number opens with its contact phone alone."""

    handling: Handling
    tending: Tending
    observation: Observation

    async def look_up(self, session: AsyncSession, no: str, phone: str) -> Complaint:
        """The complaint of this number and phone.

        Raises:
            NotFound: number or phone is wrong; it is not said which.
        """
        number = normal_number(no)
        found = await session.get(Complaint, number) if number else None
        given = phone_digits(phone)
        right = found is not None and phone_digits(found.phone) == given
        if found is None or not right or len(given) < SHORTEST_PHONE:
            raise NotFound("complaint", no)
        return found

    async def reply(self, session: AsyncSession, no: str, phone: str, text: str) -> Complaint:
        """The customer adds a word; what waited for him goes on, and the holder is told."""
        number = (await self.look_up(session, no, phone)).no
        return await self.said(session, number, text)

    async def said(self, session: AsyncSession, no: str, text: str) -> Complaint:
        """The same, when he is known already."""
        complaint = await locked(session, no)
        now = self._clock.now()
        await self._keeper.settle(session, complaint, now)
        if complaint.waiting_for:
            complaint = await self.tending.resume(session, no, CUSTOMER)
        enter(session, complaint, CUSTOMER, "customer_said", now, reason=text,
              visible_to=Visibility.CUSTOMER)  # fmt: skip
        told = texts.CUSTOMER_SAID.format(no=no, text=text[:200])
        for staff_id in (await followers_of(session, [complaint]))[complaint.no]:
            notice(session, complaint, staff_id, "customer_said", told, now)
        return complaint

    async def rate(
        self,
        session: AsyncSession,
        no: str,
        phone: str,
        *,
        score: int,
        satisfied: bool,
        comment: str = "",
    ) -> Complaint:
        """Satisfied ends the matter; not satisfied begins another round.

        Raises:
            NotFound: as `look_up`.
            InvalidInput: there is nothing to rate yet.
        """
        number = (await self.look_up(session, no, phone)).no
        complaint = await locked(session, number)
        if complaint.state not in RATABLE:
            raise InvalidInput("there is nothing to rate yet", field="score")
        now = self._clock.now()
        await self._keeper.settle(session, complaint, now)
        complaint.version += 1
        rate(complaint, score, satisfied, comment, CUSTOMER, now)
        enter(session, complaint, CUSTOMER, "rated", now, reason=comment,
              visible_to=Visibility.CUSTOMER,
              detail={"score": score, "satisfied": satisfied})  # fmt: skip
        await self._keeper.met(session, complaint, now, ClockKind.FOLLOW_UP)
        if not satisfied:
            said = texts.DISSATISFIED.format(no=number, score=score)
            for staff_id in (await followers_of(session, [complaint]))[complaint.no]:
                notice(session, complaint, staff_id, "dissatisfied", said, now)
        await self.observation.rated(session, complaint)
        if complaint.state == State.RESOLVED:
            await self._after_resolved(session, complaint, score, satisfied, comment)
        return complaint

    async def _after_resolved(
        self, session: AsyncSession, complaint: Complaint, score: int, satisfied: bool, comment: str
    ) -> None:
        if satisfied:
            words = comment or f"{score} 分"
            await self.handling.confirm(
                session, complaint.no, CUSTOMER, None, by=ConfirmedBy.CUSTOMER_WORD, words=words
            )
        else:
            reason = comment or f"客户评价不满意（{score} 分）"
            await self.handling.reprocess(session, complaint.no, CUSTOMER, None, reason=reason)
