"""A likeness that knows the library: what all of its questions share counts less.

In a library about one maker's phones every vector leans the same way. The mean and covariance of
the question vectors say how; scaling each direction by its spread to the power -1/4 makes the
remaining differences count more (partial whitening).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assist.search.dense import Vectors

_POWER = -0.25
_PRIOR_COUNT = 300
_STALE_AFTER = 0.1


@dataclass(frozen=True)
class Learned:
    """The metric as last learned; `lengths` are those of vectors in it, by name, as far as they
    were needed."""

    mean: Vectors
    transform: Vectors
    lengths: dict[str, float] = field(default_factory=dict)

    def likeness(self, names: Sequence[str], vectors: Vectors, query: Vectors) -> Vectors:
        """See `LibraryMetric.likeness`."""
        asked = (query - self.mean) @ self.transform
        dots = vectors @ (self.transform @ asked) - (self.mean @ self.transform) @ asked
        self.measure(names, vectors)
        norms = np.array([self.lengths[name] for name in names]) * np.linalg.norm(asked)
        cosines: Vectors = (dots / np.maximum(norms, 1e-9)).astype(np.float32)
        return cosines

    def measure(self, names: Sequence[str], vectors: Vectors) -> None:
        """Find the lengths of those that have none yet."""
        new = [row for row, name in enumerate(names) if name not in self.lengths]
        if new:
            found = np.linalg.norm((vectors[new] - self.mean) @ self.transform, axis=1)
            self.lengths.update(zip((names[row] for row in new), found.tolist(), strict=True))


class LibraryMetric:
    """Kept up to date as vectors come and go. Safe to share between threads."""

    def __init__(self, dimension: int) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._sum = np.zeros(dimension)
        self._products = np.zeros((dimension, dimension))
        self._changed = 0
        plain = np.eye(dimension, dtype=np.float32)
        self._learned = Learned(np.zeros(dimension, dtype=np.float32), plain)

    def add(self, vectors: Vectors) -> None:
        """Count `vectors` (n, dimension) in."""
        self._change(vectors, 1)

    def remove(self, vectors: Vectors) -> None:
        """Count `vectors` out again."""
        self._change(vectors, -1)

    def forget(self, names: Sequence[str]) -> None:
        """Drop what is remembered of vectors that are gone; their names do not come again."""
        for name in names:
            self._learned.lengths.pop(name, None)

    def likeness(self, names: Sequence[str], vectors: Vectors, query: Vectors) -> Vectors:
        """Cosines of `vectors` (n, dimension), called `names`, with `query` (dimension,) in this
        metric, (n,). A name stands for one vector."""
        return self.learned().likeness(names, vectors, query)

    def learned(self) -> Learned:
        """The metric, learned anew if a tenth of the library has changed since."""
        with self._lock:
            if self._changed > _STALE_AFTER * max(self._count, 1):
                self._learned = self._learn()
                self._changed = 0
            return self._learned

    def _change(self, vectors: Vectors, sign: int) -> None:
        values = vectors.astype(np.float64)
        with self._lock:
            self._count += sign * len(values)
            self._changed += len(values)
            self._sum += sign * values.sum(axis=0)
            self._products += sign * (values.T @ values)

    def _learn(self) -> Learned:
        count = max(self._count, 1)
        mean = self._sum / count
        covariance = self._products / count - np.outer(mean, mean)
        weight = count / (count + _PRIOR_COUNT)
        even = np.trace(covariance) / len(mean) * np.eye(len(mean))
        transform = _power(weight * covariance + (1 - weight) * even, _POWER)
        return Learned(mean.astype(np.float32), transform)


def _power(covariance: NDArray[np.float64], exponent: float) -> Vectors:
    spread, directions = np.linalg.eigh(covariance)
    scaled = directions * np.maximum(spread, 1e-6) ** (exponent / 2)
    return np.asarray(scaled, dtype=np.float32)
