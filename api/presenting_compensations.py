"""Compensation as the API shows it."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from api.schemas.compensations import (
    ApprovalItem,
    AuthorityOut,
    CompensationSummary,
    ComplaintBrief,
    DecisionOut,
    OwnAuthority,
    PayoutOut,
    RequestOut,
    StaffWithRole,
)
from api.staff.storage import Staff
from complaints.compensation.judging import Judge, Outlook, Standing
from complaints.compensation.model import Status
from complaints.model import Actor
from complaints.money import yuan_of
from complaints.storage import Complaint
from knowledge_base.redaction import redact

BRIEF_CHARS = 120


def actor_of(staff: Staff) -> Actor:
    """A member of staff as somebody who acts."""
    return Actor(staff.id, staff.display_name, staff.role)


async def compensation_summary(
    session: AsyncSession, judge: Judge, complaint: Complaint, staff: Staff
) -> CompensationSummary:
    """All money of a complaint, as `staff` may see and decide it."""
    found = await judge.summary(session, complaint, actor_of(staff))
    verdict = found.outlook.verdict
    return CompensationSummary(
        requested=yuan_of(found.requested),
        approved=yuan_of(found.approved),
        pending=yuan_of(found.pending),
        paid=yuan_of(found.paid),
        customer_30_days=yuan_of(found.outlook.granted.customer),
        authority=OwnAuthority(
            limit=_yuan(verdict.limit), left=_yuan(verdict.left), decider=found.decider
        ),
        requests=[request_out(standing) for standing in found.requests],
    )


def request_out(standing: Standing) -> RequestOut:
    """One request."""
    request, decision, payout = standing.request, standing.decision, standing.payout
    return RequestOut(
        id=request.id,
        complaint_no=request.complaint_no,
        amount=yuan_of(request.amount),
        kind=request.kind,
        level=request.level,
        reason=request.reason,
        overcharged=_yuan(request.overcharged),
        status=request.status,
        version=request.version,
        author=StaffWithRole(
            id=request.author_id, display_name=request.author_name, role=request.author_role
        ),
        created_at=request.created_at,
        round=request.round,
        total=yuan_of(standing.total),
        needs=standing.needs,
        may_approve=standing.may_approve,
        may_deny=standing.may_deny,
        may_withdraw=standing.may_withdraw,
        why=standing.why,
        split=request.split,
        decision=decision
        and DecisionOut(
            act=decision.act,
            by=StaffWithRole(
                id=decision.actor_id,
                display_name=decision.actor_name,
                role=decision.actor_role,
            ),
            at=decision.at,
            reason=decision.reason,
        ),
        may_pay=request.status == Status.APPROVED and payout is None,
        payout=payout
        and PayoutOut(
            amount=yuan_of(payout.amount),
            paid_at=payout.paid_at,
            reference=payout.reference,
            by=StaffWithRole(
                id=payout.actor_id, display_name=payout.actor_name, role=payout.actor_role
            ),
            recorded_at=payout.recorded_at,
        ),
    )


def approval_item(standing: Standing, complaint: Complaint) -> ApprovalItem:
    """One request of the inbox with its complaint, personal data masked."""
    brief = ComplaintBrief(
        no=complaint.no,
        state=complaint.state,
        priority=complaint.priority,
        sensitive=complaint.sensitive,
        category=complaint.category,
        product=complaint.product,
        summary=redact(complaint.summary).text[:BRIEF_CHARS],
    )
    return ApprovalItem(**request_out(standing).__dict__, complaint=brief)


def authority_out(outlook: Outlook) -> AuthorityOut:
    """Whether and why."""
    verdict = outlook.verdict
    return AuthorityOut(
        allowed=verdict.allowed,
        ground=verdict.ground,
        words=verdict.words,
        limit=_yuan(verdict.limit),
        left=_yuan(verdict.left),
        total=yuan_of(verdict.total),
        complaint_total=yuan_of(outlook.granted.complaint),
        customer_total=yuan_of(outlook.granted.customer),
        roles=list(verdict.roles),
        split=outlook.split.words if outlook.split else "",
    )


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else yuan_of(fen)
