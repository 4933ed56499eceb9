"""What the agents' desk sends and sees."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Key, Model, Words
from api.schemas.orders import OrderBrief

Note = Annotated[Words, Field(max_length=1000)]


class CustomerOut(Model):
    """Who is talking; the phone is masked."""

    id: str
    name: str = Field(examples=["吴女士"])
    phone_masked: str = Field(examples=["138****1234"])
    tier: str = Field(examples=["standard"])


class TriageOut(Model):
    """The conversation's triage mark and the words that decided."""

    level: Literal["emergency", "sensitive", "routine"]
    category: str = Field(examples=["carbon_monoxide"])
    certainty: Literal["confirmed", "suspected", "cleared"] | None
    words: list[str] = Field(examples=[["热水器", "头好晕"]])


class Assignee(Model):
    """Who holds the conversation."""

    id: str
    display_name: str = Field(examples=["小林"])


class LastMessage(Model):
    """The newest message in brief."""

    sender: str
    text: str
    created_at: datetime


class ConversationSummary(Model):
    """A conversation in the desk's list."""

    id: str
    state: Literal["bot", "queued", "human", "closed"]
    channel: str = Field(examples=["web"])
    customer: CustomerOut
    priority: Literal["urgent", "sensitive", "normal"]
    triage: TriageOut
    assigned_to: Assignee | None
    queued_at: datetime | None
    waiting_s: int | None = Field(examples=[72])
    last_message: LastMessage | None
    unread: int
    callback: bool
    updated_at: datetime


class HandoverOut(Model):
    """What the agent needs to know before the first word."""

    asked: list[str]
    tried: list[str]
    slots: dict[str, str]
    feeling: Literal["calm", "annoyed", "angry"]
    triage: TriageOut
    complaint_no: str | None
    reason: str


class ComplaintBrief(Model):
    """A complaint of this customer."""

    no: str = Field(examples=["TS20251105-0042"])
    priority: str
    state: str
    opened_at: datetime


class RepairBrief(Model):
    """A repair booking of this customer."""

    no: str = Field(examples=["WX20251105-0042"])
    product: str
    slot: str
    state: str


class HistoryItem(Model):
    """Something earlier: a conversation or a complaint."""

    conversation_id: str | None = None
    complaint_no: str | None = None
    when: datetime
    summary: str


class ConversationDetail(ConversationSummary):
    """Everything the desk shows beside the messages."""

    epoch: int
    episode: int
    handover: HandoverOut | None
    complaints: list[ComplaintBrief]
    repairs: list[RepairBrief]
    orders: list[OrderBrief]
    history: list[HistoryItem]


class ConversationPage(Model):
    """One tab of the list and the size of every tab."""

    items: list[ConversationSummary]
    counts: dict[str, int] = Field(
        examples=[{"queue": 3, "mine": 1, "bot": 12, "closed": 40, "all": 56}]
    )


class AcceptIn(Model):
    """Take the conversation; with `epoch` only if it has not changed hands since."""

    epoch: int | None = None


class NoteIn(Model):
    """An optional remark."""

    note: Note = ""


class TransferIn(Model):
    """Back into the queue, or to the colleague named."""

    staff_id: Key | None = None
    note: Note = ""


class CloseIn(Model):
    """How it ended."""

    resolution: Note = ""


class ClearEmergencyIn(Model):
    """Why the emergency is over; required, since a person answers for it."""

    note: Annotated[Words, Field(min_length=1, max_length=1000, examples=["已电话确认人员安全"])]


class ReadIn(Model):
    """The last message the agent has seen."""

    seq: int = Field(ge=0, le=2**31 - 1)


class RevealIn(Model):
    """Which masked fact is to be shown."""

    field: Literal["phone"]


class Revealed(Model):
    """The fact in full; the look is in the audit log."""

    value: str


class PageOut(Model):
    """A call to people, repeated until somebody acknowledges it."""

    id: str
    conversation_id: str | None
    complaint_no: str | None = Field(examples=["TS20251105-0042"])
    level: str
    category: str
    category_title: str = Field(examples=["疑似一氧化碳中毒"])
    reason: str
    audience: Literal["everyone", "supervisors"]
    times: int
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class PageList(Model):
    """Calls to people."""

    items: list[PageOut]
