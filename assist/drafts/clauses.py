"""A draft in pieces, each with its place in the whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLAUSE = re.compile(r"[^，。！？；,!?;\n…~～]+")
_SENTENCE = re.compile(r"[^。！？!?\n…]+")


@dataclass(frozen=True)
class Piece:
    """Characters `start` up to `end` of the draft; `text` is folded and has the same length."""

    start: int
    end: int
    text: str


def clauses(folded: str) -> list[Piece]:
    """What stands between two signs of punctuation, blanks at its ends left out."""
    return _pieces(_CLAUSE, folded)


def sentences(folded: str) -> list[Piece]:
    """Whole sentences without their full stop."""
    return _pieces(_SENTENCE, folded)


def _pieces(pattern: re.Pattern[str], folded: str) -> list[Piece]:
    found = []
    for match in pattern.finditer(folded):
        text = match.group()
        start = match.start() + len(text) - len(text.lstrip())
        end = match.start() + len(text.rstrip())
        if start < end:
            found.append(Piece(start, end, folded[start:end]))
    return found
