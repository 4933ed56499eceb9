"""What the sidebar is asked and what it answers; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from knowledge_base.model import Case, Compensation


@dataclass(frozen=True)
class Situation:
    """A conversation as the sidebar sees it.

    `said` holds the customer's recent messages, oldest first; `slots` what the bot has gathered,
    by entity type; `feeling` is calm, annoyed or angry; `name` how the agent addresses him. `stage`
    overrides the stage that is otherwise judged from the words and from whether an agent spoke.
    """

    said: tuple[str, ...]
    slots: Mapping[str, str] = field(default_factory=dict)
    product: str = ""
    feeling: str = "calm"
    name: str = ""
    agent_spoke: bool = False
    stage: str = ""


@dataclass(frozen=True)
class Solution:
    """A case that fits, and why. `score` 0-1, `rank` from 1."""

    case_id: str
    kind: str
    title: str
    steps: list[str]
    reasons: list[str]
    outcome: str
    success_rate: float | None
    times_used: int
    compensation: Compensation
    product: str
    score: float
    rank: int

    @classmethod
    def of(cls, case: Case, reasons: list[str], score: float, rank: int) -> Solution:
        """The case as a proposal."""
        return cls(
            case_id=case.id,
            kind=case.kind,
            title=case.title,
            steps=case.solution_steps,
            reasons=reasons,
            outcome=case.outcome,
            success_rate=case.success_rate,
            times_used=case.times_used,
            compensation=case.compensation,
            product=case.product,
            score=score,
            rank=rank,
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        fields = {**vars(self), "compensation": self.compensation.model_dump(mode="json")}
        return {**fields, "score": round(self.score, 4)}


@dataclass(frozen=True)
class EmpathyPhrase:
    """A phrase ready to be said: no slot is left open."""

    id: str
    text: str
    scene: str


@dataclass(frozen=True)
class Fact:
    """Something the customer told us, under the label the desk shows."""

    label: str
    value: str


@dataclass(frozen=True)
class Suggestions:
    """Everything the sidebar shows for one situation; `took_ms` in milliseconds."""

    query: str
    abstained: bool
    solutions: list[Solution]
    empathy: list[EmpathyPhrase]
    facts: list[Fact]
    ask_next: list[str]
    took_ms: float

    def as_dict(self) -> dict[str, Any]:
        """JSON form of `POST assist/suggestions`."""
        return {
            "query": self.query,
            "abstained": self.abstained,
            "solutions": [solution.as_dict() for solution in self.solutions],
            "empathy": [vars(phrase) for phrase in self.empathy],
            "facts": [vars(fact) for fact in self.facts],
            "ask_next": self.ask_next,
            "took_ms": round(self.took_ms, 1),
        }
