"""Changes of the encoder's layers as a small file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assist.triage import changes
from assist.triage.build import CHANGES_FILE
from assist.triage.lines import CLASSES


@pytest.fixture
def tensors() -> dict[str, np.ndarray]:
    chance = np.random.default_rng(1)
    return {
        "encoder.layer.4.dense.weight": chance.normal(size=(6, 8)).astype(np.float32),
        "encoder.layer.4.dense.bias": chance.normal(size=6).astype(np.float32),
        "encoder.layer.0.dense.weight": chance.normal(size=(6, 8)).astype(np.float32),
    }


def test_what_was_changed_comes_back_within_half_a_step(
    tensors: dict[str, np.ndarray], tmp_path: Path
) -> None:
    chance = np.random.default_rng(2)
    learned = {
        name: (values + 0.01 * chance.normal(size=values.shape)).astype(np.float32)
        for name, values in tensors.items()
        if ".layer.4." in name
    }
    head = (np.ones((2, 8), np.float32), np.zeros(2, np.float32))
    file = tmp_path / "changes.npz"
    changes.save(file, tensors, learned, {"hazard": head}, {"hazard": ("routine", "gas_leak")})
    found = changes.Changes(file)
    folded = found.folded(tensors)
    assert folded["encoder.layer.0.dense.weight"] is tensors["encoder.layer.0.dense.weight"]
    for name, values in learned.items():
        step = np.abs(values - tensors[name]).max() / changes.STEPS
        assert np.abs(folded[name] - values).max() <= 0.51 * step
    assert found.labels("hazard") == ("routine", "gas_leak")
    assert np.array_equal(found.head("hazard")[0], head[0])


def test_a_row_with_small_differences_has_a_step_of_its_own() -> None:
    difference, step = changes.rounded(np.array([[0.5, -2.0], [0.001, 0.00025]], np.float32))
    assert difference.tolist() == [[8, -31], [31, 8]]
    assert step.shape == (2, 1)


def test_nothing_changed_is_nothing_written() -> None:
    difference, _ = changes.rounded(np.zeros((2, 2), np.float32))
    assert not difference.any()


def test_the_shipped_changes_know_the_classes_of_today() -> None:
    shipped = changes.Changes(CHANGES_FILE)
    assert shipped.labels("hazard") == CLASSES
    weight, bias = shipped.head("intent")
    assert weight.shape[0] == bias.shape[0] == len(shipped.labels("intent"))
