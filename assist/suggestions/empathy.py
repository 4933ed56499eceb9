"""Empathy phrasing that names this customer's situation and loss (SPEC section 6).

A phrase is chosen by scene, need and stage, and by its likeness to what was said. It is left out
when it names something that the customer has not told us, when a slot cannot be filled, or when the
draft check would warn of it. Where no scene fits, one is composed around the customer's own words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from assist.drafts.check import DraftCheck
from assist.drafts.model import Conversation
from assist.encoder import Encoder
from assist.encoder.runtime import Vectors
from assist.suggestions import slots
from assist.suggestions.model import EmpathyPhrase, Situation
from assist.suggestions.own_words import composed
from assist.text import normalise

GENERAL = "general"
OWN_WORDS = "own_words"
_MOST = 3
_NEXT_STAGES = {
    "opening": ("opening", "listening", "apology_without_fault"),
    "listening": ("listening", "apology_without_fault", "action"),
    "apology_without_fault": ("apology_without_fault", "action", "listening"),
    "action": ("action", "waiting", "apology_without_fault"),
    "waiting": ("apology_without_fault", "action", "listening", "waiting"),
    "closing": ("closing",),
    "follow_up": ("follow_up",),
}
_PUSHING = re.compile(r"多久|什么时候|几时|啥时候|催|还要等|进度|到哪了|怎么还|还没")
_ENDING = re.compile(r"(?:修好|解决|装好|退到|收到)[^，。]{0,4}了|(?:谢谢|感谢|多谢)[^，。]{0,6}$")
_AT_ODDS = re.compile(r"(?:没|不|未|还)[^，。]{0,3}(?:修好|解决|装好|收到)|又|但")
_TROUBLE = re.compile(
    r"坏|漏|不[^，。]{0,3}(?:转|动|热|冷|亮|出|响|制)|报错|报[a-z]\d|死机|异响|没反应"
)
_GENERAL_WEIGHT = 0.3
_STAGE_WEIGHTS = (1.0, 0.55, 0.4, 0.3)
_NEED_WEIGHT = 0.5
_LIKENESS_WEIGHT = 4.0
_SLOT_BONUS = 0.15
_LIKENESS_CHARS = 48


@dataclass(frozen=True)
class Phrase:
    """A phrase of the library, its slots open."""

    id: str
    scene: str
    need: str
    stage: str
    text: str


class EmpathyBook:
    """The phrases of the library, encoded once. Safe to share between threads."""

    def __init__(
        self,
        phrases: Sequence[Phrase],
        encoder: Encoder | None = None,
        check: DraftCheck | None = None,
    ) -> None:
        """Without an encoder, phrases are chosen by scene, need and stage alone."""
        self._check = check or DraftCheck()
        self._phrases = list(phrases)
        self._encoder = encoder if phrases else None
        self._mean: Vectors | None = None
        self._vectors: Vectors | None = None
        if self._encoder is not None:
            vectors = self._encoder.encode([_bare(phrase.text) for phrase in phrases])
            self._mean = vectors.mean(axis=0)
            self._vectors = _unit(vectors - self._mean)

    def choose(self, situation: Situation, facts: Mapping[str, str]) -> list[EmpathyPhrase]:
        """Up to three phrases that may be said now, the most fitting first.

        `facts` are known facts by entity type. None for a calm question that names no trouble.
        """
        said = normalise("。".join(situation.said))
        scenes = scenes_of(said)
        stage = situation.stage or stage_of(said, situation.agent_spoke)
        own = composed(situation.said, stage) if not scenes else ""
        if not scenes and situation.feeling == "calm" and not _speaks_of_trouble(said, stage):
            return self._sayable([(OWN_WORDS, OWN_WORDS, own, stage)], situation, facts)
        need = need_of(said, situation.feeling)
        likeness = self._likeness(said)
        ranked = []
        for place, phrase in enumerate(self._phrases):
            score = _fit(phrase, {GENERAL: _GENERAL_WEIGHT, **scenes}, _NEXT_STAGES[stage], need)
            if score is None or _claims_too_much(phrase.text, said):
                continue
            text = slots.fill(phrase.text, _values(phrase.scene, said, situation, facts))
            if text is not None:
                ranked.append((score + _LIKENESS_WEIGHT * likeness[place], phrase, text))
        ranked.sort(key=lambda found: -found[0])
        found = [(phrase.id, phrase.scene, text, phrase.stage) for _, phrase, text in ranked]
        return self._sayable([(OWN_WORDS, OWN_WORDS, own, stage), *found], situation, facts)

    def _sayable(
        self,
        ranked: Sequence[tuple[str, str, str, str]],
        situation: Situation,
        facts: Mapping[str, str],
    ) -> list[EmpathyPhrase]:
        """The best of (id, scene, text, stage), each stage at most twice, none to be warned of."""
        about = Conversation(situation.said, facts, situation.stage)
        kept: list[EmpathyPhrase] = []
        stages: list[str] = []
        for id_, scene, text, stage in ranked:
            if len(kept) == _MOST:
                break
            if text and stages.count(stage) < 2 and not self._check.check(text, about):
                kept.append(EmpathyPhrase(id_, text, scene))
                stages.append(stage)
        return kept

    def _likeness(self, said: str) -> list[float]:
        if self._encoder is None or self._vectors is None or self._mean is None or not said:
            return [0.0] * len(self._phrases)
        query = _unit(self._encoder.encode([said[-_LIKENESS_CHARS:]]) - self._mean)[0]
        return [float(value) for value in self._vectors @ query]


def scenes_of(said: str) -> dict[str, float]:
    """Scenes that normalised words point at, with the strength of the hint (1-2)."""
    found = {
        scene: sum(bool(pattern.search(said)) for pattern in patterns)
        for scene, patterns in _scene_patterns().items()
    }
    return {scene: 0.5 + 0.5 * min(hits, 3) for scene, hits in found.items() if hits}


def need_of(said: str, feeling: str) -> str:
    """`fairness`, `acknowledgement` or `resolution` (SPEC section 5)."""
    for need, pattern in _words()["needs"].items():
        if re.search(pattern, said):
            return str(need)
    return "resolution" if feeling == "calm" else "acknowledgement"


def stage_of(said: str, agent_spoke: bool) -> str:
    """The stage of the talk, judged from what was said last."""
    last = said.rpartition("。")[2] or said
    if _ENDING.search(last) and not _AT_ODDS.search(last):
        return "closing"
    if not agent_spoke:
        return "opening"
    return "waiting" if _PUSHING.search(last) else "apology_without_fault"


def _fit(
    phrase: Phrase, scenes: Mapping[str, float], stages: Sequence[str], need: str
) -> float | None:
    """How well the phrase's place in the library fits; None when it does not."""
    if phrase.scene not in scenes or phrase.stage not in stages:
        return None
    stage = _STAGE_WEIGHTS[stages.index(phrase.stage)]
    bonus = _NEED_WEIGHT * (phrase.need == need)
    return scenes[phrase.scene] + stage + bonus + _SLOT_BONUS * len(slots.open_slots(phrase.text))


