"""Why a case was found, in words and facts that both sides have."""

from __future__ import annotations

import re
from pathlib import Path

from assist.search.catalogue import Entry
from assist.search.features import Query
from assist.search.model import Reasons
from assist.search.products import any_same, canonical
from assist.search.words import codes, words
from assist.text import normalise
from knowledge_base.model import Case

_MOST_WORDS = 8
# Words that are shared by accident; a reason made of them explains nothing.
_PLAIN = frozenset(Path(__file__).with_name("plain_words.txt").read_text(encoding="utf-8").split())


class Explainer:
    """Gives reasons for the hits of one query."""

    def __init__(self, query: Query) -> None:
        said = {word for word in words(query.text) if len(word) > 1} - _PLAIN
        self._query = query
        self._words = sorted(said, key=lambda word: (-query.view.rarity("body_words", word), word))

    def reasons(self, entry: Entry) -> Reasons:
        """The query's words that the case holds, rarest first, and the facts that both name."""
        text = "\n".join([*entry.questions, entry.body])
        shared = [word for word in self._words if _stands_in(text, word)]
        return Reasons(tuple(shared[:_MOST_WORDS]), self._facts(entry.case))

    def _facts(self, case: Case) -> dict[str, str]:
        facts = {}
        if case.product and any_same(self._query.products, [canonical(case.product)]):
            facts["product"] = case.product
        for kind, value in (("model", case.model), ("fault_code", case.fault_code)):
            if value and any(map(self._query.codes.has, codes(normalise(value)).names)):
                facts[kind] = value
        return facts


def _stands_in(text: str, word: str) -> bool:
    if word not in text or not word.isascii():
        return word in text
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text))
