"""Complaints as the desk and the customer see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.presenting_compensations import compensation_summary
from api.schemas.complaints import (
    AlertOut,
    AssessmentOut,
    BoardAlert,
    BoardClock,
    CallOut,
    ClockOut,
    ComplaintCustomer,
    ComplaintDetail,
    ComplaintSummary,
    EntryOut,
    EvidenceOut,
    FactsOut,
    LifeOut,
    MeasureOut,
    MissingOut,
    NextClock,
    ObservationOut,
    PlanOut,
    RejectionOut,
    SameCustomer,
    SatisfactionOut,
    StaffRef,
    StatusEntry,
    StatusView,
    VerbOut,
)
from api.staff.storage import Staff
from api.tokens import Tokens
from complaints import clocks, texts
from complaints.clocks import ClockState
from complaints.compensation.judging import Judge
from complaints.listing import watched_among
from complaints.model import CLOSED_STATES, Actor, ClockKind, State, Visibility
from complaints.observation.storage import ObservationAlert, noted_in
from complaints.service import ComplaintService
from complaints.service.customers import RATABLE
from complaints.storage import (
    CallTask,
    Complaint,
    ComplaintClock,
    ComplaintLife,
    ComplaintWatcher,
    Evidence,
    TimelineEntry,
    clocks_of,
    measures_of,
    timeline,
)
from complaints.tiering import Tiering
from complaints.transitions import ALLOWED
from complaints.verbs import possible
from conversations.desk import mask_numbers, mask_phone
from conversations.storage import Customer
from foundation.clock import Clock

BRIEF_CHARS = 120
RELATED = 10
REOPENABLE = frozenset({State.CONFIRMED, State.ARCHIVED})


class ComplaintPresenter:
    """Makes response models of complaints."""

    def __init__(
        self,
        clock: Clock,
        tokens: Tokens,
        complaints: ComplaintService,
        judge: Judge,
        tiering: Tiering,
    ) -> None:
        self._clock = clock
        self._tokens = tokens
        self._complaints = complaints
        self._judge = judge
        self._tiering = tiering

    async def summaries(
        self, session: AsyncSession, found: Sequence[Complaint], staff_id: str
    ) -> list[ComplaintSummary]:
        """Entries of the list, with two further queries for all of them."""
        watched = await watched_among(session, [c.no for c in found], staff_id)
        people = await _customers(session, found)
        return [
            self._summary(c, people.get(c.customer_id or ""), watching=c.no in watched)
            for c in found
        ]

    async def detail(
        self, session: AsyncSession, complaint: Complaint, staff: Staff
    ) -> ComplaintDetail:
        """Everything the complaint page shows to this member of staff."""
        await session.flush()
        actor = Actor(staff.id, staff.display_name, staff.role)
        state = State(complaint.state)
        customer = (await _customers(session, [complaint])).get(complaint.customer_id or "")
        watchers = await _watchers(session, complaint.no)
        dossier = await self._complaints.handling.dossier(session, complaint)
        summary = self._summary(
            complaint, customer, watching=staff.id in {w.staff_id for w in watchers}
        )
        summary.customer.tier = await self._tiering.tier(
            session, complaint.customer_id, complaint.phone, customer.tier if customer else ""
        )
        viewers = await self._complaints.people.viewers(session, complaint.no, besides=staff.id)
        found_clocks = await clocks_of(session, complaint.no)
        return ComplaintDetail(
            **{**dict(summary), "summary": mask_numbers(complaint.summary)},
            facts=_facts(complaint, customer),
            assessment=AssessmentOut(
                responsibility=complaint.responsibility or None,
                need=complaint.need or None,
                motive=complaint.motive or None,
                note=complaint.assessment_note,
            ),
            plan=PlanOut(**complaint.plan) if complaint.plan else None,
            measures=[
                MeasureOut.model_validate(m)
                for m in await measures_of(session, complaint.no, complaint.life)
            ],
            clocks=self._clocks(found_clocks),
            observation=await _observation(session, complaint, found_clocks),
            timeline=[EntryOut.model_validate(e) for e in await timeline(session, complaint.no)],
            evidence=[self.evidence(e) for e in await _evidence(session, complaint.no)],
            satisfaction=_satisfaction(complaint),
            attempts=complaint.attempts,
            waiting_for=complaint.waiting_for,
            watchers=[StaffRef(id=w.staff_id, display_name=w.display_name) for w in watchers],
            calls=[call_out(c, complaint) for c in await _calls(session, complaint.no)],
            rejection=RejectionOut(**complaint.rejection) if complaint.rejection else None,
            lineage=[_life(life) for life in await _lives(session, complaint.no)],
            conversation_id=complaint.conversation_id,
            external_id=complaint.external_id,
            same_customer=[_brief(other) for other in await _related(session, complaint)],
            compensation=await compensation_summary(session, self._judge, complaint, staff),
            presence=[StaffRef(id=v.staff_id, display_name=v.display_name) for v in viewers],
            verbs=[
                VerbOut(
                    verb=p.verb,
                    allowed=p.allowed,
                    reason=p.reason,
                    missing=[MissingOut(field=m.field, why=m.why) for m in p.missing],
                )
                for p in possible(dossier, actor, complaint.assigned_to)
            ],
            moves=sorted(ALLOWED[state]),
        )

    def evidence(self, found: Evidence) -> EvidenceOut:
        """A file with fresh links."""
        return EvidenceOut(
            id=found.id,
            name=found.name,
            mime=found.mime,
            size=found.size,
            note=found.note,
            added_by=found.added_by,
            added_at=found.added_at,
            url=self._tokens.link(found.id),
            thumbnail_url=self._tokens.link(f"{found.id}.thumb") if found.thumbnail else None,
        )

    def board_clock(self, row: ComplaintClock, complaint: Complaint) -> BoardClock:
        """A deadline on the board."""
        keeper = self._complaints.keeper
        now = self._clock.now()
        left = clocks.remaining_s(keeper.value(row), now, keeper.calendars)
        return BoardClock(
            no=complaint.no,
            kind=row.kind,
            state=row.state,
            due_at=row.due_at,
            remaining_s=int(left),
            priority=complaint.priority,
            sensitive=complaint.sensitive,
            product=complaint.product,
            assigned_to=_holder(complaint),
        )

    @staticmethod
    def board_alert(alert: ObservationAlert, complaint: Complaint) -> BoardAlert:
        """An alert on the board."""
        return BoardAlert(
            no=complaint.no,
            kind=alert.kind,
            words=alert.words,
            raised_at=alert.raised_at,
            product=complaint.product,
            assigned_to=_holder(complaint),
        )

    async def status(self, session: AsyncSession, complaint: Complaint) -> StatusView:
        """What the customer may see."""
        await session.flush()
        state = State(complaint.state)
        entries = await timeline(session, complaint.no)
        return StatusView(
            no=complaint.no,
            state=state,
            title=texts.STATE_TITLES[state],
            next=self._next_step(complaint, state),
            opened_at=complaint.created_at,
            product=complaint.product,
            round=complaint.round,
            can_rate=state in RATABLE and complaint.rated_by != "customer",
            can_reopen=state in REOPENABLE,
            waiting_for_you=complaint.waiting_for,
            timeline=[_told(e) for e in entries if e.visible_to == Visibility.CUSTOMER],
        )

    def _next_step(self, complaint: Complaint, state: State) -> str:
        if complaint.waiting_for:
            return f"等您补充：{complaint.waiting_for}"
        if complaint.next_due_at is None or state in CLOSED_STATES | {State.CONFIRMED}:
            return texts.NEXT_STEPS[state]
        due = max(complaint.next_due_at, self._clock.now())
        local = due.astimezone(self._complaints.keeper.zone)
        by = f"{local.month}月{local.day}日 {local:%H:%M}"
        late = complaint.next_due_at < self._clock.now()
        return texts.NEXT_STEPS[state] + ("，我们已在加急" if late else f"，最晚{by}有新进展")

    def _summary(
        self, complaint: Complaint, customer: Customer | None, *, watching: bool
    ) -> ComplaintSummary:
        due = complaint.next_due_at
        return ComplaintSummary(
            no=complaint.no,
            state=complaint.state,
            round=complaint.round,
            life=complaint.life,
            priority=complaint.priority,
            sensitive=complaint.sensitive,
            category=complaint.category,
            hazard=complaint.hazard,
            channel=complaint.channel,
            product=complaint.product,
            summary=mask_numbers(complaint.summary[:BRIEF_CHARS]),
            customer=ComplaintCustomer(
                id=complaint.customer_id,
                name=complaint.customer_name or (customer.name if customer else ""),
                phone_masked=mask_phone(complaint.phone or (customer.phone if customer else "")),
                tier=customer.tier if customer else "standard",
            ),
            assigned_to=_holder(complaint),
            watching=watching,
            waiting_for_customer=bool(complaint.waiting_for),
            escalated=complaint.escalated,
            overdue=complaint.overdue,
            next_clock=NextClock(
                kind=complaint.next_clock, state=complaint.next_clock_state, due_at=due
            )
            if due
            else None,
            version=complaint.version,
            created_at=complaint.created_at,
            updated_at=complaint.updated_at,
        )

    def _clocks(self, rows: Sequence[ComplaintClock]) -> list[ClockOut]:
        last = datetime.max.replace(tzinfo=self._clock.now().tzinfo)
        rows = sorted(rows, key=lambda r: (r.ended_at is not None, r.due_at or last, r.id))
        return [self._clock_out(row) for row in rows]

    def _clock_out(self, row: ComplaintClock) -> ClockOut:
        keeper, now = self._complaints.keeper, self._clock.now()
        value = keeper.value(row)
        paused = row.state == ClockState.PAUSED and value.stretches
        return ClockOut(
            id=row.id,
            kind=row.kind,
            state=row.state,
            calendar=row.calendar,
            budget_s=row.budget_s,
            used_s=int(clocks.used_s(value, now, keeper.calendars)),
            remaining_s=int(clocks.remaining_s(value, now, keeper.calendars)),
            due_at=row.due_at,
            warn_at=row.warn_at,
            started_at=row.started_at,
            paused_at=value.stretches[-1][1] if paused else None,
            ended_at=row.ended_at,
            warned_at=row.warned_at,
            breached_at=row.breached_at,
            round=row.round,
            uncertain=keeper.uncertain(value),
            history=row.history,
        )


def call_out(call: CallTask, complaint: Complaint) -> CallOut:
    """A call to make; the phone is masked."""
    return CallOut(
        id=call.id,
        complaint_no=call.complaint_no,
        reason=call.reason,
        say=call.say,
        phone_masked=mask_phone(complaint.phone),
        created_at=call.created_at,
        due_at=call.due_at,
        done_at=call.done_at,
        outcome=call.outcome,
        by=call.by,
    )


TOLD = {
    "received": "已收到您的投诉",
    "registered": "已受理",
    "verified": "情况已核实",
    "planned": "处理方案已定",
    "executing": "开始处理",
    "resolved": "已处理",
    "confirmed": "已办结",
    "archived": "已归档",
    "rejected": "未受理",
    "restored": "重新受理",
    "reopened": "重新打开",
    "reprocessed": "重新处理",
    "progress": "最新进展",
    "paused": "等您补充",
    "customer_said": "您的留言",
    "call_done": "客服致电",
    "rated": "您的评价",
}
"""How an act is called on the customer's page."""
SPOKEN_REASONS = frozenset({"customer_said", "paused", "rated"})


