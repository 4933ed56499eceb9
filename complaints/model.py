"""The complaint as a value: numbers, priorities and states, without IO (SPEC section 5)."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """Where a complaint stands in its life."""

    RECEIVED = "received"


class Category(StrEnum):
    """What a complaint is about; empty in storage until somebody has classified it."""

    PRODUCT_QUALITY = "product_quality"
    SERVICE_ATTITUDE = "service_attitude"
    RESPONSE_SPEED = "response_speed"
    INSTALLATION = "installation"
    REPAIR_DELAY = "repair_delay"
    PRICE_BILLING = "price_billing"
    DELIVERY = "delivery"


class Priority(StrEnum):
    """Which clocks run."""

    URGENT = "urgent"
    IMPORTANT = "important"
    GENERAL = "general"


class Visibility(StrEnum):
    """Who may read a timeline entry."""

    CUSTOMER = "customer"
    INTERNAL = "internal"


_NUMBER = re.compile(r"ts(20\d{6})(\d{1,6})", re.IGNORECASE)
_FILLING = re.compile(r"[\s\-_—–号]+")


def complaint_number(day: date, n: int) -> str:
    """The number of the `n`-th complaint of `day`: `TSyyyymmdd-nnnn`."""
    return f"TS{day:%Y%m%d}-{n:04d}"


def normal_number(typed: str) -> str | None:
    """`typed` as a complaint number, however it was spaced or cased; None if it is none.

    `ts2025 1105 42` is `TS20251105-0042`.
    """
    match = _NUMBER.fullmatch(_FILLING.sub("", typed))
    return f"TS{match[1]}-{int(match[2]):04d}" if match else None
