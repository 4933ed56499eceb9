"""The tone of a sentence, judged by a small linear layer over pieces of words.

Trained by `python -m assist.drafts.train`. Runs of one to three characters tell a sneer from
advice better than the sentence encoder's vectors do (docs/drafts.md), and cost a tenth of a
millisecond.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assist.drafts.model import WarningKind

WEIGHTS_FILE = Path(__file__).parent / "weights" / "tone.npz"
LONGEST_PIECE = 3
_LONGEST_SENTENCE = 400

Shares = NDArray[np.float32]


@dataclass(frozen=True)
class ToneClassifier:
    """`weight` (pieces, kinds + 1) carries the pieces' rarity; column 0 is harmless.

    A sentence is named when the probability of harm reaches `threshold`.
    """

    kinds: tuple[WarningKind, ...]
    rows: dict[str, int]
    rarity: Shares
    weight: Shares
    bias: Shares
    threshold: float

    @classmethod
    def read(cls, path: Path = WEIGHTS_FILE) -> ToneClassifier:
        """Read what `assist.drafts.train` wrote."""
        with np.load(path) as stored:
            pieces = bytes(stored["pieces"]).decode().split("\n")
            return cls(
                tuple(WarningKind(str(kind)) for kind in stored["kinds"]),
                {piece: row for row, piece in enumerate(pieces)},
                stored["rarity"].astype(np.float32),
                stored["weight"].astype(np.float32),
                stored["bias"].astype(np.float32),
                float(stored["threshold"]),
            )

    def judge(self, sentences: Sequence[str]) -> list[WarningKind | None]:
        """The kind of each folded sentence, None where it is harmless."""
        return [self._kind(self.shares(sentence)) for sentence in sentences]

    def shares(self, sentence: str) -> Shares:
        """Probabilities (kinds + 1,), the first that of harmlessness."""
        found = Counter(pieces_of(sentence[:_LONGEST_SENTENCE]))
        known = [(self.rows[piece], count) for piece, count in found.items() if piece in self.rows]
        logits = self.bias
        if known:
            rows = [row for row, _ in known]
            strength = np.array([1 + math.log(count) for _, count in known], dtype=np.float32)
            values = strength * self.rarity[rows]
            logits = values / np.linalg.norm(values) @ self.weight[rows] + self.bias
        powers = np.exp(logits - logits.max())
        shares: Shares = powers / powers.sum()
        return shares

    def _kind(self, shares: Shares) -> WarningKind | None:
        if 1 - shares[0] < self.threshold:
            return None
        return self.kinds[int(shares[1:].argmax())]


@cache
def shipped_classifier() -> ToneClassifier:
    """The weights that come with this package."""
    return ToneClassifier.read()


def pieces_of(sentence: str) -> list[str]:
    """Runs of one to `LONGEST_PIECE` characters; digits and white space are one sign each."""
    plain = "".join("0" if c.isdigit() else " " if c.isspace() else c for c in sentence)
    return [
        plain[start : start + length]
        for length in range(1, LONGEST_PIECE + 1)
        for start in range(len(plain) - length + 1)
    ]
