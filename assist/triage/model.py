"""What triage says of one message; plain strings so that every environment can read it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Assessment:
    """Level `emergency`, `sensitive` or `routine`; certainty `confirmed`, `suspected` or None.

    `score` is the calibrated probability (0-1) behind the decision, `words` the parts of the
    message that decided, `by` what decided: `rules`, `classifier` or both.
    """

    level: str = "routine"
    category: str = ""
    certainty: str | None = None
    score: float = 0.0
    words: tuple[str, ...] = ()
    by: tuple[str, ...] = field(default=())
