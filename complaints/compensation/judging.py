"""Holding what has been granted against who wants to decide. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.authority import Authority, Granted, Person, Split, Verdict, split_of
from complaints.compensation.model import Status
from complaints.compensation.payouts import CompensationPayout, payouts_of
from complaints.compensation.ports import CompensatedComplaint
from complaints.compensation.storage import (
    CompensationDecision,
    CompensationRequest,
    count_pending,
    decisions_of,
    granted,
    pending_with_complaints,
    pieces,
    requests_of,
)
from complaints.model import Actor
from complaints.storage import Complaint
from foundation.clock import Clock
from foundation.settings import Settings

INBOX_SCANNED = 1000
"""Waiting requests that an inbox looks at, oldest first."""


@dataclass(frozen=True)
class Outlook:
    """Whether somebody may decide now, what has been granted, and whether it looks split."""

    verdict: Verdict
    granted: Granted
    split: Split | None = None


@dataclass(frozen=True)
class Standing:
    """A request as one member of staff sees it; `total` (fen) is the sum with it.

    `needs` is the lowest role that may approve it, None once it is decided or if nobody may.
    """

    request: CompensationRequest
    decision: CompensationDecision | None
    total: int
    needs: str | None = None
    may_approve: bool = False
    may_deny: bool = False
    may_withdraw: bool = False
    why: str = ""
    payout: CompensationPayout | None = None


@dataclass(frozen=True)
class Summary:
    """All money of a complaint (fen) and what one member of staff may still grant."""

    requested: int
    approved: int
    pending: int
    paid: int
    outlook: Outlook
    decider: str | None
    requests: list[Standing]


class Judge:
    """Says who may decide about what, from the books as they are."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._window = timedelta(days=settings.compensation_window_days)
        self.authority = Authority.of(settings)

    async def undecided(self, session: AsyncSession, no: str) -> bool:
        """Whether money for this complaint waits for somebody's decision."""
        return await count_pending(session, no) > 0

    async def outlook(
        self, session: AsyncSession, complaint: CompensatedComplaint, person: Person, amount: int
    ) -> Outlook:
        """Whether `person` may grant `amount` (fen; 0 asks what is left) by his own limit."""
        so_far = await granted(session, complaint, self._since())
        verdict = self.authority.grant(person, (complaint.category,), so_far, amount)
        earlier = await pieces(session, complaint, self._since()) if amount else []
        return Outlook(verdict, so_far, split_of(verdict.limit, person.id, amount, earlier))

    async def outlook_of(
        self,
        session: AsyncSession,
        request: CompensationRequest,
        complaint: CompensatedComplaint,
        person: Person,
    ) -> Outlook:
        """Whether `person` may approve a request."""
        so_far = await granted(session, complaint, self._since())
        verdict = self.authority.approve(
            person, request.author_id, _categories(request, complaint), so_far, request.amount
        )
        return Outlook(verdict, so_far)

    def may_deny(
        self,
        request: CompensationRequest,
        complaint: CompensatedComplaint,
        actor: Actor,
        total: int,
    ) -> bool:
        """Whether `actor` may refuse a request that would bring the sum to `total`."""
        author = Person(request.author_id, request.author_role)
        categories = _categories(request, complaint)
        return self.authority.deny(person_of(actor), author, categories, total)

    async def summary(
        self, session: AsyncSession, complaint: CompensatedComplaint, actor: Actor
    ) -> Summary:
        """All money of a complaint, newest request first."""
        found = await requests_of(session, complaint.no)
        decisions = await decisions_of(session, [request.id for request in found])
        payouts = await payouts_of(session, [request.id for request in found])
        outlook = await self.outlook(session, complaint, person_of(actor), 0)
        more = self.authority.roles_for(outlook.granted.sum_with(1), complaint.category)

        def sum_of(*statuses: Status) -> int:
            return sum(request.amount for request in found if request.status in statuses)

        return Summary(
            requested=sum_of(*Status),
            approved=sum_of(Status.APPROVED),
            pending=sum_of(Status.PENDING),
            paid=sum(payout.amount for payout in payouts.values()),
            outlook=outlook,
            decider=more[0] if more else None,
            requests=[
                replace(
                    await self.standing(
                        session, request, decisions.get(request.id), complaint, actor
                    ),
                    payout=payouts.get(request.id),
                )
                for request in found
            ],
        )

    async def standing(
        self,
        session: AsyncSession,
        request: CompensationRequest,
        decision: CompensationDecision | None,
        complaint: CompensatedComplaint,
        actor: Actor,
    ) -> Standing:
        """A request as `actor` sees it."""
        if request.status != Status.PENDING:
            before = decision or CompensationDecision(complaint_granted=0, customer_granted=0)
            so_far = Granted(before.complaint_granted, before.customer_granted)
            return Standing(request, decision, so_far.sum_with(request.amount))
        verdict = (await self.outlook_of(session, request, complaint, person_of(actor))).verdict
        return Standing(
            request,
            decision,
            total=verdict.total,
            needs=verdict.roles[0] if verdict.roles else None,
            may_approve=verdict.allowed,
            may_deny=self.may_deny(request, complaint, actor, verdict.total),
            may_withdraw=actor.id == request.author_id,
            why=verdict.words,
        )

    async def inbox(
        self, session: AsyncSession, actor: Actor, limit: int
    ) -> tuple[list[tuple[Standing, Complaint]], int]:
        """Requests that wait for `actor`, oldest first, up to `limit`; and how many there are."""
        found: list[tuple[Standing, Complaint]] = []
        total = 0
        for request, complaint in await pending_with_complaints(session, INBOX_SCANNED):
            if not self._might_decide(request, complaint, actor):
                continue
            if total >= limit and self._is_above(request, complaint, actor):
                total += 1
                continue
            standing = await self.standing(session, request, None, complaint, actor)
            if standing.may_approve or standing.may_deny:
                total += 1
                if total <= limit:
                    found.append((standing, complaint))
        return found, total

    def _is_above(
        self, request: CompensationRequest, complaint: CompensatedComplaint, actor: Actor
    ) -> bool:
        author = Person(request.author_id, request.author_role)
        return self.authority.above(person_of(actor), author, _categories(request, complaint))

    def _might_decide(
        self, request: CompensationRequest, complaint: CompensatedComplaint, actor: Actor
    ) -> bool:
        """Whether the books need be asked at all: the amount by itself rules most people out."""
        return self.may_deny(request, complaint, actor, request.amount)

    def _since(self) -> datetime:
        return self._clock.now() - self._window


def person_of(actor: Actor) -> Person:
    """Somebody who acts, as authority sees him."""
    return Person(actor.id or "", actor.role)


def _categories(request: CompensationRequest, complaint: CompensatedComplaint) -> tuple[str, str]:
    """Then and now: classifying a complaint anew does not widen anybody's limit."""
    return request.category, complaint.category
