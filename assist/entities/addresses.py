"""Addresses and places in folded text."""

from __future__ import annotations

import re
from functools import cache

from assist.entities.phrases import Phrases, read

_STOP = (
    "我你您他她它的在到从去是离给往和了址就这那怎哪咋几分条熟不老还请要送寄发搬吗呢吧呀啊来把没"
    "有说叫问查想能会个走修装，。！？、；：,.!?;_ "
)
_NAME = rf"(?:和(?=平)|(?![{_STOP}])[㐀-鿿])"
_AREA = rf"{_NAME}{{2,5}}?(?:新区|开发区|工业园区|工业园|自治区|区|县|镇|乡|街道)"
_STREET = (
    rf"{_NAME}{{1,5}}?(?:大道|大街|胡同|路|街|巷|[东西南北]里)"
    r"(?:店|地铁站|[东西南北]?[一二三四五六七八九\d]段|[东西南北](?!边|面|侧|方))?"
)
_ESTATE = (
    rf"{_NAME}{{2,8}}?(?:小区|花园|花苑|家园|嘉园|家属院|大厦|公寓|新城|新村|华庭|公馆|广场|校区|大学|医院|中学|小学|地铁站|火车站)"
    rf"(?:{_NAME}{{1,6}}?(?:校区|部|楼|科))*"
)
_NO = r"(?:[a-z]?\d{1,5}[a-z]?|[一二三四五六七八九十]{1,3})"
_DOOR = (
    rf"(?:{_NO}\s?(?:号楼|号院|号|弄|栋|幢|座|单元|室|层|楼|巷|组|门牌|樓)\s?)+(?:\d{{2,4}}(?!\d|元|块|天))?"
    r"|\d{1,4}(?:-\d{1,4}){1,3}"
)
_LEADING = re.compile(r"^(?:家|住|地址|附近|这边|本人|店|老家|单位|公司|位于|坐标)+")
_NO_STREET = [
    "电路",
    "线路",
    "水路",
    "管路",
    "气路",
    "油路",
    "网路",
    "马路",
    "半路",
    "走路",
    "一路",
    "思路",
    "带路",
    "回路",
    "短路",
    "断路",
    "开路",
    "铁路",
    "公路",
    "陌路",
    "套路",
    "上路",
    "出路",
    "顺路",
    "后天路",
    "明天路",
    "绕路",
    "迷路",
    "让路",
    "同路",
    "销路",
    "门路",
    "网络",
    "逛街",
    "上街",
    "老街",
    "路路",
    "客路",
]

_STRUCTURE = re.compile(
    rf"(?:{_AREA}\s?)?(?:{_STREET}|{_ESTATE})\s?(?:{_ESTATE}\s?)?(?:{_DOOR})?|{_AREA}"
)
_BEHIND_PLACE = re.compile(
    rf"(?:省|市)?(?:{_NAME}{{1,4}}?(?:市|州))?\s?(?:(?:{_NAME}{{0,5}}?(?:新区|开发区|工业园|区|县|镇))\s?)?(?:(?:{_STREET})\s?)?(?:{_ESTATE}\s?)?(?:{_DOOR})?"
)


@cache
def _places() -> Phrases:
    lists = read("places")
    return Phrases(
        [*lists["provinces"], *lists["cities"], *lists["districts"]], lists["not_places"]
    )


def find_addresses(folded: str) -> list[tuple[int, int]]:
    """Ranges that name a place: from a city's name to a door number."""
    found: list[tuple[int, int]] = []
    position = 0
    places = _merged(_places().find(folded))
    for start, end in places:
        if start < position:
            continue
        tail = _BEHIND_PLACE.match(folded, end)
        position = tail.end() if tail else end
        found.append((start, position))
    for match in _STRUCTURE.finditer(folded):
        start, end = match.span()
        lead = _LEADING.match(match.group())
        start += lead.end() if lead else 0
        if end - start < 3 or _overlaps(found, start, end):
            continue
        if _is_street_like(folded[start:end]):
            found.append((start, end))
    return sorted((s, s + len(folded[s:e].rstrip())) for s, e in found)


def _is_street_like(piece: str) -> bool:
    return not any(piece.endswith(word) or piece == word for word in _NO_STREET)


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in places:
        if merged and start == merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _overlaps(found: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(start < e and s < end for s, e in found)
