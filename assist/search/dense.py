"""Nearest vectors by string id: exact while the library is small, in cells beyond."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_GROWTH = 4
_POINTS_PER_CELL = 40
_SHARE_OF_CELLS_SEARCHED = 1 / 16
_LEAST_CELLS_SEARCHED = 16


class VectorIndex(Protocol):
    """Vectors of length 1 under string ids, compared by dot product. Safe to share between
    threads; what was added or removed counts in the next search."""

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Put `vectors` (len(ids), dimension) in, each replacing the one under its id. Of an id
        named twice the last counts. `ValueError` on a wrong shape."""

    def remove(self, ids: Sequence[str]) -> None:
        """Take `ids` out; unknown ids are no error."""

    def search(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest of `vector` (dimension,) with their dot products, best first."""

    def fetch(self, ids: Sequence[str]) -> Vectors:
        """The vectors of `ids` (len(ids), dimension), perhaps slightly rounded. `KeyError`."""

    def __len__(self) -> int:
        """How many ids there are."""


class FaissIndex:
    """A `VectorIndex` in memory.

    Vectors are kept in half precision: a search reads all of them, and reading is what it waits
    for. Up to `exact_limit` they are compared one by one; beyond that they lie in cells, of which
    only the nearest are looked into. Cells are learned again whenever
    the library has grown fourfold, while searches go on. Removal is at once in both, so nothing
    dead is ever searched and nothing needs compacting.
    """

    def __init__(self, dimension: int, exact_limit: int = 20_000) -> None:
        self.dimension = dimension
        self.exact_limit = exact_limit
        self._writing = threading.RLock()
        self._using = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._ids: dict[int, str] = {}
        self._next_number = 0
        self._index: faiss.Index = faiss.IndexIDMap2(
            faiss.IndexScalarQuantizer(
                dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
            )
        )
        self._cells_learned_from = 0

    def __len__(self) -> int:
        """How many ids there are."""
        return len(self._numbers)

    @property
    def is_exact(self) -> bool:
        """Whether every vector is compared in a search."""
        return self._cells_learned_from == 0

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """See `VectorIndex.add`."""
        if vectors.shape != (len(ids), self.dimension):
            raise ValueError(f"expected shape {(len(ids), self.dimension)}, got {vectors.shape}")
        rows = {name: row for row, name in enumerate(ids)}
        if not rows:
            return
        chosen = np.ascontiguousarray(vectors[list(rows.values())], dtype=np.float32)
        with self._writing:
            numbers = np.arange(self._next_number, self._next_number + len(rows))
            self._next_number += len(rows)
            with self._using:
                self._drop(rows)
                self._index.add_with_ids(chosen, numbers)
                self._numbers.update(zip(rows, numbers.tolist(), strict=True))
                self._ids.update(zip(numbers.tolist(), rows, strict=True))
            self._learn_cells_if_due()

    def remove(self, ids: Sequence[str]) -> None:
        """See `VectorIndex.remove`."""
        with self._writing, self._using:
            self._drop(dict.fromkeys(ids))

    def search(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """See `VectorIndex.search`."""
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, self.dimension)
        with self._using:
            k = min(k, len(self))
            if k < 1:
                return []
            scores, numbers = self._index.search(query, k)
            return [
                (self._ids[number], score)
                for number, score in zip(numbers[0].tolist(), scores[0].tolist(), strict=True)
                if number >= 0
            ]

    def fetch(self, ids: Sequence[str]) -> Vectors:
        """See `VectorIndex.fetch`."""
        with self._using:
            return self._reconstruct([self._numbers[name] for name in ids])

    def _drop(self, ids: Iterable[str]) -> None:
        gone = [self._numbers.pop(name) for name in ids if name in self._numbers]
        if gone:
            self._index.remove_ids(faiss.IDSelectorArray(np.asarray(gone, dtype=np.int64)))
        for number in gone:
            del self._ids[number]

    def _reconstruct(self, numbers: Sequence[int]) -> Vectors:
        if not numbers:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors: Vectors = self._index.reconstruct_batch(np.asarray(numbers, dtype=np.int64))
        return vectors

    def _learn_cells_if_due(self) -> None:
        if len(self) <= max(self.exact_limit, _GROWTH * self._cells_learned_from):
            return
        numbers = list(self._ids)
        vectors = self._reconstruct(numbers)
        grown = _cells(vectors)
        grown.add_with_ids(vectors, np.asarray(numbers))
        with self._using:
            self._index = grown
            self._cells_learned_from = len(numbers)


def _cells(vectors: Vectors) -> faiss.Index:
    """A trained, empty index for about as many vectors as `vectors` (n, dimension)."""
    count, dimension = vectors.shape
    cells = max(1, min(round(4 * math.sqrt(count)), count // _POINTS_PER_CELL))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension),
        dimension,
        cells,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
    )
    index.cp.niter = 8
    index.cp.min_points_per_centroid = 1
    index.cp.max_points_per_centroid = 2 * _POINTS_PER_CELL
    index.train(vectors)
    index.set_direct_map_type(faiss.DirectMap.Hashtable)  # type: ignore[attr-defined]
    index.nprobe = max(_LEAST_CELLS_SEARCHED, round(cells * _SHARE_OF_CELLS_SEARCHED))
    return index
