"""Kinds of feedback and what they say about a proposal; pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from assist.text import normalise


class FeedbackKind(StrEnum):
    """Implicit (`used`, `edited`, `dismissed`) and explicit (`up`, `down`) feedback."""

    USED = "used"
    EDITED = "edited"
    DISMISSED = "dismissed"
    UP = "up"
    DOWN = "down"

    @property
    def counts_as_use(self) -> bool:
        """Whether the case was used."""
        return self in (FeedbackKind.USED, FeedbackKind.EDITED)

    @property
    def verdict(self) -> bool | None:
        """Whether the case helped; None when nobody said so."""
        return {FeedbackKind.UP: True, FeedbackKind.DOWN: False}.get(self)


@dataclass(frozen=True)
class Act:
    """What one member of staff did, at which place (`rank`, from 1) and for which words."""

    staff_id: str
    kind: FeedbackKind
    rank: int
    query: str
    conversation_id: str | None = None


@dataclass
class FeedbackCounts:
    """How often each kind was given for a case, or for a kind of warning."""

    used: int = 0
    edited: int = 0
    dismissed: int = 0
    up: int = 0
    down: int = 0


def query_hash(query: str) -> str:
    """The same 16 signs for every way of typing the same query."""
    return hashlib.sha256(normalise(query).encode()).hexdigest()[:16]
