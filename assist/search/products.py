"""Which appliances a text names, by the names we sell them by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from assist.entities.phrases import read
from assist.text import normalise

_NAME_OF_NO_PRODUCT = ""


def named_in(text: str) -> frozenset[str]:
    """The products that normalised `text` names, each by its first name in the dictionary."""
    names, pattern = _dictionary()
    found = {names[match.group()] for match in pattern.finditer(text)}
    return frozenset(found - {_NAME_OF_NO_PRODUCT})


def canonical(product: str) -> str:
    """The dictionary's name for `product`, else its own normalised name; empty for none."""
    name = normalise(product)
    return _dictionary()[0].get(name, name)


def same_product(one: str, other: str) -> bool:
    """Whether two names may mean one thing: 热水器 and 燃气热水器 do."""
    return one in other or other in one


def any_same(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether any of `some` is the same product as any of `others`."""
    listed = list(others)
    return any(same_product(one, other) for one in some for other in listed)


@cache
def _dictionary() -> tuple[dict[str, str], re.Pattern[str]]:
    words = read("products")
    names = {
        normalise(said): normalise(name)
        for name, spoken in words["products"].items()
        for said in spoken
    }
    names |= {normalise(said): _NAME_OF_NO_PRODUCT for said in words["not_products"]}
    longest_first = sorted(names, key=len, reverse=True)
    return names, re.compile("|".join(map(_pattern, longest_first)))


def _pattern(name: str) -> str:
    escaped = re.escape(name)
    return rf"(?<![a-z0-9]){escaped}(?![a-z0-9])" if name.isascii() else escaped
