"""What a text is made of when it is compared by its letters: words, character pairs, codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import rjieba

# A model number or fault code: Latin letters and digits joined by signs, such as `bcd-520w`, `e3`.
_LATIN = re.compile(r"[a-z0-9]+(?:[-/.+_][a-z0-9]+)*")
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
_PIECE = re.compile(f"{_LATIN.pattern}|{_CHINESE.pattern}")
_CODE_PART = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9]{2,}|\d{3,}")
_NUMBER = re.compile(r"\d{3,}")
_MAX_CODE_LENGTH = 30


def words(text: str) -> list[str]:
    """Words of normalised `text` in their order: Chinese words, whole Latin words and codes, and
    the parts of a joined code after it. No signs."""
    found = []
    for is_latin, piece in _pieces(text):
        if is_latin:
            found.append(piece)
            found.extend(_parts(piece))
        else:
            found.extend(rjieba.cut(piece))
    return found


def pairs(text: str) -> list[str]:
    """Neighbouring pairs of Chinese characters (a lone character alone), and Latin words whole."""
    found = []
    for is_latin, piece in _pieces(text):
        if is_latin:
            found.append(piece)
            found.extend(_parts(piece))
        elif len(piece) == 1:
            found.append(piece)
        else:
            found.extend(piece[i : i + 2] for i in range(len(piece) - 1))
    return found


@dataclass(frozen=True)
class Codes:
    """Model numbers and fault codes of a text, and the numbers inside them."""

    names: frozenset[str]
    numbers: frozenset[str]

    def has(self, name: str) -> bool:
        """Whether `name` is among the codes: as it is, as the number inside one of them, or with
        one of them as the number inside it."""
        return name in self.names or name in self.numbers or self._holds_number_of(name)

    def _holds_number_of(self, name: str) -> bool:
        return not self.names.isdisjoint(_NUMBER.findall(name))


def codes(text: str) -> Codes:
    """Model numbers, fault codes and numbers of three digits or more in normalised `text`."""
    pieces = (part for piece in _LATIN.findall(text) for part in re.split(r"[-/.+_]", piece))
    names = frozenset(part[:_MAX_CODE_LENGTH] for part in pieces if _CODE_PART.fullmatch(part))
    return Codes(names, numbers_in(names))


def numbers_in(names: Iterable[str]) -> frozenset[str]:
    """The numbers of three digits or more inside codes: people say 520 for BCD-520W."""
    return frozenset(number for name in names for number in _NUMBER.findall(name))


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    for match in _PIECE.finditer(text):
        piece = match.group()
        yield piece[0].isascii(), piece[:_MAX_CODE_LENGTH] if piece[0].isascii() else piece


def _parts(code: str) -> list[str]:
    """The pieces of a joined code, and the number in a code."""
    joined = re.split(r"[-/.+_]", code)
    parts = [part for part in joined if len(part) > 1] if len(joined) > 1 else []
    return list(dict.fromkeys([*parts, *sorted(numbers_in([code]) - {code})]))
