"""What the open places of an empathy phrase are filled with, from the customer's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Formatter

_DIGIT = "一二两三四五六七八九"
_COUNT = rf"(?:\d{{1,3}}|[{_DIGIT}]?十[{_DIGIT}]?|[{_DIGIT}]|[{_DIGIT}]{{2}}(?=天|个))"
_WAITED = re.compile(
    rf"(?P<count>{_COUNT})(?P<more>多)?(?P<unit>天|个?星期|个?礼拜|周|个月)(?:了|没|还|都|才|过去|，|。|$|\s)"
)
_HALF = re.compile(r"半个?月(?:了|没|还|都|多)")
_PER_UNIT = {"天": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30}
_WORDS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_LONGEST_WAIT = 365


def open_slots(template: str) -> frozenset[str]:
    """Names of the open places in `template`."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def fill(template: str, values: Mapping[str, str]) -> str | None:
    """`template` with every place filled, or None when a value is missing."""
    if any(not values.get(name) for name in open_slots(template)):
        return None
    return template.format_map(dict(values))


def waited_days(text: str) -> str:
    """How many days the customer says he has waited, as a number; empty when he does not say."""
    if _HALF.search(text):
        return "15"
    found = [match for match in _WAITED.finditer(text) if not _is_a_date(text, match)]
    days = [_days(match["count"], match["unit"]) for match in found]
    sensible = [count for count in days if 2 <= count <= _LONGEST_WAIT]
    return str(max(sensible)) if sensible else ""


def first_said(entries: Sequence[Mapping[str, str]], text: str) -> str:
    """What the first entry found in `text` is called: its `as`, else the words found."""
    for entry in entries:
        match = re.search(entry["said"], text)
        if match is not None:
            return entry.get("as") or match.group()
    return ""


def _days(count: str, unit: str) -> int:
    return _number(count) * next(days for word, days in _PER_UNIT.items() if word in unit)


def _number(count: str) -> int:
    if count.isdigit():
        return int(count)
    tens, ten, ones = count.partition("十")
    if ten:
        return 10 * _WORDS.get(tens, 1) + _WORDS.get(ones, 0)
    return _WORDS[count[-1]]


def _is_a_date(text: str, match: re.Match[str]) -> bool:
    return text[: match.start()].endswith(("第", "周", "星期", "礼拜", "月", "保修", "-", "."))
