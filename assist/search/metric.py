"""A likeness that knows the library: what all of its questions share counts less.

In a library about one maker's phones every vector leans the same way. The mean and covariance of
the question vectors say how; scaling each direction by its spread to the power -1/4 makes the
remaining differences count more (partial whitening).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assist.search.dense import Vectors

_POWER = -0.25
_PRIOR_COUNT = 300
_STALE_AFTER = 0.1


class LibraryMetric:
    """Kept up to date as vectors come and go. Safe to share between threads."""

    def __init__(self, dimension: int) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._sum = np.zeros(dimension)
        self._products = np.zeros((dimension, dimension))
        self._changed = 0
        self._mean: Vectors = np.zeros(dimension, dtype=np.float32)
        self._transform: Vectors = np.eye(dimension, dtype=np.float32)
        self._lengths: dict[str, float] = {}

    def add(self, vectors: Vectors) -> None:
        """Count `vectors` (n, dimension) in."""
        self._change(vectors, 1)

    def remove(self, vectors: Vectors) -> None:
        """Count `vectors` out again."""
        self._change(vectors, -1)

    def forget(self, names: Sequence[str]) -> None:
        """Drop what is remembered of vectors that are gone; their names do not come again."""
        for name in names:
            self._lengths.pop(name, None)

    def likeness(self, names: Sequence[str], vectors: Vectors, query: Vectors) -> Vectors:
        """Cosines of `vectors` (n, dimension), called `names`, with `query` (dimension,) in this
        metric, (n,). A name stands for one vector."""
        mean, transform, lengths = self._current()
        asked = (query - mean) @ transform
        dots = vectors @ (transform @ asked) - (mean @ transform) @ asked
        new = [row for row, name in enumerate(names) if name not in lengths]
        if new:
            found = np.linalg.norm((vectors[new] - mean) @ transform, axis=1)
            lengths.update(zip((names[row] for row in new), found.tolist(), strict=True))
        norms = np.array([lengths[name] for name in names]) * np.linalg.norm(asked)
        cosines: Vectors = (dots / np.maximum(norms, 1e-9)).astype(np.float32)
        return cosines

    def _change(self, vectors: Vectors, sign: int) -> None:
        values = vectors.astype(np.float64)
        with self._lock:
            self._count += sign * len(values)
            self._changed += len(values)
            self._sum += sign * values.sum(axis=0)
            self._products += sign * (values.T @ values)

    def _current(self) -> tuple[Vectors, Vectors, dict[str, float]]:
        """Mean, transform and the lengths of vectors transformed by it, as far as known."""
        with self._lock:
            if self._changed > _STALE_AFTER * max(self._count, 1):
                self._refresh()
                self._changed = 0
            return self._mean, self._transform, self._lengths

    def _refresh(self) -> None:
        count = max(self._count, 1)
        mean = self._sum / count
        covariance = self._products / count - np.outer(mean, mean)
        weight = count / (count + _PRIOR_COUNT)
        even = np.trace(covariance) / len(mean) * np.eye(len(mean))
        self._mean = mean.astype(np.float32)
        self._transform = _power(weight * covariance + (1 - weight) * even, _POWER)
        self._lengths = {}


def _power(covariance: NDArray[np.float64], exponent: float) -> Vectors:
    spread, directions = np.linalg.eigh(covariance)
    scaled = directions * np.maximum(spread, 1e-6) ** (exponent / 2)
    return np.asarray(scaled, dtype=np.float32)
