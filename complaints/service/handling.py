"""From registration to archive: the use cases that move a complaint (SPEC section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from complaints import full_text, texts
from complaints.errors import Missing, NotReady
from complaints.model import (
    Actor,
    ClockKind,
    ConfirmedBy,
    Motive,
    Need,
    Priority,
    RejectReason,
    Responsibility,
    State,
    Visibility,
    normal_number,
)
from complaints.ports import Call
from complaints.service.acting import Acting
from complaints.service.dossier import complete_file
from complaints.service.opening import check_words
from complaints.service.recording import enter, followers_of, notice
from complaints.storage import Complaint, ComplaintLife, ComplaintMeasure, measures_of
from complaints.transitions import ESCALATED_ROUND
from foundation.errors import InvalidInput, NotAllowed, NotFound


@dataclass(frozen=True)
class MeasureIn:
    """A measure to take: what, by whom, until when."""

    what: str
    owner: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class PlanIn:
    """A plan: the chain of whys and where it ends, measures, owner, due time, cost in CNY."""

    whys: Sequence[str]
    cause_kind: str
    cause: str
    owner_id: str
    due_at: datetime
    cost: Decimal
    measures: Sequence[MeasureIn]
    note: str = ""


class Handling(Acting):
    """The moves; each checks version, permission and guard, and keeps the clocks."""

    async def register(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int | None = None,
        *,
        message: str = "",
        present: bool = False,
    ) -> Complaint:
        """A person takes it on and the customer is told; `present`: he is on the line."""
        complaint, now = await self.begin(session, no, actor, version, "register")
        if complaint.assigned_to is None and actor.id:
            complaint.assigned_to, complaint.assigned_name = actor.id, actor.name
        text = message or texts.REGISTERED.format(no=no, name=actor.name)
        await self.move(session, complaint, actor, State.REGISTERED, "registered", now,
                        detail={"text": text})  # fmt: skip
        if present or await self._telling.tell(session, complaint, text, "registered"):
            await self._telling.heard(session, complaint, now, progress=False)
        return complaint

    async def verify(
        self, session: AsyncSession, no: str, actor: Actor, version: int, *, note: str = ""
    ) -> Complaint:
        """The facts are complete."""
        complaint, now = await self.begin(session, no, actor, version, "verify")
        await self.move(session, complaint, actor, State.VERIFIED, "verified", now,
                        detail={"note": note})  # fmt: skip
        return complaint

    async def assess(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        responsibility: Responsibility,
        priority: Priority,
        need: Need | None = None,
        motive: Motive | None = None,
        category: str = "",
        note: str = "",
    ) -> Complaint:
        """Whose doing it was and how much it weighs; another priority changes the clocks."""
        complaint, now = await self.begin(session, no, actor, version, "assess")
        check_words(category=category)
        complaint.responsibility = responsibility
        complaint.need, complaint.motive = need or "", motive or ""
        complaint.category = category or complaint.category
        complaint.assessment_note = note
        refuse_lowering(complaint, actor, priority, complaint.sensitive)
        if priority != complaint.priority:
            complaint.priority = priority
            await self._keeper.change_class(session, complaint, actor, note or "assess", now)
        await self._keeper.met(session, complaint, now, ClockKind.INVESTIGATION)
        detail = {"responsibility": responsibility, "priority": priority, "note": note}
        await self.move(session, complaint, actor, State.ASSESSED, "assessed", now,
                        visible_to=Visibility.INTERNAL, detail=detail)  # fmt: skip
        return complaint

    async def plan(
        self, session: AsyncSession, no: str, actor: Actor, version: int, plan: PlanIn
    ) -> Complaint:
        """Diagnosis, measures, owner, due time and cost; from `planned` it is a revision."""
        revising = (await self._state(session, no)) is State.PLANNED
        verb = "revise" if revising else "plan"
        complaint, now = await self.begin(session, no, actor, version, verb)
        await self._write_plan(session, complaint, actor, plan, now)
        detail = {"cost": str(plan.cost), "measures": [m.what for m in plan.measures]}
        if revising:
            enter(session, complaint, actor, "planned", now, detail={**detail, "revised": True})
            return complaint
        await self.move(session, complaint, actor, State.PLANNED, "planned", now, detail=detail)
        await self._keeper.met(session, complaint, now, ClockKind.PLAN)
        return complaint

    async def execute(
        self, session: AsyncSession, no: str, actor: Actor, version: int, *, note: str = ""
    ) -> Complaint:
        """Begin to carry the plan out."""
        complaint, now = await self.begin(session, no, actor, version, "execute")
        await self.move(session, complaint, actor, State.EXECUTING, "executing", now,
                        detail={"note": note})  # fmt: skip
        return complaint

    async def resolve(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        results: Sequence[tuple[int, str]] = (),
        message: str = "",
    ) -> Complaint:
        """Every measure has its result; the customer is told and invited to rate."""
        complaint, now = await self.begin(session, no, actor, version, "resolve")
        for measure_id, result in results:
            await note_result(session, complaint, measure_id, result, now)
        text = message or texts.RESOLVED.format(no=no)
        await self.move(session, complaint, actor, State.RESOLVED, "resolved", now,
                        detail={"text": text})  # fmt: skip
        await self._keeper.met(session, complaint, now, ClockKind.DAILY_PROGRESS)
        await self._keeper.start(session, complaint, ClockKind.FOLLOW_UP, now)
        await self._telling.tell(session, complaint, text, "resolved")
        return complaint

    async def confirm(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int | None,
        *,
        by: ConfirmedBy,
        words: str = "",
        score: int | None = None,
        comment: str = "",
    ) -> Complaint:
        """The customer says it is done, or could not be reached three times."""
        complaint, now = await self.begin(session, no, actor, version, "confirm")
        if by is ConfirmedBy.CUSTOMER_WORD:
            complaint.customer_word = words.strip()
        if score is not None:
            rate(complaint, score, None, comment, actor, now)
        detail = {"by": by, "words": complaint.customer_word, "attempts": complaint.attempts}
        await self.move(session, complaint, actor, State.CONFIRMED, "confirmed", now, detail=detail)
        await self._keeper.met(session, complaint, now, ClockKind.FOLLOW_UP)
        others = set(ClockKind) - {ClockKind.OBSERVATION}
        await self._keeper.stop(session, complaint, now, others)
        await self._keeper.start(session, complaint, ClockKind.OBSERVATION, now)
        if by is ConfirmedBy.CUSTOMER_WORD:
            await self._telling.tell(session, complaint, texts.CONFIRMED.format(no=no), "confirmed")
        return complaint

    async def archive(
        self, session: AsyncSession, no: str, actor: Actor, version: int, *, waiver: str = ""
    ) -> Complaint:
        """Close the file; its contents are handed on for a case draft, tier and webhooks."""
        complaint, now = await self.begin(session, no, actor, version, "archive")
        if waiver.strip():
            complaint.rating_waiver = waiver.strip()
            enter(session, complaint, actor, "rating_waived", now, reason=waiver)
        await self.move(session, complaint, actor, State.ARCHIVED, "archived", now)
        await session.flush()
        file = await complete_file(session, complaint)
        await self._ports.archive.archived(session, complaint, file)
        return complaint

    async def reprocess(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int | None,
        *,
        reason: str,
        measures: Sequence[MeasureIn] = (),
    ) -> Complaint:
        """The customer is not satisfied: another round, and a supervisor is called in."""
        complaint, now = await self.begin(session, no, actor, version, "reprocess")
        await self.move(session, complaint, actor, State.EXECUTING, "reprocessed", now,
                        reason=reason)  # fmt: skip
        self._add_measures(session, complaint, measures)
        await self._keeper.met(session, complaint, now, ClockKind.FOLLOW_UP)
        await self._keeper.start(session, complaint, ClockKind.DAILY_PROGRESS, now)
        if complaint.round >= ESCALATED_ROUND:
            complaint.escalated = True
            text = texts.SECOND_ROUND.format(no=no, round=complaint.round)
            await self._ports.escalations.page(session, [Call(complaint, "second_round", text)])
            for staff_id in (await followers_of(session, [complaint]))[no] - {actor.id}:
                notice(session, complaint, staff_id, "escalated", text, now, actor.name)
        await self._telling.tell(session, complaint, texts.REPROCESSED.format(no=no), "reprocessed")
        return complaint

    async def reject(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        reason: RejectReason,
        note: str,
        duplicate_of: str = "",
    ) -> Complaint:
        """Not taken on: a duplicate of another complaint, or not ours."""
        complaint, now = await self.begin(session, no, actor, version, "reject")
        other = await self._original(session, no, duplicate_of, reason)
        complaint.rejection = {"reason": reason, "duplicate_of": other, "note": note}
        if reason is RejectReason.DUPLICATE:
            text = texts.REJECTED_DUPLICATE.format(no=no, other=other)
        else:
            text = texts.REJECTED_NOT_OURS.format(no=no, note=note)
        await self.move(session, complaint, actor, State.REJECTED, "rejected", now, reason=note,
                        detail={"reason": reason, "duplicate_of": other, "text": text})  # fmt: skip
        await self._keeper.stop(session, complaint, now)
        await self._telling.tell(session, complaint, text, "rejected")
        return complaint

    async def restore(
        self, session: AsyncSession, no: str, actor: Actor, version: int, *, reason: str
    ) -> Complaint:
        """A rejection was wrong: back to registered, clocks anew."""
        complaint, now = await self.begin(session, no, actor, version, "restore")
        await self.move(session, complaint, actor, State.REGISTERED, "restored", now, reason=reason)
        complaint.rejection = None
        await self._begin_again(session, complaint, actor, now)
        return complaint

    async def reopen(
        self, session: AsyncSession, no: str, actor: Actor, version: int | None, *, reason: str
    ) -> Complaint:
        """Another life of the same number; the first one is kept as it stood."""
        complaint, now = await self.begin(session, no, actor, version, "reopen")
        if reason.strip():
            await self._keep_life(session, complaint, actor, reason, now)
        await self.move(session, complaint, actor, State.REGISTERED, "reopened", now, reason=reason)
        complaint.plan = None
        complaint.responsibility = ""
        await self._begin_again(session, complaint, actor, now)
        await self._telling.tell(session, complaint, texts.REOPENED.format(no=no), "reopened")
        return complaint

    async def _keep_life(
        self, session: AsyncSession, complaint: Complaint, actor: Actor, reason: str, now: datetime
    ) -> None:
        session.add(
            ComplaintLife(
                complaint_no=complaint.no,
                life=complaint.life,
                ended_state=complaint.state,
                ended_at=now,
                reopened_by=actor.name,
                reason=reason,
                rounds=complaint.round,
                score=complaint.score,
                kept=await complete_file(session, complaint),
            )
        )

    async def _begin_again(
        self, session: AsyncSession, complaint: Complaint, actor: Actor, now: datetime
    ) -> None:
        await self._keeper.stop(session, complaint, now)
        complaint.waiting_for = ""
        await self._keeper.start_life(session, complaint, now)
        if actor.id:
            await self._keeper.met(session, complaint, now, ClockKind.FIRST_RESPONSE)
        await full_text.index(session, complaint)

    async def _state(self, session: AsyncSession, no: str) -> State | None:
        found = await session.get(Complaint, no)
        return State(found.state) if found else None

    async def _write_plan(
        self,
        session: AsyncSession,
        complaint: Complaint,
        actor: Actor,
        plan: PlanIn,
        now: datetime,
    ) -> None:
        staff = {c.id: c.display_name for c in await self._ports.staffing.colleagues(session)}
        if plan.owner_id not in staff and plan.owner_id != actor.id:
            raise NotFound("staff", plan.owner_id)
        owner = {"id": plan.owner_id, "display_name": staff.get(plan.owner_id, actor.name)}
        if plan.cost < 0:
            raise InvalidInput("a cost is not negative", field="cost")
        complaint.plan = {
            "whys": [why.strip() for why in plan.whys],
            "cause_kind": plan.cause_kind,
            "cause": plan.cause.strip(),
            "owner": owner,
            "due_at": plan.due_at.isoformat(),
            "cost": str(plan.cost),
            "note": plan.note,
            "planned_by": actor.name,
            "planned_by_id": actor.id,
            "planned_at": now.isoformat(),
        }
        for old in await measures_of(session, complaint.no, complaint.life):
            if old.round == complaint.round:
                await session.delete(old)
        self._add_measures(session, complaint, plan.measures)

    def _add_measures(
        self, session: AsyncSession, complaint: Complaint, measures: Sequence[MeasureIn]
    ) -> None:
        for measure in measures:
            add_measure(session, complaint, measure)

    async def _original(
        self, session: AsyncSession, no: str, duplicate_of: str, reason: RejectReason
    ) -> str:
        if reason is not RejectReason.DUPLICATE:
            return ""
        other = normal_number(duplicate_of)
        if other is None or other == no or await session.get(Complaint, other) is None:
            gap = Missing("duplicate_of", "请填写原投诉单号")
            raise NotReady("registered", State.REJECTED, [gap])
        return other


def add_measure(session: AsyncSession, complaint: Complaint, measure: MeasureIn) -> None:
    """Put one more measure into the present round."""
    if not measure.what.strip():
        raise InvalidInput("a measure says what is done", field="what")
    session.add(
        ComplaintMeasure(
            complaint_no=complaint.no,
            life=complaint.life,
            round=complaint.round,
            what=measure.what.strip(),
            owner=measure.owner.strip()[:80],
            due_at=measure.due_at,
        )
    )


async def note_result(
    session: AsyncSession, complaint: Complaint, measure_id: int, result: str, now: datetime
) -> ComplaintMeasure:
    """What came of a measure.

    Raises:
        NotFound: not a measure of this life.
    """
    measure = await session.get(ComplaintMeasure, measure_id)
    if measure is None or (measure.complaint_no, measure.life) != (complaint.no, complaint.life):
        raise NotFound("measure", str(measure_id))
    measure.result = result.strip()
    measure.done_at = now if measure.result else None
    return measure


def rate(
    complaint: Complaint,
    score: int | None,
    satisfied: bool | None,
    comment: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep what the customer thinks; from four points on he counts as satisfied."""
    complaint.score = score
    complaint.satisfied = satisfied if satisfied is not None else bool(score and score >= 4)
    complaint.rating_comment = comment
    complaint.rated_by = "customer" if actor.role == "customer" else "agent"
    complaint.rated_at = now


def refuse_lowering(
    complaint: Complaint, actor: Actor, priority: Priority, sensitive: bool
) -> None:
    """Only a supervisor takes safety or publicity off a complaint.

    Raises:
        NotAllowed: somebody else lowers `urgent` or drops `sensitive`.
    """
    lowered = complaint.priority == Priority.URGENT and priority is not Priority.URGENT
    if (lowered or (complaint.sensitive and not sensitive)) and not actor.overrides:
        raise NotAllowed(
            "a supervisor lowers what is urgent or sensitive",
            reason="降级紧急或敏感投诉需要主管处理",
        )
