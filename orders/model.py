"""An order as values: numbers, telephones and what is told of it, without IO."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_NUMBER = re.compile(r"AX\d{6,20}")
_FILLING = re.compile(r"[\s\-_—–]+")
_NO_DIGIT = re.compile(r"\D+")

STATE_CHARS, PRODUCT_CHARS, PHONE_CHARS, TEXT_CHARS = 40, 80, 40, 500


@dataclass(frozen=True)
class OrderFacts:
    """What the other system says of an order; whatever it leaves out is empty.

    `state` and the four texts are in the customers' language, since the bot reads them out:
    `已发货`, `退款处理中`, `11月4日到达成都分拨中心`.
    """

    phone: str = ""
    product: str = ""
    bought_on: date | None = None
    state: str = ""
    logistics: str = ""
    refund: str = ""
    invoice: str = ""
    installation: str = ""


def normal_number(typed: str) -> str | None:
    """`typed` as an order number (`AX` and 6-20 digits), however it was spaced or cased; None if
    it is none."""
    number = _FILLING.sub("", typed).upper()
    return number if _NUMBER.fullmatch(number) else None


def normal_phone(typed: str) -> str:
    """The digits of a telephone number, without China's country code before a mobile."""
    digits = _NO_DIGIT.sub("", typed)
    return digits[-11:] if re.fullmatch(r"(?:00)?861\d{10}", digits) else digits