def _told(entry: TimelineEntry) -> StatusEntry:
    text = entry.detail.get("text") or entry.detail.get("said") or ""
    if entry.act in SPOKEN_REASONS:
        text = entry.reason
    return StatusEntry(at=entry.at, title=TOLD.get(entry.act, "有新进展"), text=str(text))


def _holder(complaint: Complaint) -> StaffRef | None:
    if complaint.assigned_to is None:
        return None
    return StaffRef(id=complaint.assigned_to, display_name=complaint.assigned_name)


def _facts(complaint: Complaint, customer: Customer | None) -> FactsOut:
    return FactsOut(
        customer_name=complaint.customer_name or (customer.name if customer else ""),
        phone_masked=mask_phone(complaint.phone or (customer.phone if customer else "")),
        contact=mask_numbers(complaint.contact),
        product=complaint.product,
        model=complaint.model,
        order_no=complaint.order_no,
        what=mask_numbers(complaint.summary),
        occurred_at=complaint.occurred_at,
        place=complaint.place,
        no_evidence_reason=complaint.no_evidence_reason,
    )


def _satisfaction(complaint: Complaint) -> SatisfactionOut:
    return SatisfactionOut(
        score=complaint.score,
        satisfied=complaint.satisfied,
        comment=complaint.rating_comment,
        by=complaint.rated_by,
        at=complaint.rated_at,
        waiver=complaint.rating_waiver,
    )


