"""The searchable cases in all their indexes, changed together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from assist.encoder import Encoder
from assist.search.catalogue import Entry, number_of, prepare
from assist.search.dense import VectorIndex, Vectors
from assist.search.lexical import FIELDS, LexicalEntry, LexicalIndex, LexicalView
from assist.search.metric import LibraryMetric
from knowledge_base.model import Case

_NEAREST = 80
_LEXICAL_BEST = 30
_ATTEMPTS = 4
_MEASURED_AT_ONCE = 2000

T = TypeVar("T")


class VectorStore(Protocol):
    """Remembers vectors of texts; `assist.search.cache.VectorCache` is one."""

    def encode(self, encoder: Encoder, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts` (n, dimension) as `encoder` gives them for queries."""


class Library:
    """Cases by id, their vectors and their words. Safe to share between threads: a search running
    during a change sees each case in its old or in its new form, never both."""

    def __init__(self, encoder: Encoder, vectors: VectorIndex, store: VectorStore | None) -> None:
        self._encoder = encoder
        self._store = store
        self._vectors = vectors
        self._lexical = LexicalIndex()
        self._writing = threading.Lock()
        self._exchanging = threading.Lock()
        self._exchanges = 0
        self._by_id: dict[str, Entry] = {}
        self._by_number: dict[int, Entry] = {}
        self._next_number = 0
        self.metric = LibraryMetric(encoder.dimension)
        self._settled = self.metric.learned()
        self._unsettled: list[str] = []

    def __len__(self) -> int:
        """How many cases there are."""
        return len(self._by_id)

    def __contains__(self, case_id: str) -> bool:
        """Whether the case is searchable."""
        return case_id in self._by_id

    def put(self, cases: Iterable[Case]) -> None:
        """Add `cases`, each replacing the one of its id; visible to the next search."""
        latest = list({case.id: case for case in cases}.values())
        if not latest:
            return
        with self._writing:
            entries = [prepare(case, self._next_number + i) for i, case in enumerate(latest)]
            self._next_number += len(entries)
        ids = [name for entry in entries for name in entry.vector_ids()]
        vectors = self._encode([text for entry in entries for text in entry.vector_texts()])
        with self._writing:
            self._vectors.add(ids, vectors)
            self.metric.add(vectors[_is_question(ids)])
            self._unsettled += ids
            self._exchange(entries, [entry.case.id for entry in entries])

    def remove(self, case_ids: Iterable[str]) -> None:
        """Take cases out; unknown ids are no error."""
        with self._writing:
            self._exchange([], list(dict.fromkeys(case_ids)))

    def settle(self) -> None:
        """Do now, after a change, what the searches after it would have to do first."""
        with self._writing:
            learned = self.metric.learned()
            names = self._unsettled
            if learned is not self._settled:
                names = [name for entry in self._by_id.values() for name in entry.vector_ids()]
            there = [name for name in names if number_of(name) in self._by_number]
            for start in range(0, len(there), _MEASURED_AT_ONCE):
                some = there[start : start + _MEASURED_AT_ONCE]
                learned.measure(some, self._vectors.fetch(some))
            self._settled, self._unsettled = learned, []

    def consistently(self, read: Callable[[], T]) -> T:
        """What `read` returns when no case changed while it ran: tried again after a change, and
        with changes held up when there are many."""
        for _ in range(_ATTEMPTS):
            before = self._exchanges
            try:
                found = read()
            except KeyError:
                continue
            if before == self._exchanges and not self._exchanging.locked():
                return found
        with self._exchanging:
            return read()

    def entries(self, numbers: Iterable[int]) -> list[Entry]:
        """The entries of `numbers` that are still there."""
        found = (self._by_number.get(number) for number in numbers)
        return [entry for entry in found if entry is not None]

    def view(self, text: str) -> LexicalView:
        """The words of the library seen from one normalised query."""
        return self._lexical.view(text)

    def candidates(self, vector: Vectors, view: LexicalView, widen: float = 1) -> list[int]:
        """Numbers of the entries worth ranking, nearest first; `widen` multiplies how many."""
        near = self._vectors.search(vector, round(_NEAREST * widen))
        numbers = dict.fromkeys(number_of(name) for name, _ in near)
        for field in FIELDS:
            numbers.update(dict.fromkeys(view.best(field, round(_LEXICAL_BEST * widen))))
        return list(numbers)

    def fetch(self, vector_ids: Sequence[str]) -> Vectors:
        """Vectors by id (n, dimension). `KeyError` when a case went meanwhile."""
        return self._vectors.fetch(vector_ids)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        if self._store is None:
            return self._encoder.encode(texts)
        return self._store.encode(self._encoder, texts)

    def _exchange(self, entries: Sequence[Entry], gone_ids: Sequence[str]) -> None:
        gone = [self._by_id[name] for name in gone_ids if name in self._by_id]
        if not entries and not gone:
            return
        with self._exchanging:
            self._lexical.change(
                [LexicalEntry(entry.number, entry.questions, entry.body) for entry in entries],
                [entry.number for entry in gone],
            )
            for entry in gone:
                del self._by_id[entry.case.id], self._by_number[entry.number]
            for entry in entries:
                self._by_id[entry.case.id] = self._by_number[entry.number] = entry
            self._forget_vectors(gone)
            self._exchanges += 1

    def _forget_vectors(self, gone: Sequence[Entry]) -> None:
        questions = [name for entry in gone for name in entry.question_ids]
        if questions:
            self.metric.remove(self._vectors.fetch(questions))
            names = [name for entry in gone for name in entry.vector_ids()]
            self._vectors.remove(names)
            self.metric.forget(names)


def _is_question(ids: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array(["/" in name for name in ids])
