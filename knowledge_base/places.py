"""Postal addresses that lead to a door: the door numbers first, then the place before them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = r"(?:[0-9]{1,5}|[一二三四五六七八九十百]{1,4}|[A-Za-z](?![A-Za-z])[0-9]{0,3})"
_BUILDING = rf"(?:{_NUMBER}(?:号楼|號樓|号院|栋|棟|幢|单元|單元|梯)|(?:[0-9]{{1,3}}|[A-Za-z])座)"
_ROOM = (
    rf"(?:[0-9]{{3,4}}(?:室|号|房|户)?|[0-9]{{1,4}}(?:-[0-9]{{1,4}}){{1,3}}(?:室|号)?"
    rf"|{_NUMBER}(?:楼|层|樓|層)?(?:之[0-9一二三四五]|{_NUMBER})?(?:室|户|房(?!间)))"
)
_REST = rf"(?:[ ,，]?{_BUILDING})*(?:[ ,，]?{_ROOM})?"
# A building with a room, a building with another building, or a building after a named place.
_DOOR = re.compile(rf"(?P<building>{_BUILDING}){_REST}(?![0-9A-Za-z])")
_STREET_NUMBER = re.compile(
    rf"(?<=[路街道巷弄同段])(?:{_NUMBER}(?:弄|巷)[ ]?)?"
    r"[甲乙丙]?[0-9]{1,5}(?:号|號)(?:之[0-9一二三])?"
    rf"(?!前|之前|上午|下午|晚|早|线|地铁|开始|来|去|送|发)(?:院)?{_REST}"
)
_STREET = re.compile(r"[^\W_]{1,8}(?:路|街|大道|巷|弄|胡同|段)$")
_ESTATE = re.compile(
    r"[^\W_]{1,9}(?:小区|花园|家园|新村|公寓|大厦|广场|社区|雅苑|苑|城|府|庭|湾|郡|村|庄|园|院|里|期)"
    r"(?:[一二三四五六七八九十东南西北\d]{1,2}[区期里村])?$"
)
_DISTRICT = re.compile(r"[^\W_]{2,4}?(?:省|自治区|市|新区|区|县|旗|镇|乡|街道)")
_LEAD_IN = re.compile(r".*(?:[\s,，。.;；:：!！?？、“”\"'()（）]|[在到是住往址给于把从])", re.S)
_REACH = 30


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Spans of addresses with a door number in half-width `text`; towns alone are left."""
    for match in _STREET_NUMBER.finditer(text):
        place = _place_before(text, match.start(), _STREET)
        if place is not None:
            yield place, match.end()
    for match in _DOOR.finditer(text):
        place = _place_before(text, match.start(), _ESTATE)
        if place is None:
            place = _place_before(text, match.start(), _STREET)
        if place is not None:
            yield place, match.end()
        elif match.end() > match.end("building"):
            yield match.start(), match.end()


def _place_before(text: str, door: int, kind: re.Pattern[str]) -> int | None:
    """Where the place that ends at `door` begins, districts and towns before it included."""
    left = text[max(0, door - _REACH) : door]
    lead = _LEAD_IN.match(left)
    left = left[lead.end() :] if lead else left
    place = kind.search(left)
    if place is None:
        return None
    district = _DISTRICT.search(left)
    start = min(place.start(), district.start()) if district else place.start()
    return door - len(left) + start
