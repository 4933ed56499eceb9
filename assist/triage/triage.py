"""Rules and classifier together: the gateway's own triage (SPEC section 3)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from assist.text import normalise
from assist.triage.classifier import HazardClassifier, Judgement
from assist.triage.lines import SENSITIVE
from assist.triage.model import Assessment
from assist.triage.rules import Finding, HazardRules

THRESHOLDS_FILE = Path(__file__).parent / "weights" / "thresholds.json"
MAX_CHARS = 4000
_CONSENT = re.compile(
    r"(?:都|全|就|嗯+|好|行|对|没错|可以|成|中|的|了|吧|这样|这么[报办定写]?|提交|确认|交上去|报上去|没问题|谢谢|[，,。.！!\s])+"
)
"""Consent to a summary: short words whose resigned sound alone means nothing."""


@dataclass(frozen=True)
class Thresholds:
    """Probabilities from which a message is acted on, asked about, or marked sensitive.

    `confirm_with_rule` and `ask_with_rule` hold when a sure rule fired too.
    """

    confirm: float
    ask: float
    confirm_with_rule: float
    ask_with_rule: float
    sensitive: float
    sensitive_with_rule: float

    @classmethod
    def load(cls, path: Path = THRESHOLDS_FILE) -> Thresholds:
        """Read what `python -m assist.triage.calibrate` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


class Triage:
    """Judges messages; safe to share between threads."""

    def __init__(
        self, rules: HazardRules, classifier: HazardClassifier, thresholds: Thresholds
    ) -> None:
        self._rules = rules
        self._classifier = classifier
        self._thresholds = thresholds

    @classmethod
    def load(cls, path: Path, threads: int = 1) -> Triage:
        """Open the triage model folder. Raises `EncoderNotBuilt` when it is missing."""
        return cls(HazardRules(), HazardClassifier(path, threads), Thresholds.load())

    def assess(self, text: str) -> Assessment:
        """Level, category, certainty and deciding words of one message of any length."""
        clean = normalise(text[:MAX_CHARS])
        if not clean or _CONSENT.fullmatch(clean):
            return Assessment()
        judgement = self._classifier.judge(clean)
        findings = self._rules.find(clean)
        return decide(judgement, findings, self._thresholds)


def decide(judgement: Judgement, findings: list[Finding], limits: Thresholds) -> Assessment:
    """Combine the two layers; pure. Words come from the rule if it agrees, else from the tokens."""
    hazard_rule = next((f for f in findings if f.sure and f.category not in SENSITIVE), None)
    threat_rule = next((f for f in findings if f.sure and f.category in SENSITIVE), None)
    score = judgement.emergency
    confirm = limits.confirm_with_rule if hazard_rule else limits.confirm
    ask = limits.ask_with_rule if hazard_rule else limits.ask
    if score >= ask:
        agrees = hazard_rule is not None and hazard_rule.category == judgement.hazard
        return Assessment(
            level="emergency",
            category=judgement.hazard,
            certainty="confirmed" if score >= confirm else "suspected",
            score=score,
            words=(
                hazard_rule.words
                if hazard_rule and agrees
                else judgement.deciding_words(judgement.hazard)
            ),
            by=("rules", "classifier") if hazard_rule else ("classifier",),
        )
    if judgement.sensitive >= (limits.sensitive_with_rule if threat_rule else limits.sensitive):
        agrees = threat_rule is not None and threat_rule.category == judgement.threat
        return Assessment(
            level="sensitive",
            category=judgement.threat,
            certainty="confirmed",
            score=judgement.sensitive,
            words=(
                threat_rule.words
                if threat_rule and agrees
                else judgement.deciding_words(judgement.threat)
            ),
            by=("rules", "classifier") if threat_rule else ("classifier",),
        )
    return Assessment(score=score, by=("classifier",))
