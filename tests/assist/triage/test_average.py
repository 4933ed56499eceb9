"""The mean of two stages' weights."""

from __future__ import annotations

import numpy as np
import pytest

from assist.triage.average import averaged


def stage(weight: float, labels: tuple[str, ...] = ("routine", "gas_leak")) -> dict:  # type: ignore[type-arg]
    return {
        "scale": np.float32(2.0),
        "labels.hazard": np.array(labels),
        "head.hazard.weight": np.full((2, 3), weight, np.float16),
    }


def test_weights_are_the_mean_and_stay_half_precision() -> None:
    mean = averaged(stage(1.0), stage(3.0))
    assert mean["head.hazard.weight"].dtype == np.float16
    assert np.all(mean["head.hazard.weight"] == 2.0)
    assert mean["scale"] == np.float32(2.0)


def test_stages_of_other_classes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"labels\.hazard"):
        averaged(stage(1.0), stage(1.0, ("routine", "fire_smoke")))


def test_files_with_other_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="other arrays"):
        averaged(stage(1.0), {"scale": np.float32(2.0)})
