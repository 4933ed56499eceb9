"""Search over the case library: the one way that bot, sidebar, hit test and evaluation all take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from assist.encoder import Encoder
from assist.search.catalogue import Entry
from assist.search.dense import FaissIndex, VectorIndex
from assist.search.features import Matrix, Query, feature_matrix
from assist.search.library import Library, VectorStore
from assist.search.model import Hit, SearchResult
from assist.search.products import any_same, canonical, named_in
from assist.search.ranker import Ranker, Scores, shipped_ranker
from assist.search.reasons import Explainer
from assist.search.words import codes
from assist.text import normalise
from knowledge_base.model import Case

_QUERY_LENGTH = 200
# One message is searched for several times: within its topic, at large, for the desk.
_REMEMBERED = 256
_FILTERED_WIDER = 4.0
_SUGGESTIONS = 3
# How much surer the library at large must be than the topic that was leaned to.
_TOPIC_IS_WORTH = 0.1
_NOTHING = SearchResult(hits=(), abstained=True, confidence=0.0)


@dataclass(frozen=True)
class Ranking:
    """All candidates of one query, best first, with what the order was made from."""

    query: Query
    entries: Sequence[Entry]
    features: Matrix
    scores: Scores

    def reordered(self, order: Sequence[int]) -> Ranking:
        """The same candidates, `order[0]` first."""
        rows = np.asarray(order)
        entries = [self.entries[row] for row in order]
        return Ranking(self.query, entries, self.features[rows], self.scores[rows])


class SearchEngine:
    """Cases go in and out while searches run; safe to share between threads.

    `store` remembers vectors between runs (`assist.search.cache.VectorCache`), `vectors` replaces
    the index in memory, `today` says which cases are valid."""

    def __init__(
        self,
        encoder: Encoder,
        *,
        store: VectorStore | None = None,
        vectors: VectorIndex | None = None,
        ranker: Ranker | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._ranker = ranker or shipped_ranker()
        self._today = today
        self._vector_of = lru_cache(_REMEMBERED)(lambda text: encoder.encode([text])[0])
        self._library = Library(encoder, vectors or FaissIndex(encoder.dimension), store)

    def __len__(self) -> int:
        """How many cases are searchable."""
        return len(self._library)

    def upsert(self, cases: Iterable[Case]) -> None:
        """Put cases in, each replacing the one of its id; visible to the next search. Cases that
        are not published go out instead."""
        listed = list(cases)
        shown = [case for case in listed if case.status == "published"]
        self._library.remove(case.id for case in listed if case.status != "published")
        self._library.put(shown)

    def remove(self, ids: Iterable[str]) -> None:
        """Take cases out; unknown ids are no error."""
        self._library.remove(ids)

    def settle(self) -> None:
        """Call it after changes, before people wait: what searches would have to learn first."""
        self._library.settle()

    def search(
        self,
        query: str,
        k: int = 10,
        product: str | None = None,
        topic: str | None = None,
        kind: str | None = None,
        leaning: str | None = None,
    ) -> SearchResult:
        """The `k` best cases for `query`.

        `topic` and `kind` leave only cases that have them; `product` leaves cases about it and
        those that name no product. `leaning` is the topic to answer within, unless the library at
        large is clearly surer."""
        rankings = self._rankings(query, product, topic, kind, leaning)
        if not rankings:
            return _NOTHING
        large, *narrow = [self._judged(ranking) for ranking in rankings]
        if narrow and narrow[0][1][0] >= large[1][0] - _TOPIC_IS_WORTH:
            return self._result(*narrow[0], k)
        return self._result(*large, k)

    def _judged(self, ranking: Ranking) -> tuple[Ranking, Scores]:
        """The ranking with the first ones different, and the chance of each to be the answer."""
        ranking = ranking.reordered(_first_ones_differ(ranking.entries))
        return ranking, self._ranker.calibration.probabilities(ranking.features, ranking.scores)

    def _result(self, ranking: Ranking, chances: Scores, k: int) -> SearchResult:
        explainer = Explainer(ranking.query)
        hits = tuple(
            Hit(entry.case.id, rank, float(chance), explainer.reasons(entry))
            for rank, (entry, chance) in enumerate(
                zip(ranking.entries[:k], chances[:k], strict=True), start=1
            )
        )
        confidence = float(chances[0])
        abstained = confidence < self._ranker.calibration.abstain_below
        return SearchResult(hits, abstained, confidence)

    def rank(
        self,
        query: str,
        product: str | None = None,
        topic: str | None = None,
        kind: str | None = None,
    ) -> Ranking | None:
        """All candidates in order, with their features; `None` when there are none. `search`
        answers from this, and training learns from it."""
        rankings = self._rankings(query, product, topic, kind)
        return rankings[0] if rankings else None

    def _rankings(
        self,
        query: str,
        product: str | None,
        topic: str | None,
        kind: str | None,
        leaning: str | None = None,
    ) -> list[Ranking]:
        """The ranking of all candidates and, when some are of the topic leaned to, of those."""
        text = normalise(query)[:_QUERY_LENGTH]
        if not text or not len(self._library):
            return []
        vector = self._vector_of(text)
        wanted = named_in(text) | ({canonical(product)} if product else set())
        is_allowed = _filter(self._today(), product, topic, kind)
        widen = _FILTERED_WIDER if product or topic or kind or leaning else 1.0

        def ranked() -> list[Ranking]:
            asked = Query(text, vector, self._library.view(text), frozenset(wanted), codes(text))
            numbers = self._library.candidates(vector, asked.view, widen)
            entries = [entry for entry in self._library.entries(numbers) if is_allowed(entry)]
            within = [entry for entry in entries if leaning and entry.case.topic == leaning]
            return [self._ranked(asked, some) for some in (entries, within) if some]

        return self._library.consistently(ranked)

    def _ranked(self, query: Query, entries: Sequence[Entry]) -> Ranking:
        features = feature_matrix(query, entries, self._library.fetch, self._library.metric)
        scores = self._ranker.scores(features)
        order = np.argsort(-scores, kind="stable")
        return Ranking(query, entries, features, scores).reordered(order.tolist())


def _filter(
    day: date, product: str | None, topic: str | None, kind: str | None
) -> Callable[[Entry], bool]:
    about = [canonical(product)] if product else []

    def is_allowed(entry: Entry) -> bool:
        case = entry.case
        return (
            (not kind or case.kind == kind)
            and (not topic or case.topic == topic)
            and (not about or not entry.products or any_same(about, entry.products))
            and case.searchable_on(day)
        )

    return is_allowed


def _first_ones_differ(entries: Sequence[Entry]) -> list[int]:
    """Rows of `entries` in their order, but for cases whose steps one of the first few has too:
    those come after them, for three suggestions that say the same are one (SPEC section 6)."""
    first: dict[str, int] = {}
    for row, entry in enumerate(entries):
        if len(first) == _SUGGESTIONS:
            break
        first.setdefault("\n".join(entry.case.solution_steps) or entry.case.id, row)
    shown = list(first.values())
    return [*shown, *(row for row in range(len(entries)) if row not in shown)]
