"""BM25 over the library, by words and by character pairs; a change is visible at once.

A case is several documents: one for each way of asking (title, customer statements) with the
field `question_pairs`, and one for everything else written in it with `body_words` and
`body_pairs`. A case scores as its best document does.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from assist.search.words import pairs, words

FIELDS = ("question_pairs", "body_words", "body_pairs")
_WRITER_BYTES = 30_000_000
_NUMBER = "number"
_MAX_TERMS = 80
# With BM25's k1 = 1.2 a term counts at most 1 + k1 times its rarity.
_TERM_BOUND = 2.2


@dataclass(frozen=True)
class LexicalEntry:
    """What is indexed of one case, normalised; `number` is the index's name for the case."""

    number: int
    questions: Sequence[str]
    body: str


class LexicalIndex:
    """An index in memory. Safe to share between threads."""

    def __init__(self) -> None:
        builder = tantivy.SchemaBuilder().add_integer_field(_NUMBER, indexed=True, fast=True)
        for field in FIELDS:
            builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        self._writer = self._index.writer(_WRITER_BYTES, 1)
        self._writing = threading.Lock()

    def change(self, entries: Iterable[LexicalEntry] = (), removed: Iterable[int] = ()) -> None:
        """Take out the numbers `removed`, put in `entries` (their numbers must be new)."""
        with self._writing:
            for number in removed:
                self._writer.delete_documents_by_term(_NUMBER, number)
            for entry in entries:
                for question in entry.questions:
                    self._add(entry.number, question_pairs=pairs(question))
                self._add(entry.number, body_words=words(entry.body), body_pairs=pairs(entry.body))
            self._writer.commit()
            self._index.reload()

    def _add(self, number: int, **tokens: list[str]) -> None:
        fields = {field: " ".join(listed) for field, listed in tokens.items()}
        self._writer.add_document(tantivy.Document(number=number, **fields))

    def view(self, text: str) -> LexicalView:
        """The index as it is now, seen from one normalised query."""
        terms = {"words": _terms(words(text)), "pairs": _terms(pairs(text))}
        return LexicalView(self._schema, self._index.searcher(), terms)


def _terms(tokens: list[str]) -> list[str]:
    return list(dict.fromkeys(tokens))[:_MAX_TERMS]


class LexicalView:
    """Answers about one query from one state of the index."""

    def __init__(
        self, schema: tantivy.Schema, searcher: tantivy.Searcher, terms: dict[str, list[str]]
    ) -> None:
        self._schema = schema
        self._searcher = searcher
        self._terms = terms

    def best(self, field: str, limit: int) -> dict[int, float]:
        """BM25 by case number of the `limit` best documents in `field`."""
        query = self._query(field)
        return self._scores(query, limit) if query else {}

    def scores(self, field: str, numbers: Sequence[int], documents: int) -> dict[int, float]:
        """BM25 in `field` of the cases `numbers`, which have at most `documents` documents there;
        cases that share no term are absent."""
        query = self._query(field)
        if query is None or not numbers:
            return {}
        # Not a term set query: that one looks through all numbers there are.
        members = Query.boolean_query(
            [(Occur.Should, Query.term_query(self._schema, _NUMBER, n)) for n in numbers]
        )
        among = Query.boolean_query(
            [(Occur.Must, Query.const_score_query(members, 0.0)), (Occur.Must, query)]
        )
        return self._scores(among, max(documents, 1))

    def ideal(self, field: str) -> float:
        """A bound on the BM25 of any document in `field`: every term of the query, many times."""
        return _TERM_BOUND * sum(self.rarity(field, term) for term in self._terms_of(field))

    def rarity(self, field: str, term: str) -> float:
        """Inverse document frequency of `term` in `field`, as BM25 weighs it."""
        total, having = self._searcher.num_docs, self._searcher.doc_freq(field, term)
        return math.log(1 + (total - having + 0.5) / (having + 0.5))

    def _terms_of(self, field: str) -> list[str]:
        return self._terms[field.rpartition("_")[2]]

    def _query(self, field: str) -> Query | None:
        terms = [
            (Occur.Should, Query.term_query(self._schema, field, term, index_option="freq"))
            for term in self._terms_of(field)
        ]
        return Query.boolean_query(terms) if terms else None

    def _scores(self, query: Query, limit: int) -> dict[int, float]:
        hits = self._searcher.search(query, limit, count=False).hits
        numbers = self._searcher.fast_field_values(_NUMBER, [address for _, address in hits])
        scores: dict[int, float] = {}
        for number, (score, _) in zip(numbers, hits, strict=True):
            scores.setdefault(int(number), float(score))
        return scores
