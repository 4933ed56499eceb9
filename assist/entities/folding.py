"""One spelling without moving a character, so that spans found in it hold in the original."""

from __future__ import annotations

import unicodedata
from functools import cache

from opencc import OpenCC


def fold(text: str) -> str:
    """`text` in half-width, simplified, lower-case characters, of the same length."""
    narrow = "".join(map(_fold_character, text))
    if narrow.isascii():
        return narrow
    simplified: str = _simplifier().convert(narrow)
    if len(simplified) == len(text):
        return simplified
    return "".join(one if len(one) == 1 else c for c, one in _each_simplified(narrow))


def _each_simplified(text: str) -> list[tuple[str, str]]:
    return [(c, _simplifier().convert(c)) for c in text]


def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")
