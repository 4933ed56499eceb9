"""Complaints as the desk sees and writes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from api.schemas.base import Key, Model, Words
from api.schemas.compensations import CompensationSummary
from complaints.model import (
    CauseKind,
    Channel,
    ConfirmedBy,
    Motive,
    Need,
    Priority,
    RejectReason,
    Responsibility,
)
from complaints.transitions import MAX_WHYS

Line = Annotated[Words, Field(max_length=200)]
Text = Annotated[Words, Field(max_length=4000)]
Said = Annotated[Words, Field(min_length=1, max_length=4000)]
Score = Annotated[int, Field(ge=1, le=5)]
RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Cost = Annotated[Decimal, Field(ge=0, le=10_000_000, decimal_places=2, allow_inf_nan=False)]


class StaffRef(Model):
    """A member of staff."""

    id: str
    display_name: str


class ClockChange(Model):
    """One change of a clock's terms."""

    at: datetime
    actor: str
    why: str
    old_due_at: datetime | None
    due_at: datetime | None


class ClockOut(Model):
    """One deadline; `remaining_s` counts in the clock's own calendar and is negative when late."""

    id: int
    kind: str = Field(examples=["first_response"])
    state: str = Field(examples=["running"])
    calendar: str = Field(examples=["working"])
    budget_s: int
    used_s: int
    remaining_s: int
    due_at: datetime | None
    warn_at: datetime | None
    started_at: datetime
    paused_at: datetime | None
    ended_at: datetime | None
    warned_at: datetime | None
    breached_at: datetime | None
    round: int
    uncertain: bool
    history: list[ClockChange]


class NextClock(Model):
    """The deadline that comes first."""

    kind: str
    state: str
    due_at: datetime


class ComplaintCustomer(Model):
    """Who complains; the phone is masked."""

    id: str | None
    name: str
    phone_masked: str
    tier: str


class ComplaintSummary(Model):
    """An entry of the list."""

    no: str = Field(examples=["TS20251105-0042"])
    state: str = Field(examples=["registered"])
    round: int
    life: int
    priority: str
    sensitive: bool
    category: str
    hazard: str
    channel: str
    product: str
    summary: str
    customer: ComplaintCustomer
    assigned_to: StaffRef | None
    watching: bool
    waiting_for_customer: bool
    escalated: bool
    overdue: bool
    next_clock: NextClock | None
    version: int
    created_at: datetime
    updated_at: datetime


class ComplaintList(Model):
    """One page of the list; `next_cursor` is null on the last one."""

    items: list[ComplaintSummary]
    next_cursor: str | None


class MeasureOut(Model):
    """One measure of the plan."""

    id: int
    round: int
    what: str
    owner: str
    due_at: datetime | None
    result: str
    done_at: datetime | None


class PlanOut(Model):
    """Diagnosis and plan; the cost is in CNY."""

    whys: list[str]
    cause_kind: str
    cause: str
    owner: StaffRef
    due_at: datetime
    cost: float
    note: str
    planned_by: str
    planned_at: datetime


class EntryOut(Model):
    """One act of the timeline."""

    id: int
    at: datetime
    actor: str
    actor_id: str | None
    act: str
    reason: str
    visible_to: str
    version: int
    round: int
    from_state: str | None
    to_state: str | None
    detail: dict[str, Any]


class EvidenceOut(Model):
    """A file; its links are signed and hold an hour or two."""

    id: str
    name: str
    mime: str
    size: int
    note: str
    added_by: str
    added_at: datetime
    url: str
    thumbnail_url: str | None


class CallOut(Model):
    """A call to make."""

    id: int
    complaint_no: str
    reason: str
    say: str
    phone_masked: str
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    outcome: str
    by: str


class MissingOut(Model):
    """What a guard still wants."""

    field: str
    why: str


class VerbOut(Model):
    """Something that can be done in this state, and whether the caller may now."""

    verb: str = Field(examples=["verify"])
    allowed: bool
    reason: str
    missing: list[MissingOut]


class FactsOut(Model):
    """What is known of the matter."""

    customer_name: str
    phone_masked: str
    contact: str
    product: str
    model: str
    order_no: str
    what: str
    occurred_at: str
    place: str
    no_evidence_reason: str


class AssessmentOut(Model):
    """Whose doing, what the customer needs, what drives him."""

    responsibility: str | None
    need: str | None
    motive: str | None
    note: str


