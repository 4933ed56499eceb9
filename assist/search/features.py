"""What the ranker knows of a query and a candidate, as numbers of about unit size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assist.search.catalogue import Entry
from assist.search.dense import Vectors
from assist.search.lexical import FIELDS, LexicalView
from assist.search.metric import LibraryMetric
from assist.search.words import codes, pairs, same_code

FEATURES = (
    "dense_question",
    "dense_question_gap",
    "dense_answer",
    "dense_answer_gap",
    "metric_question",
    "metric_question_gap",
    "metric_answer",
    "metric_answer_gap",
    *(f"{field}_{kind}" for field in FIELDS for kind in ("level", "gap")),
    "pairs_found",
    "pairs_used",
    "letters_found",
    "letters_used",
    "codes_shared",
    "codes_missing",
    "codes_extra",
    "product_shared",
    "product_other",
)

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Query:
    """One query, prepared: normalised text, its vector (dimension,), the index as it is now, and
    the library's products that it names."""

    text: str
    vector: Vectors
    view: LexicalView
    products: frozenset[str]


def feature_matrix(
    query: Query,
    entries: Sequence[Entry],
    fetch: Callable[[Sequence[str]], Vectors],
    metric: LibraryMetric,
) -> Matrix:
    """One row for each of `entries`, one column for each of `FEATURES`."""
    if not entries:
        return np.empty((0, len(FEATURES)), dtype=np.float32)
    columns = [
        *_dense(query, entries, fetch, metric),
        *_lexical(query, entries),
        *_letters(query.text, entries),
        *_facts(query, entries),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _dense(
    query: Query,
    entries: Sequence[Entry],
    fetch: Callable[[Sequence[str]], Vectors],
    metric: LibraryMetric,
) -> Iterable[Matrix]:
    question_ids = [entry.question_ids() for entry in entries]
    vectors = fetch([name for ids in question_ids for name in ids])
    starts = np.cumsum([0, *map(len, question_ids)])[:-1]
    answers = fetch([entry.answer_id() for entry in entries])
    for likeness, zero, scale in (
        (lambda v: v @ query.vector, 0.85, 10.0),
        (lambda v: metric.likeness(v, query.vector), 0.0, 3.0),
    ):
        for values in (np.maximum.reduceat(likeness(vectors), starts), likeness(answers)):
            yield (values - zero) * scale
            yield (values - values.max()) * scale


def _lexical(query: Query, entries: Sequence[Entry]) -> Iterable[Matrix]:
    numbers = [entry.number for entry in entries]
    for field in FIELDS:
        found = query.view.scores(field, numbers)
        values = np.array([found.get(number, 0.0) for number in numbers])
        ideal = query.view.ideal(field)
        best = max(float(values.max()), 1e-6)
        yield values / ideal if ideal else values
        yield (values - best) / best


def _letters(text: str, entries: Sequence[Entry]) -> Iterable[Matrix]:
    for split in (lambda text: frozenset(pairs(text)), frozenset):
        wanted = split(text)
        best = np.array([_overlap(wanted, map(split, entry.questions)) for entry in entries])
        yield best[:, 0]
        yield best[:, 1]


def _overlap(
    wanted: frozenset[str], questions: Iterable[frozenset[str]]
) -> tuple[float, float]:
    """Share of `wanted` found in, and share used of, the question that overlaps best."""
    best = (0.0, 0.0)
    for question in questions:
        common = len(wanted & question)
        if wanted and question:
            best = max(best, (common / len(wanted), common / len(question)), key=sum)
    return best


def _facts(query: Query, entries: Sequence[Entry]) -> Iterable[Matrix]:
    asked = codes(query.text)
    rows = []
    for entry in entries:
        shared = sum(1 for code in asked if has_code(entry.all_codes, code))
        extra = sum(1 for code in entry.title_codes if not has_code(asked, code))
        is_same = entry.product in query.products
        is_other = bool(query.products and entry.product) and not is_same
        rows.append((min(shared, 2), min(len(asked) - shared, 2), min(extra, 2), is_same, is_other))
    yield from np.array(rows, dtype=np.float32).T


def has_code(known: frozenset[str], code: str) -> bool:
    """Whether one of `known` is the same as `code`; see `words.same_code`."""
    return code in known or any(same_code(code, other) for other in known)
