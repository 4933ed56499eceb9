"""Malfunctions: dictionary words, negated functions and failing verbs."""

from __future__ import annotations

import re
from functools import cache

from assist.entities.phrases import Phrases, longest, read


@cache
def _words() -> Phrases:
    lists = read("symptoms")
    return Phrases(lists["symptoms"], lists["not_symptoms"])


_FAILING = r"(?:功能)?(?:都|又|也)?(?:不太行|不大行|不行|失灵|罢工|不好使|不管用|不给力)"


@cache
def _shapes() -> tuple[re.Pattern[str], ...]:
    lists = read("symptoms")
    either = {name: _either(lists[name]) for name in lists}
    long_functions = _either([name for name in lists["functions"] if len(str(name)) > 1])
    return (
        re.compile(rf"{either['without']}(?:太|怎么|咋|再|了|上)?{either['functions']}"),
        re.compile(rf"{long_functions}{_FAILING}"),
        re.compile(rf"{either['verbs']}{either['fails']}{either['complements']}"),
        re.compile(
            r"(?:([㐀-鿿])([㐀-鿿])\1\2|([㐀-鿿])\3{1,3})(?:地|的|得)?(?:一直|老是)?"
            + either["sound_endings"]
        ),
        re.compile(
            r"[震抖晃响吵跳](?:动|声)?得(?:很|好|太|特别|老|非常)?(?:大声|厉害|凶|慌|要命|不行)"
        ),
    )


def find_symptoms(folded: str) -> list[tuple[int, int]]:
    """Ranges of the words that name a malfunction, shortest wording that is complete."""
    ranges = list(_words().find(folded))
    for shape in _shapes():
        ranges += [match.span() for match in shape.finditer(folded)]
    guards = [match.span() for match in _guards().finditer(folded)]
    return longest(r for r in ranges if not any(r[0] < g[1] and g[0] < r[1] for g in guards))


@cache
def _guards() -> re.Pattern[str]:
    return re.compile(_either(read("symptoms")["not_symptoms"]))


def _either(words: list[str]) -> str:
    longest_first = sorted(map(str, words), key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, longest_first)) + ")"
