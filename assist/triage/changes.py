"""What triage changes in the encoder's upper layers, kept as a small file.

The difference to the default encoder is rounded to `STEPS` steps to either side, one size of step
for each row of a matrix: about five bits a weight in the compressed file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[np.float32]]
Head = tuple[NDArray[np.float32], NDArray[np.float32]]

STEPS = 31


def save(
    path: Path,
    before: Tensors,
    after: Tensors,
    heads: Mapping[str, Head],
    labels: Mapping[str, Sequence[str]],
) -> None:
    """Write what differs between the tensors named in `after` and those of the same names before.

    Keys: `NAME.difference` int8 of the tensor's shape and `NAME.step` float32 (rows, 1) or scalar,
    `head.HEAD.weight|bias` float16, `labels.HEAD`."""
    arrays: dict[str, Any] = {}
    for name, values in after.items():
        arrays[f"{name}.difference"], arrays[f"{name}.step"] = rounded(values - before[name])
    for name, (weight, bias) in heads.items():
        arrays[f"head.{name}.weight"] = weight.astype(np.float16)
        arrays[f"head.{name}.bias"] = bias.astype(np.float16)
        arrays[f"labels.{name}"] = np.array(labels[name])
    np.savez_compressed(path, allow_pickle=False, **arrays)


def rounded(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers of steps, and the step of each row (of the whole, if there are no rows)."""
    axis = -1 if values.ndim > 1 else None
    largest = np.abs(values).max(axis=axis, keepdims=values.ndim > 1)
    step = (np.maximum(largest, np.finfo(np.float32).tiny) / STEPS).astype(np.float32)
    return np.rint(values / step).astype(np.int8), step


class Changes:
    """A file that `save` wrote. Raises `OSError`, and `KeyError` when it lacks something."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as arrays:
            self._arrays = dict(arrays)

    def folded(self, tensors: Tensors) -> dict[str, NDArray[np.float32]]:
        """The encoder's tensors, changed where this says so."""
        found = dict(tensors)
        for key, difference in self._arrays.items():
            name, _, kind = key.rpartition(".")
            if kind == "difference":
                step = self._arrays[f"{name}.step"]
                found[name] = (tensors[name] + difference * step).astype(np.float32)
        return found

    def head(self, name: str) -> Head:
        """Weight (classes, hidden) and bias (classes)."""
        weight, bias = (self._arrays[f"head.{name}.{part}"] for part in ("weight", "bias"))
        return weight.astype(np.float32), bias.astype(np.float32)

    def labels(self, head: str) -> tuple[str, ...]:
        """The classes of a head, in the order of its logits."""
        return tuple(str(label) for label in self._arrays[f"labels.{head}"])
