"""The written rules: tone, fault, guarantees and jargon, clause by clause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assist.drafts.clauses import Piece
from assist.drafts.model import WarningKind

_FILE = Path(__file__).with_name("rules.yml")
_LATIN = re.compile(r"(?<![a-z0-9])[a-z][a-z0-9]*(?:[-/.][a-z0-9]+)*(?![a-z0-9])")
_LETTERS = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Rule:
    """`words` in a clause speak for `kind`, unless `unless` is in the clause too."""

    kind: WarningKind
    words: re.Pattern[str]
    unless: re.Pattern[str] | None

    def hits(self, clause: str) -> bool:
        """Whether the clause is meant."""
        return bool(self.words.search(clause)) and not (self.unless and self.unless.search(clause))


@dataclass(frozen=True)
class Jargon:
    """An internal word and what to say instead (empty where nobody knows)."""

    start: int
    end: int
    better: str


def kind_of(clause: Piece) -> WarningKind | None:
    """The first kind whose rules hit the clause; the graver kinds are tried first."""
    return next((rule.kind for rule in _rules() if rule.hits(clause.text)), None)


def why(kind: WarningKind) -> str:
    """Why this kind hurts, one sentence."""
    return _whys()[kind]


def jargon(draft: str, folded: str, said: str) -> Iterator[Jargon]:
    """Internal words that the customer has not used himself (`said`, folded)."""
    for match in _terms().finditer(folded):
        if match.group() not in said:
            yield Jargon(*match.span(), _content()["jargon"]["terms"][match.group()])
    strange = [match for match in _LATIN.finditer(folded) if _is_strange(match.group(), said)]
    capitals = [match for match in strange if _is_abbreviation(draft[match.start() : match.end()])]
    for match in strange if len(strange) > 1 else capitals:
        yield Jargon(*match.span(), "")


def _is_strange(word: str, said: str) -> bool:
    """Whether a Latin word is neither everyday, nor a model or code, nor the customer's own."""
    letters = _LETTERS.findall(word)
    plain = all(part in _known() or len(part) == 1 for part in letters)
    is_code = bool(re.fullmatch(r"[a-z]{1,3}[-]?[a-z]?\d+[a-z]?|ax.*|ts\d.*|wx.*", word))
    return not plain and not is_code and word not in said


def _is_abbreviation(typed: str) -> bool:
    return sum(letter.isupper() for letter in typed) >= 2


@cache
def _content() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return loaded


@cache
def _rules() -> tuple[Rule, ...]:
    content = _content()
    groups = {
        **content["tones"],
        "admits_fault": content["admits_fault"],
        "guarantees": content["guarantees"],
    }
    return tuple(
        Rule(
            WarningKind(kind),
            re.compile(rule["words"]),
            re.compile(rule["unless"]) if "unless" in rule else None,
        )
        for kind, group in groups.items()
        for rule in group["rules"]
    )


@cache
def _whys() -> dict[WarningKind, str]:
    content = _content()
    groups = {**content["tones"], **{k: v for k, v in content.items() if k != "tones"}}
    return {WarningKind(kind): str(group["why"]) for kind, group in groups.items()}


@cache
def _terms() -> re.Pattern[str]:
    terms = sorted(_content()["jargon"]["terms"], key=len, reverse=True)
    return re.compile("|".join(map(re.escape, terms)))


@cache
def _known() -> frozenset[str]:
    return frozenset(map(str, _content()["jargon"]["known"]))
