"""What the desk does with a complaint: one route a verb, each an act with the version it read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter

from api.access import DeskStaff, PartsNow
from api.archiving import refresh_tier
from api.presenting_compensations import actor_of
from api.schemas.base import PathKey
from api.schemas.complaints import (
    ArchiveIn,
    AssessIn,
    AssignIn,
    ComplaintDetail,
    ConfirmIn,
    ContactIn,
    EditIn,
    HandOverIn,
    InvestigateIn,
    MeasureBody,
    MeasureResultIn,
    NewMeasure,
    NoteIn,
    PlanBody,
    PrioritizeIn,
    ProgressIn,
    RateIn,
    ReasonIn,
    RegisterIn,
    RejectIn,
    ReleaseIn,
    ReprocessIn,
    ResolveIn,
    StatementIn,
    Versioned,
)
from api.staff.storage import Staff
from api.wiring import Parts
from complaints.model import State
from complaints.service.handling import MeasureIn, PlanIn
from complaints.storage import Complaint

router = APIRouter(prefix="/complaints/{no}", tags=["complaint verbs"])

Act = Callable[..., Awaitable[Complaint]]


async def acted(
    parts: Parts, no: str, staff: Staff, act: Act, body: Versioned, **more: Any
) -> ComplaintDetail:
    """Do it in one transaction and show the outcome; the customer's tier follows a complaint that
    is registered or opened again."""
    given = {name: getattr(body, name) for name in type(body).model_fields if name != "version"}
    async with parts.work.begin() as session:
        number = (await parts.complaints.find(session, no)).no
        complaint = await act(session, number, actor_of(staff), body.version, **{**given, **more})
        if complaint.state == State.REGISTERED:
            await session.flush()
            await refresh_tier(session, parts.tiering, complaint)
        return await parts.complaint_presenter.detail(session, complaint, staff)


@router.post("/register")
async def register(
    no: PathKey, body: RegisterIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """`received → registered`: a person takes it on and the customer is told."""
    return await acted(parts, no, staff, parts.complaints.handling.register, body)


@router.post("/verify")
async def verify(no: PathKey, body: NoteIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """`registered → verified`: contact, product, what, when and evidence are known."""
    return await acted(parts, no, staff, parts.complaints.handling.verify, body)


@router.post("/assess")
async def assess(no: PathKey, body: AssessIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """`verified → assessed`: responsibility and priority."""
    return await acted(parts, no, staff, parts.complaints.handling.assess, body)


@router.post("/plan")
async def plan(no: PathKey, body: PlanBody, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """`assessed → planned`: diagnosis and plan; from `planned` it replaces the plan."""
    made = PlanIn(
        body.whys, body.cause_kind, body.cause, body.owner_id, body.due_at, body.cost,
        _measures(body.measures), body.note,
    )  # fmt: skip
    only = Versioned(version=body.version)
    return await acted(parts, no, staff, parts.complaints.handling.plan, only, plan=made)


@router.post("/execute")
async def execute(no: PathKey, body: NoteIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """`planned → executing`: nothing waits for a decision about money."""
    return await acted(parts, no, staff, parts.complaints.handling.execute, body)


@router.post("/resolve")
async def resolve(
    no: PathKey, body: ResolveIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """`executing → resolved`: every measure has its result; the customer is invited to rate."""
    results = [(result.measure_id, result.result) for result in body.results]
    handling = parts.complaints.handling
    return await acted(parts, no, staff, handling.resolve, body, results=results)


@router.post("/confirm")
async def confirm(
    no: PathKey, body: ConfirmIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """`resolved → confirmed`: by the customer's word or after three attempts."""
    return await acted(parts, no, staff, parts.complaints.handling.confirm, body)


