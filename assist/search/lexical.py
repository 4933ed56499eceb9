"""BM25 over the library, by words and by character pairs; a change is visible at once.

A case is several documents: one for each way of asking (title, customer statements) with the
fields `question_words` and `question_pairs`, and one for everything written in it with
`body_words` and `body_pairs`. A case scores as its best document does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from assist.search.words import pairs, words

FIELDS = ("question_words", "question_pairs", "body_words", "body_pairs")
_WRITER_BYTES = 30_000_000
_NUMBER = "number"
_MAX_TERMS = 80


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
                    self._add(entry.number, "question", question)
                self._add(entry.number, "body", entry.body)
            self._writer.commit()
            self._index.reload()

    def _add(self, number: int, field: str, text: str) -> None:
        content = {f"{field}_words": " ".join(words(text)), f"{field}_pairs": " ".join(pairs(text))}
        self._writer.add_document(tantivy.Document(number=number, **content))

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

    def best(self, field: str, limit: int, only: Iterable[int] | None = None) -> dict[int, float]:
        """BM25 by case number in `field`, from the `limit` best documents, among the cases `only`
        if given; cases that share no term are absent."""
        terms = self._terms[field.rpartition("_")[2]]
        if not terms:
            return {}
        query = Query.boolean_query([(Occur.Should, self._term(field, term)) for term in terms])
        if only is not None:
            members = Query.term_set_query(self._schema, _NUMBER, list(only))
            query = Query.boolean_query(
                [(Occur.Must, Query.const_score_query(members, 0.0)), (Occur.Should, query)]
            )
        return self._scores(query, limit)

    def _term(self, field: str, term: str) -> Query:
        return Query.term_query(self._schema, field, term, index_option="freq")

    def _scores(self, query: Query, limit: int) -> dict[int, float]:
        hits = self._searcher.search(query, limit, count=False).hits
        numbers = self._searcher.fast_field_values(_NUMBER, [address for _, address in hits])
        scores: dict[int, float] = {}
        for number, (score, _) in zip(numbers, hits, strict=True):
            scores.setdefault(int(number), float(score))
        return scores