def _life(life: ComplaintLife) -> LifeOut:
    return LifeOut(
        life=life.life,
        ended_state=life.ended_state,
        ended_at=life.ended_at,
        reopened_at=life.ended_at,
        reopened_by=life.reopened_by,
        reason=life.reason,
        rounds=life.rounds,
        satisfaction=life.score,
    )


def _brief(complaint: Complaint) -> SameCustomer:
    return SameCustomer(
        no=complaint.no,
        state=complaint.state,
        priority=complaint.priority,
        summary=mask_numbers(complaint.summary[:BRIEF_CHARS]),
        created_at=complaint.created_at,
    )


async def _customers(session: AsyncSession, found: Sequence[Complaint]) -> dict[str, Customer]:
    ids = {c.customer_id for c in found if c.customer_id}
    if not ids:
        return {}
    query = select(Customer).where(Customer.id.in_(ids))
    return {customer.id: customer for customer in (await session.execute(query)).scalars()}


async def _watchers(session: AsyncSession, no: str) -> list[ComplaintWatcher]:
    query = select(ComplaintWatcher).where(ComplaintWatcher.complaint_no == no)
    return list((await session.execute(query)).scalars())


async def _evidence(session: AsyncSession, no: str) -> list[Evidence]:
    query = select(Evidence).where(Evidence.complaint_no == no).order_by(Evidence.id)
    return list((await session.execute(query)).scalars())


