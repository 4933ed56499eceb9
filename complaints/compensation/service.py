"""Use cases of compensation, inside the caller's transaction (SPEC section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from complaints import texts
from complaints.authority import Split, Verdict
from complaints.compensation.judging import Judge, Outlook, person_of
from complaints.compensation.model import (
    OPEN_STATES,
    OUTCOME,
    REQUESTED,
    TIMELINE,
    Act,
    Forbidden,
    Stale,
    Status,
    Wish,
    check_double_refund,
    check_move,
    checked_reason,
)
from complaints.compensation.payouts import PAID, CompensationPayout, Paid
from complaints.compensation.ports import CompensatedComplaint, ComplaintFile
from complaints.compensation.storage import (
    CompensationDecision,
    CompensationRequest,
    count_pending,
    decisions_of,
    hold_ledger,
    request_by_id,
    request_by_key,
)
from complaints.model import Actor, State, phone_digits
from complaints.money import yuan_of
from foundation.clock import Clock
from foundation.errors import Conflict, IllegalMove
from foundation.ids import new_id

TOLD = {Act.APPROVE: texts.COMPENSATION_APPROVED, Act.DENY: texts.COMPENSATION_DENIED}
"""What the author of a request is told when somebody else has decided."""


@dataclass(frozen=True)
class Asked:
    """A request and whether this very request had been made before."""

    request: CompensationRequest
    repeated: bool = False


class CompensationService:
    """Asking for money, deciding about it, taking a request back, noting what was paid."""

    def __init__(self, clock: Clock, complaints: ComplaintFile, judge: Judge) -> None:
        self._clock = clock
        self._complaints = complaints
        self.judge = judge

    async def request(
        self, session: AsyncSession, no: str, author: Actor, wish: Wish, key: str
    ) -> Asked:
        """Ask for compensation; what the author's own limit covers is granted at once.

        The same `key` of the same author gives the same request again.

        Raises:
            NotFound: no such complaint.
            IllegalMove: the complaint is rejected or archived.
            InvalidInput: a double refund where the rule is not met.
            Conflict: the key was used for another wish.
        """
        await hold_ledger(session)
        complaint = await self._complaints.locked(session, no)
        known = await request_by_key(session, complaint.no, author.id or "", key)
        if known is not None:
            return Asked(_same(known, wish), repeated=True)
        _check_open(complaint)
        wish.check_against(complaint.category, complaint.responsibility)
        outlook = await self.judge.outlook(session, complaint, person_of(author), wish.amount)
        request = self._new(complaint, author, wish, key, outlook.split)
        session.add(request)
        await session.flush()
        await self._enter(session, request, REQUESTED, author, wish.reason, outlook.verdict.total)
        if outlook.verdict.allowed:
            await self._settle(session, request, Act.GRANT, author, wish.reason, outlook)
        elif complaint.state == State.PLANNED:
            await self._complaints.await_approval(session, complaint.no, author, wish.reason)
        return Asked(request)

    async def approve(
        self,
        session: AsyncSession,
        no: str,
        request_id: str,
        actor: Actor,
        version: int,
        reason: str,
    ) -> CompensationRequest:
        """Grant somebody else's request.

        Raises:
            NotFound, Stale, IllegalMove: not there, changed meanwhile, or decided already.
            Forbidden: his own request, or the sum is over his limit.
        """
        request, complaint = await self._open_request(session, no, request_id, version)
        check_move(request.status, Status.APPROVED)
        _check_open(complaint)
        check_double_refund(request.kind, complaint.category, complaint.responsibility)
        outlook = await self.judge.outlook_of(session, request, complaint, person_of(actor))
        if not outlook.verdict.allowed:
            raise _forbidden(outlook.verdict)
        await self._settle(session, request, Act.APPROVE, actor, checked_reason(reason), outlook)
        return request

    async def deny(
        self,
        session: AsyncSession,
        no: str,
        request_id: str,
        actor: Actor,
        version: int,
        reason: str,
    ) -> CompensationRequest:
        """Refuse somebody else's request. Raises as `approve`."""
        request, complaint = await self._open_request(session, no, request_id, version)
        check_move(request.status, Status.DENIED)
        outlook = await self.judge.outlook_of(session, request, complaint, person_of(actor))
        if not self.judge.may_deny(request, complaint, actor, outlook.verdict.total):
            raise _forbidden(outlook.verdict)
        await self._settle(session, request, Act.DENY, actor, checked_reason(reason), outlook)
        return request

    async def withdraw(
        self,
        session: AsyncSession,
        no: str,
        request_id: str,
        actor: Actor,
        version: int,
        reason: str,
    ) -> CompensationRequest:
        """The author takes back what has not been decided. Raises as `approve`."""
        request, complaint = await self._open_request(session, no, request_id, version)
        check_move(request.status, Status.WITHDRAWN)
        if actor.id != request.author_id:
            raise Forbidden("not_author", "只有申请人可以撤回", ())
        outlook = await self.judge.outlook_of(session, request, complaint, person_of(actor))
        await self._settle(session, request, Act.WITHDRAW, actor, checked_reason(reason), outlook)
        return request

    async def record_payout(
        self, session: AsyncSession, no: str, request_id: str, actor: Actor, paid: Paid
    ) -> CompensationRequest:
        """Note that a granted sum, or a part of it, was paid; the same note again changes nothing.

        Raises:
            NotFound: no such request.
            IllegalMove, InvalidInput: as `Paid.check_against`.
            Conflict: a payment was noted before.
        """
        await hold_ledger(session)
        complaint = await self._complaints.locked(session, no)
        request = await request_by_id(session, complaint.no, request_id)
        known = await session.get(CompensationPayout, request.id)
        if known is not None:
            if (known.amount, known.reference) == (paid.amount, paid.reference.strip()):
                return request
            raise Conflict("this has been paid already", reference=known.reference)
        now = self._clock.now()
        paid.check_against(request, now)
        session.add(
            CompensationPayout(
                request_id=request.id,
                amount=paid.amount,
                paid_at=paid.paid_at,
                reference=paid.reference.strip(),
                actor_id=actor.id or "",
                actor_name=actor.name,
                actor_role=actor.role,
                recorded_at=now,
            )
        )
        detail = {
            "request_id": request.id,
            "amount": str(yuan_of(paid.amount)),
            "approved": str(yuan_of(request.amount)),
            "reference": paid.reference.strip(),
            "paid_at": paid.paid_at.isoformat(),
        }
        await self._complaints.enter(session, request.complaint_no, PAID, actor, "", detail)
        return request

    async def _open_request(
        self, session: AsyncSession, no: str, request_id: str, version: int
    ) -> tuple[CompensationRequest, CompensatedComplaint]:
        await hold_ledger(session)
        complaint = await self._complaints.locked(session, no)
        request = await request_by_id(session, complaint.no, request_id)
        if request.version != version:
            decision = (await decisions_of(session, [request.id])).get(request.id)
            raise Stale(
                request.version,
                request.status,
                decision.actor_name if decision else request.author_name,
                (decision.at if decision else request.created_at).isoformat(),
            )
        return request, complaint

    async def _settle(
        self,
        session: AsyncSession,
        request: CompensationRequest,
        act: Act,
        actor: Actor,
        reason: str,
        outlook: Outlook,
    ) -> None:
        now = self._clock.now()
        session.add(
            CompensationDecision(
                request_id=request.id,
                act=act,
                author_id=request.author_id,
                actor_id=actor.id or "",
                actor_name=actor.name,
                actor_role=actor.role,
                at=now,
                reason=reason,
                complaint_granted=outlook.granted.complaint,
                customer_granted=outlook.granted.customer,
                actor_limit=outlook.verdict.limit,
            )
        )
        request.status = OUTCOME[act]
        request.version += 1
        request.decided_at = now
        await session.flush()
        await self._enter(session, request, TIMELINE[act], actor, reason, outlook.verdict.total)
        await self._give_back(session, request, act, actor, reason)
        if act in TOLD:
            said = TOLD[act].format(
                name=actor.name,
                no=request.complaint_no,
                amount=yuan_of(request.amount),
                reason=reason,
            )
            await self._complaints.tell(
                session, request.complaint_no, request.author_id, said, actor
            )

    async def _give_back(
        self,
        session: AsyncSession,
        request: CompensationRequest,
        act: Act,
        actor: Actor,
        reason: str,
    ) -> None:
        """Let a plan go on once nothing of it waits for a decision."""
        complaint = await self._complaints.find(session, request.complaint_no)
        waiting = await count_pending(session, request.complaint_no)
        if complaint.state == State.AWAITING_APPROVAL and not waiting:
            await self._complaints.approval_decided(
                session, request.complaint_no, actor, act is Act.APPROVE, reason
            )

    async def _enter(
        self,
        session: AsyncSession,
        request: CompensationRequest,
        act: str,
        actor: Actor,
        reason: str,
        total: int,
    ) -> None:
        detail = {
            "request_id": request.id,
            "kind": request.kind,
            "level": request.level,
            "amount": str(yuan_of(request.amount)),
            "total": str(yuan_of(total)),
            "split": request.split,
        }
        await self._complaints.enter(session, request.complaint_no, act, actor, reason, detail)

    def _new(
        self,
        complaint: CompensatedComplaint,
        author: Actor,
        wish: Wish,
        key: str,
        split: Split | None,
    ) -> CompensationRequest:
        return CompensationRequest(
            id=new_id("comp"),
            complaint_no=complaint.no,
            idempotency_key=key,
            author_id=author.id or "",
            author_name=author.name,
            author_role=author.role,
            category=complaint.category,
            round=complaint.round,
            kind=wish.kind,
            level=wish.level,
            amount=wish.amount,
            overcharged=wish.overcharged,
            reason=wish.reason,
            customer_id=complaint.customer_id,
            phone=phone_digits(complaint.phone),
            split=split.words if split else "",
            status=Status.PENDING,
            version=1,
            created_at=self._clock.now(),
        )


def _check_open(complaint: CompensatedComplaint) -> None:
    if complaint.state not in OPEN_STATES:
        raise IllegalMove("complaint", complaint.state, "compensation", sorted(OPEN_STATES))


def _same(known: CompensationRequest, wish: Wish) -> CompensationRequest:
    given = (wish.kind, wish.level, wish.amount, wish.overcharged, wish.reason)
    if given != (known.kind, known.level, known.amount, known.overcharged, known.reason):
        raise Conflict("this key was used for another request", request_id=known.id)
    return known


def _forbidden(verdict: Verdict) -> Forbidden:
    return Forbidden(verdict.ground, verdict.words, verdict.roles)
