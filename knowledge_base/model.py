"""What the case library holds: solved cases and routine answers (SPEC section 7)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from foundation.errors import IllegalMove


class CaseKind(StrEnum):
    """A `case` is a solved complaint; an `answer` is a routine fact the bot may state."""

    CASE = "case"
    ANSWER = "answer"


class CaseStatus(StrEnum):
    """Life of a case; only `published` cases within their validity dates are searchable."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    RETIRED = "retired"


MOVES: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.DRAFT: frozenset({CaseStatus.IN_REVIEW, CaseStatus.RETIRED}),
    CaseStatus.IN_REVIEW: frozenset({CaseStatus.PUBLISHED, CaseStatus.DRAFT, CaseStatus.RETIRED}),
    CaseStatus.PUBLISHED: frozenset({CaseStatus.RETIRED}),
    CaseStatus.RETIRED: frozenset({CaseStatus.IN_REVIEW}),
}


def check_move(state: CaseStatus, target: CaseStatus) -> None:
    """Raise `IllegalMove` unless a case may go from `state` to `target`."""
    if target not in MOVES[state]:
        raise IllegalMove("case", state, target, sorted(MOVES[state]))


class Category(StrEnum):
    """The seven complaint categories (SPEC section 5)."""

    PRODUCT_QUALITY = "product_quality"
    SERVICE_ATTITUDE = "service_attitude"
    RESPONSE_SPEED = "response_speed"
    INSTALLATION = "installation"
    REPAIR_DELAY = "repair_delay"
    PRICE_BILLING = "price_billing"
    DELIVERY = "delivery"


class RemedyLevel(StrEnum):
    """Levels of remedy (SPEC section 5)."""

    NONE = "none"
    BASIC = "basic"
    ADVANCED = "advanced"
    PREMIUM = "premium"


def _as_list(value: Any) -> Any:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else value


Lines = Annotated[list[str], BeforeValidator(_as_list)]


class Compensation(BaseModel):
    """What was given then; `amount` in CNY."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    level: RemedyLevel = RemedyLevel.NONE
    detail: str = ""
    amount: float = Field(default=0, ge=0)


class Case(BaseModel):
    """One entry of the library. Every field but `id` and `title` may be missing.

    `customer_statement` holds the ways customers said it, `root_cause` the 5-Why chain from
    symptom to cause, `solution_steps` what to do or say, in order. For answers, `topic` is the
    bot intent the answer belongs to (for example `ask_warranty`).
    """

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    id: str = Field(min_length=1, max_length=80)
    kind: CaseKind = CaseKind.CASE
    title: str = Field(min_length=1, max_length=500)
    topic: str = ""
    product: str = ""
    model: str = ""
    fault_code: str = ""
    category: Category | None = None
    customer_statement: Lines = []
    root_cause: Lines = []
    solution_steps: Lines = []
    compensation: Compensation = Compensation()
    empathy_phrase: str = ""
    outcome: str = ""
    tags: Lines = []
    valid_from: date | None = None
    valid_to: date | None = None
    owner: str = ""
    status: CaseStatus = CaseStatus.PUBLISHED
    supersedes: str | None = None
    times_used: int = Field(default=0, ge=0)
    success_rate: float | None = Field(default=None, ge=0, le=1)

    def searchable_on(self, day: date) -> bool:
        """Whether the case may be shown to agents and customers on `day`."""
        return (
            self.status is CaseStatus.PUBLISHED
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )
