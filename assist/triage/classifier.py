"""The classifier layer: hazard probabilities from the fine-tuned encoder's own head.

A long message is scanned whole: besides the full text, overlapping windows of its clauses are
judged, and the most alarming one counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assist.encoder.runtime import OnnxEncoder
from assist.triage.lines import CLASSES, HAZARDS, ROUTINE, SENSITIVE

WINDOW_CHARS = 90
HEAD = "hazard"
_CLAUSE = re.compile(r"[^，。！？；,!?;\n…]+[，。！？；,!?;\n…]*")
_EMERGENCY = [CLASSES.index(name) for name in HAZARDS]
_SENSITIVE = [CLASSES.index(name) for name in SENSITIVE]

Probabilities = NDArray[np.float32]


@dataclass(frozen=True)
class Judgement:
    """Probabilities by class of the most alarming part, and that part of the text.

    `spans` are the characters of its tokens and `added` (tokens, classes) what each token adds to
    a class against `routine`.
    """

    probabilities: Probabilities
    part: str
    spans: list[tuple[int, int]] = field(default_factory=list)
    added: Probabilities | None = None

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

    def deciding_words(self, category: str, keep: int = 3) -> tuple[str, ...]:
        """The parts of the text that speak most for `category`, in text order.

        Neighbouring tokens that both speak for it are told as one."""
        if self.added is None:
            return ()
        scores = self.added[:, CLASSES.index(category)]
        chosen = {
            int(i)
            for i in np.argsort(-scores)[: 2 * keep]
            if scores[i] > 0 and self.spans[i][1] > max(0, self.spans[i][0])
        }
        runs: list[tuple[int, int, float]] = []
        for i in sorted(chosen):
            start, end = max(0, self.spans[i][0]), self.spans[i][1]
            if runs and runs[-1][1] == start:
                runs[-1] = (runs[-1][0], end, runs[-1][2] + float(scores[i]))
            else:
                runs.append((start, end, float(scores[i])))
        best = sorted(sorted(runs, key=lambda run: -run[2])[:keep])
        words = (self.part[start:end].strip("，。！？；,!?; ") for start, end, _ in best)
        return tuple(dict.fromkeys(word for word in words if word))


class HazardClassifier:
    """Judges texts with the triage model folder (an encoder export with a `hazard` head)."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load the model. Raises `EncoderNotBuilt` when the folder holds none."""
        self._encoder = OnnxEncoder(path, threads)
        if tuple(self._encoder.heads.get(HEAD, ())) != CLASSES:
            raise ValueError(f"{path} has no hazard head with the classes of this version")

    def judge(self, text: str) -> Judgement:
        """Judge one normalised text."""
        parts = windows(text)
        if len(parts) == 1:
            return self._explained(parts[0])
        routine = self.probabilities(parts)[:, CLASSES.index(ROUTINE)]
        return self._explained(parts[int(routine.argmin())])

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Softmax of the hazard head, float32 (texts, classes)."""
        _, logits = self._encoder.encode_with_heads(texts)
        return _softmax(logits[HEAD])

    def _explained(self, text: str) -> Judgement:
        found = self._encoder.explain(text, HEAD)
        probabilities = _softmax(found.logits[None])[0]
        relative = found.added - found.added[:, [CLASSES.index(ROUTINE)]]
        return Judgement(probabilities, text, found.spans, relative)


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


def _softmax(logits: Probabilities) -> Probabilities:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Probabilities = powers / powers.sum(axis=1, keepdims=True)
    return shares
