"""The gateway's triage as conversations see it, loaded in the background."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Protocol

import structlog

from api.errors import place_of
from assist.triage.model import Assessment
from conversations.model import Certainty, Level, Verdict
from foundation.settings import Settings

log = structlog.get_logger(__name__)


class Assessor(Protocol):
    """Judges one text."""

    def assess(self, text: str) -> Assessment:
        """Level, category, certainty, score and deciding words."""
        ...


class GatewayTriage:
    """`conversations.ports.Triage` over `assist.triage`.

    Without its model the sure rules alone decide, and `problem` says so: a hazard named outright
    still raises the alarm.
    """

    def __init__(self, assessor: Assessor | None = None) -> None:
        self._assessor = assessor
        self.problem: str | None = None if assessor else "not loaded yet"

    async def load(self, settings: Settings) -> None:
        """Open the model, else fall back to the rules; never raises."""
        if self._assessor is not None:
            return
        try:
            self._assessor = await asyncio.to_thread(_open_model, settings)
            self.problem = None
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"[:300]
            log.error("triage_model_missing", reason=self.problem)
            self._assessor = await asyncio.to_thread(_open_rules)

    def assess(self, text: str) -> Verdict:
        """See `conversations.ports.Triage.assess`."""
        if self._assessor is None:
            raise RuntimeError("triage is used before it is loaded")
        try:
            return as_verdict(self._assessor.assess(text))
        except Exception as error:
            log.error("triage_failed", error=type(error).__name__, place=place_of(error))
            return as_verdict(_open_rules().assess(text))


def as_verdict(found: Assessment) -> Verdict:
    """The same judgement in the words of conversations."""
    return Verdict(
        Level(found.level),
        found.category,
        Certainty(found.certainty) if found.certainty else None,
        found.score,
        tuple(found.words),
    )


class RulesAlone:
    """The sure rules without a model."""

    def __init__(self) -> None:
        from assist.triage.rules import HazardRules

        self._rules = HazardRules()

    def assess(self, text: str) -> Assessment:
        """Confirmed when a sure rule fires, else routine."""
        from assist.text import normalise
        from assist.triage.lines import SENSITIVE

        sure = [found for found in self._rules.find(normalise(text[:4000])) if found.sure]
        if not sure:
            return Assessment()
        worst = min(sure, key=lambda found: found.category in SENSITIVE)
        level = "sensitive" if worst.category in SENSITIVE else "emergency"
        return Assessment(level, worst.category, "confirmed", 1.0, worst.words, ("rules",))


def _open_model(settings: Settings) -> Assessor:
    from assist.triage.triage import Triage

    return Triage.load(settings.triage_path, settings.encoder_threads)


@cache
def _open_rules() -> Assessor:
    return RulesAlone()
