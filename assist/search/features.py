"""What the ranker knows of a query and a candidate, as numbers of about unit size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assist.search.catalogue import Entry
from assist.search.dense import Vectors
from assist.search.lexical import FIELDS, LexicalView
from assist.search.metric import LibraryMetric
from assist.search.products import any_same
from assist.search.words import Codes

FEATURES = (
    "dense_question",
    "dense_answer",
    "metric_question",
    "metric_answer",
    *FIELDS,
    "body_level",
    "letters_found",
    "codes_shared",
    "codes_missing",
    "product_shared",
    "product_other",
)

Matrix = NDArray[np.float64]
Fetch = Callable[[Sequence[str]], Vectors]

_MOST_CODES = 2
# Raw cosines of this family of encoders crowd between 0.8 and 0.95.
_USUAL_COSINE, _COSINE_SCALE, _METRIC_SCALE = 0.85, 10.0, 3.0


@dataclass(frozen=True)
class Query:
    """One query, prepared: normalised text, its vector (dimension,), the index as it is now, the
    products that it is about and the codes that it names."""

    text: str
    vector: Vectors
    view: LexicalView
    products: frozenset[str]
    codes: Codes


def feature_matrix(
    query: Query, entries: Sequence[Entry], fetch: Fetch, metric: LibraryMetric
) -> Matrix:
    """One row for each of `entries`, one column for each of `FEATURES`.

    `dense_*` are cosines with the nearest question and with the answer, `metric_*` the same in the
    library's own metric; BM25 fields are shares of the best candidate's, `*_level` shares of the
    most that the query could reach; `letters_found` is the share of the query's letters in the
    question that has most. `KeyError` when a case went meanwhile."""
    if not entries:
        return np.empty((0, len(FEATURES)))
    columns = [
        *_dense(query, entries, fetch, metric),
        *_lexical(query, entries),
        _letters(query.text, entries),
        *_facts(query, entries),
    ]
    return np.stack(columns, axis=1, dtype=np.float64)


def _dense(
    query: Query, entries: Sequence[Entry], fetch: Fetch, metric: LibraryMetric
) -> Iterator[Matrix]:
    question_ids = [entry.question_ids for entry in entries]
    question_names = [name for ids in question_ids for name in ids]
    answer_names = [entry.answer_id() for entry in entries]
    questions, answers = fetch(question_names), fetch(answer_names)
    starts = np.cumsum([0, *map(len, question_ids[:-1])])
    for values in (np.maximum.reduceat(questions @ query.vector, starts), answers @ query.vector):
        yield (values.astype(np.float64) - _USUAL_COSINE) * _COSINE_SCALE
    likeness = metric.likeness(question_names, questions, query.vector)
    answered = metric.likeness(answer_names, answers, query.vector)
    for values in (np.maximum.reduceat(likeness, starts), answered):
        yield values.astype(np.float64) * _METRIC_SCALE


def _lexical(query: Query, entries: Sequence[Entry]) -> Iterator[Matrix]:
    numbers = [entry.number for entry in entries]
    documents = sum(len(entry.questions) for entry in entries)
    columns = {}
    for field in FIELDS:
        found = query.view.scores(field, numbers, documents)
        columns[field] = np.array([found.get(number, 0.0) for number in numbers])
        yield columns[field] / max(float(columns[field].max()), 1e-9)
    yield columns["body_pairs"] / max(query.view.ideal("body_pairs"), 1e-9)


def _letters(text: str, entries: Sequence[Entry]) -> Matrix:
    wanted = frozenset(text) - {" "}
    return np.array(
        [
            max(len(wanted & letters) for letters in entry.question_letters) / max(len(wanted), 1)
            for entry in entries
        ]
    )


def _facts(query: Query, entries: Sequence[Entry]) -> Iterable[Matrix]:
    asked = query.codes.names
    rows = np.zeros((len(entries), 4))
    if not asked and not query.products:
        return rows.T
    for row, entry in zip(rows, entries, strict=True):
        shared = sum(map(entry.codes.has, asked))
        row[:2] = min(shared, _MOST_CODES), min(len(asked) - shared, _MOST_CODES)
        if query.products and entry.products:
            row[2 if any_same(query.products, entry.products) else 3] = 1
    return rows.T
