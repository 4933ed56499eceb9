"""The classifier layer: hazard probabilities from the fine-tuned encoder's own head.

A long message is scanned whole: besides the full text, overlapping windows of its clauses are
judged, and the most alarming one counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assist.encoder.runtime import OnnxEncoder
from assist.triage.lines import CLASSES, HAZARDS, ROUTINE, SENSITIVE

WINDOW_CHARS = 90
_CLAUSE = re.compile(r"[^，。！？；,!?;\n…]+[，。！？；,!?;\n…]*")
_EMERGENCY = [CLASSES.index(name) for name in HAZARDS]
_SENSITIVE = [CLASSES.index(name) for name in SENSITIVE]

Probabilities = NDArray[np.float32]


@dataclass(frozen=True)
class Judgement:
    """Probabilities by class of the most alarming part, and that part of the text."""

    probabilities: Probabilities
    part: str

    @property
    def emergency(self) -> float:
        """Probability that this is any hazard."""
        return float(self.probabilities[_EMERGENCY].sum())

    @property
    def sensitive(self) -> float:
        """Probability that this is a threat of media, regulator or law."""
        return float(self.probabilities[_SENSITIVE].sum())

    @property
    def hazard(self) -> str:
        """The likeliest hazard category."""
        return HAZARDS[int(self.probabilities[_EMERGENCY].argmax())]

    @property
    def threat(self) -> str:
        """The likeliest sensitive category."""
        return SENSITIVE[int(self.probabilities[_SENSITIVE].argmax())]


class HazardClassifier:
    """Judges texts with the triage model folder (an encoder export with a `hazard` head)."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load the model. Raises `EncoderNotBuilt` when the folder holds none."""
        self._encoder = OnnxEncoder(path, threads)
        if tuple(self._encoder.heads.get("hazard", ())) != CLASSES:
            raise ValueError(f"{path} has no hazard head with the classes of this version")

    def judge(self, text: str) -> Judgement:
        """Judge one normalised text."""
        parts = windows(text)
        probabilities = self.probabilities(parts)
        routine = probabilities[:, CLASSES.index(ROUTINE)]
        if len(parts) == 1:
            return Judgement(probabilities[0], parts[0])
        worst = int(routine.argmin())
        return Judgement(probabilities[worst], parts[worst])

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Softmax of the hazard head, float32 (texts, classes)."""
        _, logits = self._encoder.encode_with_heads(texts)
        hazard = logits["hazard"]
        powers = np.exp(hazard - hazard.max(axis=1, keepdims=True))
        shares: Probabilities = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def deciding_words(self, text: str, category: str, keep: int = 3) -> tuple[str, ...]:
        """The clauses or words whose removal lowers `category` most, in text order."""
        pieces = _pieces(text)
        if len(pieces) < 2:
            return (text,)
        column = CLASSES.index(category)
        without = ["".join(pieces[:i] + pieces[i + 1 :]) for i in range(len(pieces))]
        scores = self.probabilities([text, *without])[:, column]
        losses = scores[0] - scores[1:]
        best = sorted(np.argsort(-losses)[:keep].tolist())
        chosen = [pieces[i].strip("，。！？；,!?; ") for i in best if losses[i] > 0]
        return tuple(dict.fromkeys(word for word in chosen if word)) or (pieces[best[0]],)


def windows(text: str) -> list[str]:
    """The text itself when short; else overlapping runs of clauses of about `WINDOW_CHARS`."""
    if len(text) <= WINDOW_CHARS:
        return [text]
    clauses = [
        clause[i : i + WINDOW_CHARS]
        for clause in _CLAUSE.findall(text)
        for i in range(0, len(clause), WINDOW_CHARS)
    ]
    parts, start = [], 0
    while start < len(clauses):
        end, size = start, 0
        while end < len(clauses) and (end == start or size + len(clauses[end]) <= WINDOW_CHARS):
            size += len(clauses[end])
            end += 1
        parts.append("".join(clauses[start:end]))
        if end >= len(clauses):
            break
        start = max(start + 1, end - max(1, (end - start) // 2))
    return parts or [text[:WINDOW_CHARS]]


def _pieces(text: str) -> list[str]:
    import rjieba

    words: list[str] = rjieba.cut(text[:WINDOW_CHARS])
    return [word for word in words if word.strip()]
