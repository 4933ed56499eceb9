"""Money of a complaint: what may be offered, asking, deciding, and who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import DeskStaff, PartsNow
from api.presenting_compensations import (
    actor_of,
    approval_item,
    authority_out,
    compensation_summary,
    request_out,
)
from api.schemas.base import PathKey
from api.schemas.compensations import (
    MAX_YUAN,
    Approvals,
    AuthorityOut,
    CompensationIn,
    CompensationSummary,
    DecisionIn,
    LimitsOut,
    PayoutIn,
    Remedies,
    RemedyOut,
    RequestOut,
)
from api.staff.storage import Staff
from api.wiring import Parts
from complaints.compensation.judging import person_of
from complaints.compensation.model import Wish
from complaints.compensation.payouts import Paid, payouts_of
from complaints.compensation.storage import CompensationRequest, decisions_of
from complaints.money import fen_of, yuan_of
from complaints.remedies import Remedy, Situation, load_offers, reached, suggest
from conversations.storage import Customer

router = APIRouter(tags=["compensation"])

YuanQuery = Annotated[Decimal, Query(ge=0, le=MAX_YUAN, decimal_places=2)]
OFFERS = load_offers()


@router.get("/complaints/{no}/compensations")
async def list_compensations(no: PathKey, staff: DeskStaff, parts: PartsNow) -> CompensationSummary:
    """All money of a complaint, and what the caller may still grant."""
    async with parts.work.reading() as session:
        complaint = await parts.complaints.find(session, no)
        return await compensation_summary(session, parts.compensations.judge, complaint, staff)


@router.post("/complaints/{no}/compensations", status_code=201)
async def ask(
    no: PathKey, body: CompensationIn, staff: DeskStaff, parts: PartsNow, response: Response
) -> RequestOut:
    """Ask for compensation; what the caller's own limit covers is granted at once.

    The same key again gives the same request (200).
    """
    wish = Wish.of(body.kind, body.level, body.reason, _fen(body.amount), _fen(body.overcharged))
    async with parts.work.begin() as session:
        asked = await parts.compensations.request(
            session, no, actor_of(staff), wish, body.idempotency_key
        )
        if asked.repeated:
            response.status_code = 200
            return await _shown(parts, session, staff, asked.request)
        return await _noted(parts, session, staff, "compensation_requested", asked.request)


@router.post("/complaints/{no}/compensations/{request_id}/approve")
async def approve(
    no: PathKey, request_id: PathKey, body: DecisionIn, staff: DeskStaff, parts: PartsNow
) -> RequestOut:
    """Grant a colleague's request, within the caller's authority."""
    async with parts.work.begin() as session:
        request = await parts.compensations.approve(
            session, no, request_id, actor_of(staff), body.version, body.reason
        )
        return await _noted(parts, session, staff, "compensation_approved", request)


@router.post("/complaints/{no}/compensations/{request_id}/deny")
async def deny(
    no: PathKey, request_id: PathKey, body: DecisionIn, staff: DeskStaff, parts: PartsNow
) -> RequestOut:
    """Refuse a colleague's request."""
    async with parts.work.begin() as session:
        request = await parts.compensations.deny(
            session, no, request_id, actor_of(staff), body.version, body.reason
        )
        return await _noted(parts, session, staff, "compensation_denied", request)


@router.post("/complaints/{no}/compensations/{request_id}/withdraw")
async def withdraw(
    no: PathKey, request_id: PathKey, body: DecisionIn, staff: DeskStaff, parts: PartsNow
) -> RequestOut:
    """Take one's own request back while it waits."""
    async with parts.work.begin() as session:
        request = await parts.compensations.withdraw(
            session, no, request_id, actor_of(staff), body.version, body.reason
        )
        return await _noted(parts, session, staff, "compensation_withdrawn", request)


@router.post("/complaints/{no}/compensations/{request_id}/payout")
async def pay(
    no: PathKey, request_id: PathKey, body: PayoutIn, staff: DeskStaff, parts: PartsNow
) -> RequestOut:
    """Note that a granted sum was paid; once, and never more than was granted."""
    paid = Paid(fen_of(body.amount), _moment(body.paid_at, parts), body.reference)
    async with parts.work.begin() as session:
        request = await parts.compensations.record_payout(
            session, no, request_id, actor_of(staff), paid
        )
        return await _noted(parts, session, staff, "compensation_paid", request)