def _speaks_of_trouble(said: str, stage: str) -> bool:
    return stage in ("closing", "follow_up") or bool(_TROUBLE.search(said))


def _values(
    scene: str, said: str, situation: Situation, facts: Mapping[str, str]
) -> dict[str, str]:
    words = _words()
    loss = slots.first_said(words["losses"].get(scene, ()), said)
    return {
        "product": facts.get("product", ""),
        "name": situation.name,
        "days": slots.waited_days(said),
        "loss": facts.get("amount", "") if scene in words["money"] else loss,
        "event": slots.first_said(words["events"].get(scene, ()), said),
    }


def _claims_too_much(template: str, said: str) -> bool:
    return any(
        in_phrase.search(template) and not in_said.search(said) for in_phrase, in_said in _details()
    )


def _bare(template: str) -> str:
    return re.sub(r"\{\w+\}", "", template)


def _unit(vectors: Any) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


@cache
def _words() -> dict[str, Any]:
    path = Path(__file__).with_name("scenes.yml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@cache
def _scene_patterns() -> dict[str, list[re.Pattern[str]]]:
    return {
        scene: [re.compile(pattern) for pattern in patterns]
        for scene, patterns in _words()["scenes"].items()
    }


@cache
def _details() -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    return [
        (re.compile(entry["phrase"]), re.compile(entry["said"])) for entry in _words()["details"]
    ]
