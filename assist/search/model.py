"""What a search answers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reasons:
    """Why a case was found: words of the query that it contains, rarest first, and facts that both
    name, by kind (`product`, `model`, `fault_code`)."""

    words: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """One case found. `rank` counts from 1; `score` estimates the probability, 0-1, that the case
    answers the query."""

    case_id: str
    rank: int
    score: float
    reasons: Reasons


@dataclass(frozen=True)
class SearchResult:
    """The cases found, best first. `confidence` (0-1) is the probability that the first one
    answers the query; `abstained` says that it is too low for the hits to be shown as an answer
    (they are given all the same, for a list of maybes)."""

    hits: tuple[Hit, ...]
    abstained: bool
    confidence: float
