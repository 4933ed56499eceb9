"""What the draft check is told and what it says; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class WarningKind(StrEnum):
    """What may be wrong with a draft."""

    BLAMING = "blaming"
    DISMISSIVE = "dismissive"
    ARGUING = "arguing"
    THREATENING = "threatening"
    SARCASM = "sarcasm"
    ADMITS_FAULT = "admits_fault"
    GUARANTEES = "guarantees"
    MONEY_OVER_AUTHORITY = "money_over_authority"
    PERSONAL_DATA = "personal_data"
    NO_TIME = "no_time"
    ASKS_AGAIN = "asks_again"
    JARGON = "jargon"
    EMPTY_FORMULA = "empty_formula"


TONES = (
    WarningKind.BLAMING,
    WarningKind.DISMISSIVE,
    WarningKind.ARGUING,
    WarningKind.THREATENING,
    WarningKind.SARCASM,
)
"""Kinds that are a matter of how it is said; they overlap, and one of them at a place is enough."""


@dataclass(frozen=True)
class Allowance:
    """What the agent may still grant here, in fen (None is without limit), and who may grant more.

    The numbers come from the books of compensation; this package never reads them.
    """

    left: int | None
    decider: str = "主管"


@dataclass(frozen=True)
class Conversation:
    """What a draft answers to.

    `said` holds the customer's recent messages, oldest first; `facts` what is known by entity type;
    `stage` as the empathy phrases name it; `phrase` words that would suit this customer now.
    """

    said: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    stage: str = ""
    allowance: Allowance = Allowance(None)
    phrase: str = ""


@dataclass(frozen=True)
class DraftWarning:
    """Characters `start` up to `end` of the draft, why they may hurt, and what to write instead.

    `better` takes the place of exactly these characters; empty where nothing better is known.
    """

    kind: WarningKind
    start: int
    end: int
    words: str
    why: str
    better: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**vars(self), "kind": self.kind.value}
