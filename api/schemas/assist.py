"""Triage, suggestions, and what agents make of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from api.schemas.base import Key, Model, Words
from api.schemas.cases import CaseKey
from assist.drafts.model import WarningKind

Query = Annotated[Words, Field(max_length=8000)]


class TriageIn(Model):
    """One message to be judged."""

    text: Annotated[Query, Field(examples=["开了热水器洗澡头好晕想吐"])]


class TriageVerdict(Model):
    """The judgement. `advice` is the safety text the customer would get."""

    level: Literal["emergency", "sensitive", "routine"]
    category: str = Field(examples=["carbon_monoxide"])
    certainty: Literal["confirmed", "suspected"] | None
    score: float = Field(ge=0, le=1)
    words: list[str]
    advice: str | None


class SuggestionsIn(Model):
    """A conversation, or a text with perhaps a product."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"conversation_id": "conv_01kb3m5x1a"},
                {"text": "洗衣机不排水显示E2", "product": "洗衣机"},
            ]
        }
    )

    conversation_id: Key | None = None
    text: Query = ""
    product: Annotated[Words, Field(max_length=80)] = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> SuggestionsIn:
        if self.conversation_id is None and not self.text.strip():
            raise ValueError("give conversation_id or text")
        return self


class CompensationOut(Model):
    """What was given then; `amount` in CNY."""

    level: str
    detail: str
    amount: float


class SolutionOut(Model):
    """One case that fits, and why."""

    case_id: str
    title: str
    steps: list[str]
    reasons: list[str]
    outcome: str
    success_rate: float | None
    times_used: int
    compensation: CompensationOut
    product: str
    score: float
    rank: int


class EmpathyOut(Model):
    """A phrase with its slots filled."""

    id: str
    text: str
    scene: str


class FactOut(Model):
    """Something known from the conversation."""

    label: str
    value: str


class SuggestionsOut(Model):
    """At most three solutions and three phrases; `abstained`: nothing fits well."""

    query: str
    abstained: bool
    solutions: list[SolutionOut]
    empathy: list[EmpathyOut]
    facts: list[FactOut]
    ask_next: list[str]
    took_ms: float


class AssistFeedbackIn(Model):
    """What the agent did with a suggested case, or with a warning of the draft check.

    For a warning, `kind` is `used` when its better wording was taken and `dismissed` when it was
    waved away; `query` holds the words that were warned of.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "conversation_id": "conv_01kb3m5x1a",
                    "case_id": "case-washer-001",
                    "kind": "used",
                    "rank": 1,
                    "query": "洗衣机不排水",
                },
                {
                    "conversation_id": "conv_01kb3m5x1a",
                    "warning": "no_time",
                    "kind": "dismissed",
                    "rank": 1,
                    "query": "有结果会通知您的",
                },
            ]
        }
    )

    conversation_id: Key | None = None
    case_id: CaseKey | None = None
    warning: WarningKind | None = None
    kind: Literal["used", "edited", "dismissed", "up", "down"]
    rank: int = Field(ge=1, le=100)
    query: Query = ""

    @model_validator(mode="after")
    def _about_one_thing(self) -> AssistFeedbackIn:
        if (self.case_id is None) == (self.warning is None):
            raise ValueError("give case_id or warning")
        return self


class DraftCheckIn(Model):
    """What an agent has typed so far, and in which conversation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "conversation_id": "conv_01kb3m5x1a",
                    "text": "这个是您使用不当造成的，有结果会通知您的。",
                }
            ]
        }
    )

    conversation_id: Key | None = None
    text: Annotated[Words, Field(max_length=8000)]


class DraftWarningOut(Model):
    """Characters `start` up to `end` (code points) of the draft; `better` replaces exactly them."""

    kind: WarningKind
    start: int = Field(ge=0, examples=[0])
    end: int = Field(ge=0, examples=[11])
    words: str = Field(examples=["这个是您使用不当造成的"])
    why: str = Field(examples=["这句把问题推给客户，容易让人觉得被责怪。"])
    better: str = Field(examples=["洗衣机到底是怎么回事，我和您一起把原因找出来"])


class DraftCheckOut(Model):
    """Warnings in the order of the draft. They inform; sending stays the agent's choice."""

    warnings: list[DraftWarningOut]
    took_ms: float