@router.post("/archive")
async def archive(
    no: PathKey, body: ArchiveIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """`confirmed → archived`: with a rating or the reason why there is none."""
    return await acted(parts, no, staff, parts.complaints.handling.archive, body)


@router.post("/reprocess")
async def reprocess(
    no: PathKey, body: ReprocessIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """`resolved → executing`: the customer is not satisfied; a supervisor is called in."""
    measures = _measures(body.measures)
    handling = parts.complaints.handling
    return await acted(parts, no, staff, handling.reprocess, body, measures=measures)


@router.post("/reject")
async def reject(no: PathKey, body: RejectIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """`registered/verified → rejected`: a duplicate, or not ours."""
    return await acted(parts, no, staff, parts.complaints.handling.reject, body)


@router.post("/restore")
async def restore(
    no: PathKey, body: ReasonIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """`rejected → registered`: the rejection was wrong."""
    return await acted(parts, no, staff, parts.complaints.handling.restore, body)


@router.post("/reopen")
async def reopen(no: PathKey, body: ReasonIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """`confirmed/archived → registered`: another life of the same number."""
    return await acted(parts, no, staff, parts.complaints.handling.reopen, body)


@router.post("/edit")
async def edit(no: PathKey, body: EditIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """Correct or complete the facts."""
    changed = {
        name: value
        for name in type(body).model_fields
        if name != "version" and (value := getattr(body, name)) is not None
    }
    only = Versioned(version=body.version)
    return await acted(parts, no, staff, parts.complaints.tending.edit, only, **changed)


@router.post("/prioritize")
async def prioritize(
    no: PathKey, body: PrioritizeIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """Another priority or flag; supervisors alone take off `urgent` and `sensitive`."""
    return await acted(parts, no, staff, parts.complaints.tending.prioritize, body)


@router.post("/investigate")
async def investigate(
    no: PathKey, body: InvestigateIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """The investigation has begun."""
    return await acted(parts, no, staff, parts.complaints.tending.investigate, body)


@router.post("/statement")
async def statement(
    no: PathKey, body: StatementIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """The framework of a statement stands."""
    return await acted(parts, no, staff, parts.complaints.tending.statement, body)


@router.post("/progress")
async def progress(
    no: PathKey, body: ProgressIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """Tell the customer what is known, what comes next and by when."""
    return await acted(parts, no, staff, parts.complaints.tending.progress, body)


@router.post("/contact")
async def contact(
    no: PathKey, body: ContactIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """Somebody tried to speak to the customer."""
    return await acted(parts, no, staff, parts.complaints.tending.contact, body)


@router.post("/pause")
async def pause(no: PathKey, body: ReasonIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """Wait for the customer; clocks stand still, the first answer's excepted."""
    return await acted(parts, no, staff, parts.complaints.tending.pause, body)


@router.post("/resume")
async def resume(no: PathKey, body: NoteIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """What we waited for is here."""
    return await acted(parts, no, staff, parts.complaints.tending.resume, body)


@router.post("/measure")
async def measure(
    no: PathKey, body: MeasureBody, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """One more measure in this round."""
    [made] = _measures([body])
    only = Versioned(version=body.version)
    return await acted(parts, no, staff, parts.complaints.tending.measure, only, measure=made)


@router.post("/measure-result")
async def measure_result(
    no: PathKey, body: MeasureResultIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """What came of a measure."""
    return await acted(parts, no, staff, parts.complaints.tending.measure_result, body)


@router.post("/rate")
async def rate(no: PathKey, body: RateIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """What the customer said to an agent when asked."""
    return await acted(parts, no, staff, parts.complaints.tending.rate, body)


@router.post("/take")
async def take(no: PathKey, body: Versioned, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """Hold it from now on."""
    return await acted(parts, no, staff, parts.complaints.people.take, body)


@router.post("/assign")
async def assign(no: PathKey, body: AssignIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """Give it to a colleague, or to whom skill and load suggest."""
    return await acted(parts, no, staff, parts.complaints.people.assign, body)


@router.post("/hand-over")
async def hand_over(
    no: PathKey, body: HandOverIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """The holder gives it on."""
    return await acted(parts, no, staff, parts.complaints.people.hand_over, body)


@router.post("/release")
async def release(
    no: PathKey, body: ReleaseIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """Nobody's again."""
    return await acted(parts, no, staff, parts.complaints.people.release, body)


def _measures(given: list[NewMeasure] | list[MeasureBody]) -> list[MeasureIn]:
    return [MeasureIn(m.what, m.owner, m.due_at) for m in given]