async def _calls(session: AsyncSession, no: str) -> list[CallTask]:
    query = select(CallTask).where(CallTask.complaint_no == no).order_by(CallTask.id)
    return list((await session.execute(query)).scalars())


async def _lives(session: AsyncSession, no: str) -> list[ComplaintLife]:
    query = select(ComplaintLife).where(ComplaintLife.complaint_no == no)
    return list((await session.execute(query.order_by(ComplaintLife.life))).scalars())


async def _related(session: AsyncSession, complaint: Complaint) -> list[Complaint]:
    same = []
    if complaint.customer_id:
        same.append(Complaint.customer_id == complaint.customer_id)
    if complaint.phone:
        same.append(Complaint.phone == complaint.phone)
    if not same:
        return []
    query = (
        select(Complaint)
        .where(or_(*same), Complaint.no != complaint.no)
        .order_by(Complaint.created_at.desc())
        .limit(RELATED)
    )
    return list((await session.execute(query)).scalars())


async def _observation(
    session: AsyncSession, complaint: Complaint, found: Sequence[ComplaintClock]
) -> ObservationOut | None:
    """The window of the present life, running or ended."""
    clock = next(
        (c for c in found if c.kind == ClockKind.OBSERVATION and c.life == complaint.life), None
    )
    if clock is None:
        return None
    alert = await session.get(ObservationAlert, (complaint.no, complaint.life))
    return ObservationOut(
        since=clock.started_at,
        until=clock.due_at,
        ended_at=clock.ended_at,
        noted=await noted_in(session, complaint),
        alert=AlertOut.model_validate(alert) if alert else None,
    )
