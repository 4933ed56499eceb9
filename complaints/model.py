"""The complaint as a value: words, people, clock kinds and numbers, without IO (SPEC section 5)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """Where a complaint stands in its life."""

    RECEIVED = "received"
    REGISTERED = "registered"
    VERIFIED = "verified"
    ASSESSED = "assessed"
    PLANNED = "planned"
    AWAITING_APPROVAL = "awaiting_approval"
    EXECUTING = "executing"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    ARCHIVED = "archived"
    REJECTED = "rejected"


CLOSED_STATES = frozenset({State.ARCHIVED, State.REJECTED})
"""States in which nobody has anything left to do."""

UNSOLVED_STATES = frozenset(State) - CLOSED_STATES - {State.RESOLVED, State.CONFIRMED}
"""States in which the customer still waits for his remedy: a progress message is due each day."""


class Category(StrEnum):
    """What a complaint is about; empty in storage until somebody has classified it."""

    PRODUCT_QUALITY = "product_quality"
    SERVICE_ATTITUDE = "service_attitude"
    RESPONSE_SPEED = "response_speed"
    INSTALLATION = "installation"
    REPAIR_DELAY = "repair_delay"
    PRICE_BILLING = "price_billing"
    DELIVERY = "delivery"


class Channel(StrEnum):
    """By which way it came."""

    WEB = "web"
    WECHAT = "wechat"
    HOTLINE = "hotline"
    APP = "app"
    STORE = "store"
    API = "api"


class Need(StrEnum):
    """What the customer needs most."""

    RESOLUTION = "resolution"
    ACKNOWLEDGEMENT = "acknowledgement"
    FAIRNESS = "fairness"


class Motive(StrEnum):
    """What drives the complaint."""

    VENT = "vent"
    RECOVER_LOSS = "recover_loss"
    EXTRA_COMPENSATION = "extra_compensation"
    RESPECT = "respect"
    HABITUAL = "habitual"


class Responsibility(StrEnum):
    """Whose doing it was."""

    COMPANY = "company"
    THIRD_PARTY = "third_party"
    CUSTOMER = "customer"
    UNDETERMINED = "undetermined"


class Priority(StrEnum):
    """Which clocks run."""

    URGENT = "urgent"
    IMPORTANT = "important"
    GENERAL = "general"


WEIGHT = {Priority.GENERAL: 0, Priority.IMPORTANT: 1, Priority.URGENT: 2}


class CauseKind(StrEnum):
    """How a 5-Why chain ends."""

    MANAGEMENT = "management"
    UNKNOWN = "unknown"


class RejectReason(StrEnum):
    """Why a complaint is not taken on."""

    DUPLICATE = "duplicate"
    NOT_OURS = "not_ours"


class ConfirmedBy(StrEnum):
    """What stands for the end of the matter."""

    CUSTOMER_WORD = "customer_word"
    ATTEMPTS = "attempts"


class Visibility(StrEnum):
    """Who may read a timeline entry."""

    CUSTOMER = "customer"
    INTERNAL = "internal"


class ClockKind(StrEnum):
    """What a clock waits for."""

    FIRST_RESPONSE = "first_response"
    PLAN = "plan"
    INVESTIGATION = "investigation"
    STATEMENT = "statement"
    DAILY_PROGRESS = "daily_progress"
    FOLLOW_UP = "follow_up"
    OBSERVATION = "observation"


@dataclass(frozen=True)
class Actor:
    """Who acts: a member of staff, the customer (role `customer`) or a machine (`system`)."""

    id: str | None
    name: str
    role: str

    @property
    def overrides(self) -> bool:
        """Whether he may act on what others hold."""
        return self.role in OVERRIDING


OVERRIDING = frozenset({"supervisor", "hq", "admin", "system", "customer"})
"""The system and the customer come through use cases of their own, which say what they may do."""

SYSTEM = Actor(None, "system", "system")
CUSTOMER = Actor(None, "customer", "customer")

SHORTEST_PHONE = 7
_NUMBER = re.compile(r"ts(20\d{6})(\d{1,6})", re.IGNORECASE)
_BEGINNING = re.compile(r"ts(20\d\d)(?:(\d\d)(\d\d)?)?", re.IGNORECASE)
_FILLING = re.compile(r"[\s\-_—–号]+")
_PER_DAY = 1_000_000


def complaint_number(day: date, n: int) -> str:
    """The number of the `n`-th complaint of `day`: `TSyyyymmdd-nnnn`."""
    return f"TS{day:%Y%m%d}-{n:04d}"


def normal_number(typed: str) -> str | None:
    """`typed` as a complaint number, however it was spaced or cased; None if it is none.

    `ts2025 1105 42` is `TS20251105-0042`.
    """
    match = _NUMBER.fullmatch(_FILLING.sub("", typed))
    return f"TS{match[1]}-{int(match[2]):04d}" if match else None


def number_days(typed: str) -> tuple[date, date] | None:
    """First and last day of complaint numbers that begin like this: year, month or day.

    `TS2025` is the year, `ts202511` the month; None for anything else.
    """
    match = _BEGINNING.fullmatch(_FILLING.sub("", typed))
    if match is None:
        return None
    year, month, day = int(match[1]), match[2], match[3]
    try:
        first = date(year, int(month or 1), int(day or 1))
        last = date(year, int(month or 12), 1)
    except ValueError:
        return None
    if day:
        return first, first
    return first, last.replace(day=monthrange(last.year, last.month)[1])


def sort_key(number: str) -> int:
    """A complaint number as an integer that grows with day and count: `20251105000042`.

    Raises:
        ValueError: not a complaint number.
    """
    match = _NUMBER.fullmatch(_FILLING.sub("", number))
    if match is None:
        raise ValueError("not a complaint number")
    return int(match[1]) * _PER_DAY + int(match[2])


def phone_digits(typed: str) -> str:
    """A telephone number's digits without the country code of China, however it was typed; what
    holds no digits stays what it is."""
    found = re.sub(r"\D", "", typed)
    found = found.removeprefix("00")
    if len(found) == 13 and found.startswith("86"):
        found = found[2:]
    return found or typed.strip()
