"""Hazard rules in spaCy over characters, with guards for what only sounds dangerous.

Runs in the bot's environment too (Python 3.10, spaCy 3.7): needs spaCy and PyYAML alone. Texts are
expected normalised (`assist.text.normalise`) by the caller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assist.spacy_alone import spacy  # isort: skip
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

RULES_FILE = Path(__file__).with_name("rules.yml")
_GUARD = "guard:"


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` (exclusive) of the message."""

    start: int
    end: int


@dataclass(frozen=True)
class Finding:
    """One rule that fired. `guards` names what speaks against it; `sure` holds only without."""

    category: str
    words: tuple[str, ...]
    sure: bool
    guards: tuple[str, ...]


class HazardRules:
    """Finds hazards by cue phrases and weighs guards."""

    def __init__(self, path: Path = RULES_FILE) -> None:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._rules: list[dict[str, Any]] = content["rules"]
        self._guards: dict[str, dict[str, Any]] = content["guards"]
        self._nlp = spacy.blank("zh")
        self._matcher = PhraseMatcher(self._nlp.vocab)
        for name, phrases in content["cues"].items():
            self._matcher.add(name, self._docs(phrases))
        for name, guard in self._guards.items():
            self._matcher.add(_GUARD + name, self._docs(guard["phrases"]))

    def find(self, text: str) -> list[Finding]:
        """Every rule that fires on `text`, sure ones first."""
        doc = self._nlp.make_doc(text.replace(" ", "，"))
        spans: dict[str, list[Span]] = defaultdict(list)
        for match, start, end in self._matcher(doc):
            name = self._nlp.vocab.strings[match]
            spans[name].append(Span(_offset(doc, start), _end(doc, end)))
        findings = [
            finding
            for rule in self._rules
            if (finding := self._apply(rule, spans, text)) is not None
        ]
        return sorted(findings, key=lambda finding: not finding.sure)

    def guards(self, text: str) -> set[str]:
        """Names of the guards whose phrases stand anywhere in `text`."""
        doc = self._nlp.make_doc(text.replace(" ", "，"))
        names = {self._nlp.vocab.strings[match] for match, _, _ in self._matcher(doc)}
        return {name.removeprefix(_GUARD) for name in names if name.startswith(_GUARD)}

    def _docs(self, phrases: Iterable[Any]) -> list[Doc]:
        return [self._nlp.make_doc(str(phrase)) for phrase in phrases]

    def _apply(
        self, rule: Mapping[str, Any], spans: Mapping[str, list[Span]], text: str
    ) -> Finding | None:
        best: Finding | None = None
        for parts in _combinations(rule["cues"], spans, rule.get("within", 0)):
            guards = self._guards_near(parts, spans)
            finding = Finding(
                category=rule["category"],
                words=tuple(dict.fromkeys(text[part.start : part.end] for part in parts)),
                sure=bool(rule.get("sure")) and not guards,
                guards=guards,
            )
            if finding.sure:
                return finding
            if best is None or len(guards) < len(best.guards):
                best = finding
        return best

    def _guards_near(self, parts: list[Span], spans: Mapping[str, list[Span]]) -> tuple[str, ...]:
        start, end = min(p.start for p in parts), max(p.end for p in parts)
        last = max(parts, key=lambda part: part.start)
        return tuple(
            name
            for name, guard in self._guards.items()
            if any(_applies(guard, span, start, end, last) for span in spans.get(_GUARD + name, []))
        )


def _applies(guard: Mapping[str, Any], span: Span, start: int, end: int, last: Span) -> bool:
    if guard["where"] == "anywhere":
        return True
    within = int(guard["within"])
    if guard["where"] == "before":
        near_first = span.end <= start and start - span.end <= within
        near_last = span.end <= last.start and last.start - span.end <= within // 2
        return near_first or near_last
    return span.start <= end + within and span.end >= start - within


def _combinations(
    cues: list[str], spans: Mapping[str, list[Span]], within: int
) -> Iterable[list[Span]]:
    first, *rest = cues
    for span in spans.get(first, []):
        if not rest:
            yield [span]
            continue
        for other in spans.get(rest[0], []):
            if max(span.start, other.start) - min(span.end, other.end) <= within:
                yield [span, other]


def _offset(doc: Doc, token: int) -> int:
    return int(doc[token].idx)


def _end(doc: Doc, token: int) -> int:
    last = doc[token - 1]
    return int(last.idx) + len(last)
