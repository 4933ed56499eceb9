"""What may happen to a customer within the observation after his complaint (SPEC section 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

LOW_SCORE = 2
"""A rating of this many points or fewer is a bad turn."""


class Kind(StrEnum):
    """What is noted."""

    CONTACT = "contact"
    COMPLAINT = "complaint"
    PURCHASE = "purchase"
    RATING = "rating"


@dataclass(frozen=True)
class Turn:
    """One thing that happened, told once however often it is heard of: `ref` names it.

    `words` are for colleagues; `bad` raises the alert.
    """

    kind: Kind
    ref: str
    at: datetime
    words: str
    bad: bool = False
    detail: dict[str, str] = field(default_factory=dict)