class SatisfactionOut(Model):
    """What the customer thinks of the outcome, or why nobody asked."""

    score: int | None
    satisfied: bool | None
    comment: str
    by: str
    at: datetime | None
    waiver: str


class RejectionOut(Model):
    """Why it was not taken on."""

    reason: str
    duplicate_of: str
    note: str


class LifeOut(Model):
    """An earlier life of this number, ended by reopening."""

    life: int
    ended_state: str
    ended_at: datetime
    reopened_at: datetime
    reopened_by: str
    reason: str
    rounds: int
    satisfaction: int | None


class SameCustomer(Model):
    """Another complaint of the same customer."""

    no: str
    state: str
    priority: str
    summary: str
    created_at: datetime


class AlertOut(Model):
    """The bad turn of an observation, and who has seen to it."""

    kind: str = Field(examples=["contact"])
    words: str
    raised_at: datetime
    seen_at: datetime | None
    seen_by: str


class ObservationOut(Model):
    """What happened to the customer since his complaint was settled."""

    since: datetime
    until: datetime | None
    ended_at: datetime | None
    noted: dict[str, int] = Field(examples=[{"contact": 1, "purchase": 1}])
    alert: AlertOut | None


class ComplaintDetail(ComplaintSummary):
    """Everything the complaint page shows."""

    facts: FactsOut
    assessment: AssessmentOut
    plan: PlanOut | None
    measures: list[MeasureOut]
    clocks: list[ClockOut]
    observation: ObservationOut | None
    timeline: list[EntryOut]
    evidence: list[EvidenceOut]
    satisfaction: SatisfactionOut
    attempts: int
    waiting_for: str
    watchers: list[StaffRef]
    calls: list[CallOut]
    rejection: RejectionOut | None
    lineage: list[LifeOut]
    conversation_id: str | None
    external_id: str | None
    same_customer: list[SameCustomer]
    compensation: CompensationSummary
    presence: list[StaffRef]
    verbs: list[VerbOut]
    moves: list[str]


class ComplaintCounts(Model):
    """How many each tab holds, up to 10,000."""

    open: int
    mine: int
    watching: int
    unassigned: int
    overdue: int
    waiting: int
    escalated: int
    approvals: int


class BoardClock(Model):
    """A deadline on the supervisors' board."""

    no: str
    kind: str
    state: str
    due_at: datetime | None
    remaining_s: int
    priority: str
    sensitive: bool
    product: str
    assigned_to: StaffRef | None


class BoardAlert(Model):
    """A complaint under observation that has taken a bad turn, and nobody has seen to it."""

    no: str
    kind: str = Field(examples=["complaint"])
    words: str = Field(examples=["同一客户又有新投诉 TS20251106-0007"])
    raised_at: datetime
    product: str
    assigned_to: StaffRef | None


class BoardTotals(Model):
    """Up to 1,000 each."""

    open: int
    unassigned: int
    running: int
    warned: int
    overdue: int
    paused: int


class Holder(Model):
    """Who holds how much."""

    id: str
    display_name: str
    open: int
    warned: int
    overdue: int


class BoardOut(Model):
    """The clocks that need eyes."""

    now: datetime
    totals: BoardTotals
    clocks: list[BoardClock]
    alerts: list[BoardAlert]
    holders: list[Holder]


class StaffOption(Model):
    """Somebody who may hold complaints."""

    id: str
    display_name: str
    role: str
    open: int


class CalendarOut(Model):
    """Working hours of clocks; holidays are known up to the end of `known_until`."""

    shifts: list[tuple[str, str]]
    timezone: str
    known_until: int


class Options(Model):
    """All words the pages offer."""

    states: list[str]
    moves: dict[str, list[str]]
    categories: list[str]
    priorities: list[str]
    needs: list[str]
    motives: list[str]
    responsibilities: list[str]
    channels: list[str]
    clock_kinds: list[str]
    reject_reasons: list[str]
    staff: list[StaffOption]
    calendar: CalendarOut


class ComplaintIn(Model):
    """A complaint to register. With `conversation_id` what is left out is filled in from there."""

    idempotency_key: Key
    channel: Channel
    summary: Annotated[
        Words, Field(max_length=20_000, examples=["冰箱不制冷，修了三次还没修好"])
    ] = ""
    customer_name: Line = ""
    phone: Annotated[Words, Field(max_length=40)] = ""
    contact: Line = ""
    product: Line = ""
    model: Line = ""
    order_no: Line = ""
    occurred_at: Line = ""
    place: Line = ""
    category: Line = ""
    priority: Priority | Literal[""] = ""
    sensitive: bool = False
    conversation_id: Key | None = None
    external_id: Annotated[Words, Field(max_length=80)] | None = None
    no_evidence_reason: Text = ""
    register_now: bool = Field(True, alias="register")


class ComplaintDraft(Model):
    """What a conversation knows, for the registration form."""

    conversation_id: str
    channel: str
    summary: str
    product: str
    model: str
    order_no: str
    customer_name: str
    phone_masked: str
    category: str
    occurred_at: str


class RowProblem(Model):
    """Why a row was not taken: the field (empty: the whole row), a code, and a limit or row."""

    field: str = Field(examples=["phone"])
    code: str = Field(examples=["bad_phone"])
    limit: int | None = None


class RejectedRow(Model):
    """A row that was not taken; rows count from 1 below the heading."""

    row: int = Field(examples=[2])
    reasons: list[str] = Field(examples=[["phone: not a telephone number"]])
    problems: list[RowProblem]


class AcceptedRow(Model):
    """A row that is in; not `fresh` when it had come in before."""

    row: int = Field(examples=[1])
    no: str = Field(examples=["TS20251105-0042"])
    fresh: bool


class Imported(Model):
    """What became of an uploaded table: numbers of complaints, those imported before among them."""

    accepted: list[str] = Field(examples=[["TS20251105-0042"]])
    rejected: list[RejectedRow]


class RowsImported(Model):
    """What became of some rows."""

    accepted: list[AcceptedRow]
    rejected: list[RejectedRow]


class Column(Model):
    """A heading of a table and the field it stands for; null is left out of the import."""

    heading: str = Field(examples=["手机号"])
    field: str | None = Field(examples=["phone"])


class CheckedRow(Model):
    """A row as it would go in; `known` is the complaint it became in an import before."""

    row: int
    fields: dict[str, str] = Field(examples=[{"summary": "空调滴水", "phone": "13900001111"}])
    problems: list[RowProblem]
    known: str | None


class CheckedTable(Model):
    """A table as it would be imported; nothing was kept."""

    columns: list[Column]
    rows: list[CheckedRow]


class RowIn(Model):
    """A row of a checked table, by our names of fields."""

    row: Annotated[int, Field(ge=1, le=1_048_576, examples=[1])]
    fields: Annotated[
        dict[Annotated[Words, Field(max_length=40)], Annotated[Words, Field(max_length=100_000)]],
        Field(
            max_length=40,
            examples=[{"summary": "空调滴水", "phone": "13900001111", "channel": "hotline"}],
        ),
    ]


class RowsIn(Model):
    """Some rows of a checked table."""

    rows: Annotated[list[RowIn], Field(min_length=1, max_length=500)]


class Versioned(Model):
    """The version of the complaint that the caller read."""

    version: RowId


class RegisterIn(Versioned):
    """Take it on; the message goes to the customer."""

    message: Text = ""


class NoteIn(Versioned):
    """With a note, if there is something to say."""

    note: Text = ""


class AssessIn(Versioned):
    """Whose doing it was and how much it weighs."""

    responsibility: Responsibility
    priority: Priority
    need: Need | None = None
    motive: Motive | None = None
    category: Line = ""
    note: Text = ""


class NewMeasure(Model):
    """What is to be done, by whom, until when."""

    what: Annotated[Words, Field(min_length=1, max_length=1000)]
    owner: Annotated[Words, Field(max_length=80)] = ""
    due_at: AwareDatetime | None = None


class PlanBody(Versioned):
    """Diagnosis and plan."""

    whys: Annotated[list[Said], Field(min_length=1, max_length=MAX_WHYS)]
    cause_kind: CauseKind
    cause: Text = ""
    owner_id: Key
    due_at: AwareDatetime
    cost: Cost
    measures: Annotated[list[NewMeasure], Field(min_length=1, max_length=20)]
    note: Text = ""


class ResultIn(Model):
    """What came of a measure."""

    measure_id: RowId
    result: Said


class ResolveIn(Versioned):
    """Results that are still to be written, and what the customer is told."""

    results: list[ResultIn] = Field([], max_length=50)
    message: Text = ""


class ConfirmIn(Versioned):
    """The customer's word or three attempts."""

    by: ConfirmedBy
    words: Text = ""
    score: Score | None = None
    comment: Text = ""


class ArchiveIn(Versioned):
    """Why nobody rated, where nobody did."""

    waiver: Text = ""


