"""Dictionary words in a message: appliances, malfunctions, places (spaCy PhraseMatcher)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assist.spacy_alone import spacy  # isort: skip
from spacy.matcher import PhraseMatcher

HERE = Path(__file__).parent
Range = tuple[int, int]


@cache
def read(name: str) -> Mapping[str, Any]:
    """The content of one of this package's word lists, by file stem."""
    loaded: dict[str, Any] = yaml.safe_load((HERE / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


@cache
def product_names() -> Mapping[str, str]:
    """Every way to say an appliance, and the name we sell it by."""
    return {
        str(said): name for name, spoken in read("products")["products"].items() for said in spoken
    }


class Phrases:
    """Finds the longest of its words; a word inside one of `guards` does not count."""

    def __init__(self, words: Iterable[str], guards: Iterable[str] = ()) -> None:
        self._nlp = spacy.blank("zh")
        self._matcher = PhraseMatcher(self._nlp.vocab)
        self._matcher.add("word", [self._nlp.make_doc(_solid(str(word))) for word in words])
        self._matcher.add("guard", [self._nlp.make_doc(_solid(str(word))) for word in guards])

    def find(self, folded: str) -> list[Range]:
        """Ranges of characters in `folded`, none inside another, in order."""
        doc = self._nlp.make_doc(_solid(folded))
        words: list[Range] = []
        guards: list[Range] = []
        for match, first, last in self._matcher(doc):
            found = (doc[first].idx, doc[last - 1].idx + len(doc[last - 1]))
            (words if self._nlp.vocab.strings[match] == "word" else guards).append(found)
        free = [w for w in words if not any(_inside(w, guard) for guard in guards)]
        return longest(w for w in free if not _cuts_latin_word(w, folded))


def longest(ranges: Iterable[Range]) -> list[Range]:
    """The ranges left when each that overlaps a longer (or earlier equal) one is dropped."""
    kept: list[Range] = []
    for start, end in sorted(set(ranges), key=lambda r: (r[0] - r[1], r[0])):
        if all(end <= k[0] or start >= k[1] for k in kept):
            kept.append((start, end))
    return sorted(kept)


def _solid(text: str) -> str:
    """White space as a sign: spaCy would merge it, and offsets must stay."""
    return "".join("_" if c.isspace() else c for c in text)


def _inside(inner: Range, outer: Range) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1] and inner != outer


def _cuts_latin_word(found: Range, text: str) -> bool:
    start, end = found
    before = start > 0 and _latin(text[start - 1]) and _latin(text[start])
    after = end < len(text) and _latin(text[end]) and _latin(text[end - 1])
    return before or after


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
