"""Learned fusion: one score from all features, by weights that `assist.search.train` found."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assist.search.calibration import Calibration
from assist.search.features import FEATURES, Matrix

WEIGHTS_FILE = Path(__file__).with_name("ranker.json")

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Ranker:
    """`weights[name]` for every one of `FEATURES`, and how scores become probabilities."""

    weights: dict[str, float]
    calibration: Calibration

    def scores(self, features: Matrix) -> Scores:
        """One score for each row of `features` (candidates, features); more is better."""
        weights = np.array([self.weights[name] for name in FEATURES])
        result: Scores = features.astype(np.float64) @ weights
        return result

    def to_json(self) -> str:
        """The shipped form."""
        return json.dumps(asdict(self), indent=1) + "\n"


def read_ranker(path: Path) -> Ranker:
    """Read weights written by `Ranker.to_json`. `KeyError` or `TypeError` on a foreign file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    weights = {name: float(content["weights"][name]) for name in FEATURES}
    return Ranker(weights, Calibration(**content["calibration"]))


@cache
def shipped_ranker() -> Ranker:
    """The weights that come with this package."""
    return read_ranker(WEIGHTS_FILE)
