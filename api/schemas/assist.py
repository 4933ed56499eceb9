"""Triage, suggestions, and what agents make of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from api.schemas.base import Key, Model, Words
from api.schemas.cases import CaseKey

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
    """What the agent did with a suggestion."""

    conversation_id: Key | None = None
    case_id: CaseKey
    kind: Literal["used", "edited", "dismissed", "up", "down"]
    rank: int = Field(ge=1, le=100)
    query: Query = ""