@router.get("/complaints/{no}/authority")
async def authority_on(
    no: PathKey, staff: DeskStaff, parts: PartsNow, amount: YuanQuery = Decimal(0)
) -> AuthorityOut:
    """Whether the caller may grant an amount on this complaint by himself, and who else may."""
    async with parts.work.reading() as session:
        complaint = await parts.complaints.find(session, no)
        person = person_of(actor_of(staff))
        return authority_out(
            await parts.compensations.judge.outlook(session, complaint, person, fen_of(amount))
        )


@router.get("/authority")
async def own_limits(staff: DeskStaff, parts: PartsNow) -> LimitsOut:
    """The limits of the caller's role."""
    authority = parts.compensations.judge.authority
    row = authority.limits.get(staff.role, {"*": 0})
    return LimitsOut(
        role=staff.role,
        limits={name: None if fen is None else yuan_of(fen) for name, fen in row.items()},
        alone_max=yuan_of(authority.alone),
        window_days=parts.settings.compensation_window_days,
    )


@router.get("/complaints/{no}/remedies")
async def remedies(
    no: PathKey, staff: DeskStaff, parts: PartsNow, overcharged: YuanQuery = Decimal(0)
) -> Remedies:
    """What may be offered on this complaint, and on which basis."""
    async with parts.work.reading() as session:
        complaint = await parts.complaints.find(session, no)
        customer = (
            await session.get(Customer, complaint.customer_id) if complaint.customer_id else None
        )
        known = customer.tier if customer else ""
        tier = await parts.tiering.tier(session, complaint.customer_id, complaint.phone, known)
        situation = Situation(
            category=complaint.category,
            responsibility=complaint.responsibility or "undetermined",
            priority=complaint.priority,
            round=complaint.round,
            tier=tier,
            overcharged=fen_of(overcharged),
        )
        judge, person = parts.compensations.judge, person_of(actor_of(staff))
        so_far = (await judge.outlook(session, complaint, person, 0)).granted

        def allowed(remedy: Remedy) -> bool | None:
            if remedy.amount is None:
                return None
            verdict = judge.authority.grant(person, (complaint.category,), so_far, remedy.amount)
            return verdict.allowed

        items = [_remedy_out(found, allowed(found)) for found in suggest(situation, OFFERS)]
    return Remedies(tier=tier, highest=reached(situation)[0], items=items)


@router.get("/approvals")
async def inbox(
    staff: DeskStaff, parts: PartsNow, limit: Annotated[int, Query(ge=1, le=100)] = 50
) -> Approvals:
    """Requests that wait for the caller, oldest first."""
    async with parts.work.reading() as session:
        found, total = await parts.compensations.judge.inbox(session, actor_of(staff), limit)
    return Approvals(items=[approval_item(*entry) for entry in found], total=total)


async def _noted(
    parts: Parts, session: AsyncSession, staff: Staff, action: str, request: CompensationRequest
) -> RequestOut:
    """Into the audit log, and shown as it is now."""
    detail: dict[str, Any] = {"request_id": request.id, "amount": str(yuan_of(request.amount))}
    parts.staff.audit(session, staff, action, request.complaint_no, status=request.status, **detail)
    return await _shown(parts, session, staff, request)


async def _shown(
    parts: Parts, session: AsyncSession, staff: Staff, request: CompensationRequest
) -> RequestOut:
    await session.flush()
    complaint = await parts.complaints.find(session, request.complaint_no)
    decision = (await decisions_of(session, [request.id])).get(request.id)
    standing = await parts.compensations.judge.standing(
        session, request, decision, complaint, actor_of(staff)
    )
    payout = (await payouts_of(session, [request.id])).get(request.id)
    return request_out(replace(standing, payout=payout))


def _moment(told: datetime | None, parts: Parts) -> datetime:
    """Now unless told; a moment without a zone is the organisation's."""
    if told is None:
        return parts.clock.now()
    return told if told.tzinfo else told.replace(tzinfo=ZoneInfo(parts.settings.timezone))


def _fen(yuan: Decimal | None) -> int | None:
    return None if yuan is None else fen_of(yuan)


def _remedy_out(remedy: Remedy, allowed: bool | None) -> RemedyOut:
    return RemedyOut(
        kind=remedy.kind,
        level=remedy.level,
        title=remedy.title,
        amount=None if remedy.amount is None else yuan_of(remedy.amount),
        basis=list(remedy.basis),
        owed=remedy.owed,
        allowed=allowed,
    )
