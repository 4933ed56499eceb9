"""The case library."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from api.schemas.base import Model, Words
from knowledge_base.model import Case

CaseKey = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20/\\]{1,80}$")]
CasePathKey = Annotated[str, Path(pattern=r"^[^\x00-\x20/\\]{1,80}$", examples=["case-washer-001"])]


class CaseOut(Case):
    """A case as kept. `masked` names the personal data that this write masked, by field."""

    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    masked: dict[str, list[str]] = Field(default_factory=dict)


class CaseList(Model):
    """One page of the library; `total` counts all that match."""

    items: list[CaseOut]
    total: int


class CaseFields(Model):
    """The fields of a new case; `title` is needed, `id` may be given."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "title": "滚筒洗衣机报 E2 不排水，过滤网被硬币堵住",
                    "product": "洗衣机",
                    "fault_code": "E2",
                    "customer_statement": ["洗到一半水排不出去"],
                    "solution_steps": ["教客户放水", "清过滤网", "单脱水试机"],
                }
            ]
        },
    )
    __pydantic_extra__: dict[str, JsonValue]

    title: Annotated[Words, Field(min_length=1, max_length=500)]

    def fields(self) -> dict[str, Any]:
        """Everything that was given."""
        return self.model_dump(exclude_unset=True)


class CaseChanges(Model):
    """Changed fields, and the version they were made on."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"version": 3, "solution_steps": ["清过滤网"]}]},
    )
    __pydantic_extra__: dict[str, JsonValue]

    version: int = Field(ge=1, le=2**31 - 1)

    def fields(self) -> dict[str, Any]:
        """The changed fields without the version."""
        return self.model_dump(exclude={"version"}, exclude_unset=True)


class CaseVersionOut(Model):
    """One version and what it changed."""

    number: int
    act: str
    author: str
    at: datetime
    snapshot: dict[str, Any]
    changes: list[dict[str, Any]]


class CaseVersions(Model):
    """The history, newest first."""

    items: list[CaseVersionOut]


class SearchIn(Model):
    """A query to the production search."""

    query: Annotated[Words, Field(min_length=1, max_length=8000, examples=["洗衣机不排水E2"])]
    k: int = Field(10, ge=1, le=50)
    product: Annotated[Words, Field(max_length=80)] = ""
    kind: Literal["case", "answer"] | None = None


class CaseHit(Model):
    """One case found; `score` is the probability (0-1) that it answers."""

    case: Case
    score: float
    rank: int
    reasons: list[str]


class SearchOut(Model):
    """What was found, best first; `abstained`: none is good enough to be an answer."""

    hits: list[CaseHit]
    abstained: bool
    took_ms: float


class RejectedRowOut(Model):
    """A row that did not go in, and why."""

    row: int
    id: str
    reasons: list[str]


class ImportOut(Model):
    """What became of every row."""

    accepted: int
    created: int
    updated: int
    unchanged: int
    rejected: list[RejectedRowOut]
    warnings: list[str]


class PhraseOut(Model):
    """An empathy phrase with its slots in braces."""

    id: str
    scene: str
    need: str
    stage: str
    text: str


class PhraseList(Model):
    """Empathy phrases."""

    items: list[PhraseOut]