class ReprocessIn(Versioned):
    """What the customer is not satisfied with, and what is done now."""

    reason: Said
    measures: list[NewMeasure] = Field([], max_length=20)


class RejectIn(Versioned):
    """Why it is not taken on."""

    reason: RejectReason
    note: Said
    duplicate_of: Annotated[Words, Field(max_length=40)] = ""


class ReasonIn(Versioned):
    """Why."""

    reason: Said


class EditIn(Versioned):
    """Facts to correct; what is left out stays."""

    reason: Text = ""
    customer_name: Line | None = None
    phone: Annotated[Words, Field(max_length=40)] | None = None
    contact: Line | None = None
    product: Line | None = None
    model: Line | None = None
    order_no: Line | None = None
    summary: Annotated[Words, Field(max_length=20_000)] | None = None
    occurred_at: Line | None = None
    place: Line | None = None
    category: Line | None = None
    no_evidence_reason: Text | None = None


class PrioritizeIn(Versioned):
    """Another class."""

    priority: Priority
    sensitive: bool | None = None
    reason: Said


class InvestigateIn(Versioned):
    """How the investigation begins."""

    note: Said


class StatementIn(Versioned):
    """The framework of the statement."""

    text: Said


class ProgressIn(Versioned):
    """Known facts, next action and time; `text` replaces the composed message."""

    known: Said
    action: Said
    next_at: AwareDatetime
    text: Text = ""


class ContactIn(Versioned):
    """A try to speak to the customer."""

    way: Literal["call", "message", "visit"]
    reached: bool
    note: Said


class MeasureBody(Versioned, NewMeasure):
    """One more measure."""


class MeasureResultIn(Versioned, ResultIn):
    """What came of a measure."""


class RateIn(Versioned):
    """What the customer said when asked."""

    score: Score
    comment: Text = ""


class AssignIn(Versioned):
    """To whom; `auto` chooses by skill and load."""

    staff_id: Key
    note: Text = ""


class HandOverIn(Versioned):
    """To whom, and what he must know."""

    staff_id: Key
    note: Said


class ReleaseIn(Versioned):
    """Why it is nobody's again."""

    note: Text = ""


class WatchIn(Model):
    """Follow, or no longer."""

    on: bool


class InternalNoteIn(Model):
    """A note among colleagues."""

    text: Said
    mentions: list[Key] = Field([], max_length=20)


class Others(Model):
    """Who else looks at this complaint now."""

    others: list[StaffRef]


class NoticeOut(Model):
    """Something to know."""

    id: int
    complaint_no: str
    kind: str = Field(examples=["mention"])
    text: str
    actor: str
    at: datetime
    read_at: datetime | None


class NoticeList(Model):
    """One's own notices, newest first."""

    items: list[NoticeOut]
    unread: int


class ReadNotices(Model):
    """Which have been read; none means all."""

    ids: list[RowId] = Field([], max_length=200)


class ViewIn(Model):
    """A filter to keep; `query` holds the parameters of the list."""

    name: Annotated[Words, Field(min_length=1, max_length=80)]
    query: Annotated[
        dict[
            Annotated[str, Field(max_length=40)],
            Annotated[Words, Field(max_length=200)]
            | Annotated[list[Annotated[Words, Field(max_length=200)]], Field(max_length=20)],
        ],
        Field(max_length=20),
    ]


class ViewOut(Model):
    """A kept filter."""

    id: int
    name: str
    query: dict[str, Any]


class ViewList(Model):
    """One's kept filters."""

    items: list[ViewOut]


class CallDoneIn(Model):
    """How a call went."""

    reached: bool
    outcome: Text = ""


class CallList(Model):
    """Calls to make, the most urgent first."""

    items: list[CallOut]


class StatusIn(Model):
    """A complaint's number and its contact phone."""

    no: Annotated[Words, Field(max_length=40, examples=["TS20251105-0042"])]
    phone: Annotated[Words, Field(max_length=40, examples=["13800001234"])]


class StatusReplyIn(StatusIn):
    """A word of the customer's."""

    text: Said


class StatusRatingIn(StatusIn):
    """What the customer thinks."""

    score: Score
    satisfied: bool
    comment: Text = ""


class StatusEntry(Model):
    """What happened, in plain words."""

    at: datetime
    title: str
    text: str


class StatusView(Model):
    """Where a complaint stands, for its customer."""

    no: str
    state: str
    title: str
    next: str
    opened_at: datetime
    product: str
    round: int
    can_rate: bool
    can_reopen: bool
    waiting_for_you: str
    timeline: list[StatusEntry]
