"""Complaints led to the state that a journey's setup tells, by the moves of their own life."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.compensation.model import Kind, Wish
from complaints.compensation.service import CompensationService
from complaints.model import (
    Actor,
    CauseKind,
    ConfirmedBy,
    Priority,
    RejectReason,
    Responsibility,
    State,
)
from complaints.remedies import Level
from complaints.service import ComplaintService
from complaints.service.handling import MeasureIn, PlanIn
from complaints.storage import Complaint, measures_of
from foundation.errors import InvalidInput

REOPENED = "reopened"
"""Not a state but a story: confirmed once, and registered again."""

WAY = (
    State.RECEIVED, State.REGISTERED, State.VERIFIED, State.ASSESSED, State.PLANNED,
    State.EXECUTING, State.RESOLVED, State.CONFIRMED, State.ARCHIVED,
)  # fmt: skip
SIDE = {
    State.REJECTED: State.REGISTERED,
    State.AWAITING_APPROVAL: State.PLANNED,
    REOPENED: State.CONFIRMED,
}
TOLD = frozenset({*WAY, *SIDE})
AGENT = Actor("journey", "小林", "agent")
WHY = "按旅程设定"
_OVER_ANY_LIMIT = 10_000_000


class Lives:
    """Leads complaints along the only moves there are."""

    def __init__(self, complaints: ComplaintService, compensations: CompensationService) -> None:
        self._complaints = complaints
        self._compensations = compensations

    async def lead(self, session: AsyncSession, complaint: Complaint, told: str) -> None:
        """Bring a complaint from where it stands to `told`: a state, or `reopened`.

        Raises:
            InvalidInput: no state, or one that does not lie ahead of it.
        """
        if told == complaint.state:
            return
        if told not in TOLD:
            raise InvalidInput("unknown state of a complaint", field="state")
        last = WAY.index(SIDE.get(told, told))
        if complaint.state not in WAY[: last + 1]:
            raise InvalidInput("a complaint is only led forward", field="state")
        complaint.assigned_to, complaint.assigned_name = AGENT.id, AGENT.name
        for state in WAY[WAY.index(State(complaint.state)) + 1 : last + 1]:
            await self._step(session, complaint, state)
        if told in SIDE:
            await self._aside(session, complaint, told)

    async def _step(self, session: AsyncSession, complaint: Complaint, state: State) -> None:
        no, version = complaint.no, complaint.version
        handling = self._complaints.handling
        match state:
            case State.REGISTERED:
                await handling.register(session, no, AGENT, version, present=True)
            case State.VERIFIED:
                complaint.product = complaint.product or "家电"
                complaint.phone = complaint.phone or "13800000000"
                complaint.occurred_at = complaint.occurred_at or "当天"
                complaint.no_evidence_reason = complaint.no_evidence_reason or "客户没有留照片"
                await handling.verify(session, no, AGENT, version)
            case State.ASSESSED:
                await handling.assess(
                    session, no, AGENT, version,
                    responsibility=Responsibility.COMPANY, priority=Priority(complaint.priority),
                )  # fmt: skip
            case State.PLANNED:
                await handling.plan(session, no, AGENT, version, _plan(complaint))
            case State.EXECUTING:
                await handling.execute(session, no, AGENT, version)
            case State.RESOLVED:
                done = [(m.id, "已完成") for m in await measures_of(session, no, complaint.life)]
                await handling.resolve(session, no, AGENT, version, results=done)
            case State.CONFIRMED:
                by = ConfirmedBy.CUSTOMER_WORD
                await handling.confirm(session, no, AGENT, version, by=by, words="好了", score=5)
            case State.ARCHIVED:
                await handling.archive(session, no, AGENT, version)

    async def _aside(self, session: AsyncSession, complaint: Complaint, told: str) -> None:
        no, version = complaint.no, complaint.version
        handling = self._complaints.handling
        if told == REOPENED:
            await handling.reopen(session, no, AGENT, version, reason=WHY)
        elif told == State.REJECTED:
            reason = RejectReason.NOT_OURS
            await handling.reject(session, no, AGENT, version, reason=reason, note=WHY)
        else:
            wish = Wish.of(Kind.CASH, Level.BASIC, WHY, _OVER_ANY_LIMIT, None)
            await self._compensations.request(session, no, AGENT, wish, "journey")


def _plan(complaint: Complaint) -> PlanIn:
    due = complaint.created_at + timedelta(days=3)
    return PlanIn(
        whys=("配件没有备货",),
        cause_kind=CauseKind.MANAGEMENT,
        cause="备货没有按故障率定",
        owner_id=AGENT.id or "",
        due_at=due,
        cost=Decimal(0),
        measures=[MeasureIn("上门处理", AGENT.name, due)],
    )
