"""From ranking scores to probabilities, and when to say that nothing fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assist.search.features import FEATURES, Matrix

# What tells an answer from the best of nothing: likeness as such, and standing out from the rest.
ABSOLUTE = (
    "dense_question",
    "dense_answer",
    "metric_question",
    "metric_answer",
    "body_level",
    "letters_found",
    "codes_missing",
    "product_other",
)
INPUTS = (*ABSOLUTE, "lead", "lead_of_five")
_FIVE = 5

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """A logistic model over `INPUTS`, and the confidence below which search abstains."""

    weights: dict[str, float]
    bias: float
    abstain_below: float

    def probabilities(self, features: Matrix, scores: Values) -> Values:
        """For candidates best first, the probability that each answers the query; never rising
        from one to the next. `features` is (candidates, features), `scores` (candidates,)."""
        weights = np.array([self.weights[name] for name in INPUTS])
        logits = calibration_inputs(features, scores) @ weights + self.bias
        falling: Values = np.minimum.accumulate(1 / (1 + np.exp(-logits)))
        return falling


def calibration_inputs(features: Matrix, scores: Values) -> Values:
    """One row of `INPUTS` for each candidate, given best first."""
    absolute = features[:, [FEATURES.index(name) for name in ABSOLUTE]]
    rivals = np.where(np.arange(len(scores)) == 0, scores[1:2].sum(), scores[0])
    fifth = scores[min(_FIVE, len(scores) - 1)]
    lead = scores - rivals if len(scores) > 1 else np.zeros(1)
    return np.column_stack([absolute, lead, scores - fifth])
