"""What the bot's actions need from the rest of the house; wired in `api`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from foundation.clock import Clock
from repairs.model import RepairRequest, Visit


@dataclass(frozen=True)
class KnowledgeHit:
    """One answer of the library. `score` is the calibrated probability (0-1) that it fits."""

    case_id: str
    title: str
    steps: tuple[str, ...]
    score: float
    product: str = ""
    topic: str = ""


@dataclass(frozen=True)
class KnowledgeFound:
    """What a search gave, best first. `abstained`: nothing is good enough to be an answer."""

    hits: tuple[KnowledgeHit, ...] = ()
    abstained: bool = True


class KnowledgeSearch(Protocol):
    """The search that agents use too, over routine answers (`kind="answer"`)."""

    async def search(
        self, query: str, *, topic: str | None = None, product: str | None = None, k: int = 3
    ) -> KnowledgeFound:
        """Up to `k` answers; `topic` (an intent) and `product` are preferences, not filters."""
        ...


@dataclass(frozen=True)
class Booking:
    """A repair booking as the customer may hear it."""

    no: str
    product: str
    state: str
    visit: Visit


class RepairDesk(Protocol):
    """Repair bookings; each call is a transaction of its own."""

    async def book(self, request: RepairRequest) -> Booking:
        """Make a booking. Raises `foundation.errors.InvalidInput`."""
        ...

    async def find(self, no: str) -> Booking | None:
        """By number, typed in any way."""
        ...

    async def by_phone(self, phone: str) -> Sequence[Booking]:
        """Newest first."""
        ...

    async def of_conversation(self, conversation_id: str) -> Sequence[Booking]:
        """Those made in this conversation, newest first."""
        ...

    async def reschedule(self, no: str, visit: Visit) -> Booking:
        """Move the visit. Raises `foundation.errors.IllegalMove`, `NotFound`, `InvalidInput`."""
        ...

    async def cancel(self, no: str, reason: str = "") -> Booking:
        """Call it off. Raises `foundation.errors.IllegalMove` or `NotFound`."""
        ...


@dataclass(frozen=True)
class ComplaintReport:
    """What a complaint is opened with. `facts` are labelled extras (order, day, demand …)."""

    conversation_id: str
    summary: str
    product: str
    phone: str
    category: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ComplaintStatus:
    """A complaint as the customer may hear it; `opened_at` in UTC."""

    no: str
    state: str
    opened_at: datetime


class Kept(StrEnum):
    """What became of a customer's word on a complaint."""

    NOTED = "noted"
    REOPENED = "reopened"
    NOT_HIS = "not_his"


class ComplaintDesk(Protocol):
    """Complaints; each call is a transaction of its own."""

    async def open(self, report: ComplaintReport) -> str:
        """Register; the number `TSyyyymmdd-nnnn`."""
        ...

    async def find(self, no: str) -> ComplaintStatus | None:
        """By number, typed in any way."""
        ...

    async def by_phone(self, phone: str) -> Sequence[ComplaintStatus]:
        """Newest first."""
        ...

    async def of_customer(self, conversation_id: str) -> Sequence[ComplaintStatus]:
        """Those of this conversation and of its customer, newest first."""
        ...

    async def add_word(self, no: str, conversation_id: str, text: str, *, unsolved: bool) -> Kept:
        """Keep what the customer says of his complaint and tell whoever works on it; a resolved one
        that is `unsolved` to him goes into another round. Only its own customer is heard."""
        ...


@dataclass(frozen=True)
class OrderStatus:
    """An order as whoever names its number may hear it: no personal data in any text."""

    no: str
    product: str = ""
    state: str = ""
    logistics: str = ""
    refund: str = ""
    invoice: str = ""
    installation: str = ""


class OrderDesk(Protocol):
    """Orders, as another system told us of them."""

    async def find(self, no: str) -> OrderStatus | None:
        """By number, typed in any way."""
        ...

    async def of_customer(
        self, conversation_id: str, phones: Sequence[str]
    ) -> Sequence[OrderStatus]:
        """Those with the telephone known in this conversation or one of `phones`, last bought
        first."""
        ...


@dataclass(frozen=True)
class ActionServices:
    """Everything the actions reach. Scores are those of `Settings.direct_answer_score` and
    `Settings.choice_score`."""

    knowledge: KnowledgeSearch
    repairs: RepairDesk
    complaints: ComplaintDesk
    orders: OrderDesk
    clock: Clock
    direct_score: float = 0.72
    choice_score: float = 0.35
    timezone: str = "Asia/Shanghai"

    def now(self) -> datetime:
        """Local time of the organisation."""
        return self.clock.now().astimezone(ZoneInfo(self.timezone))

    def today(self) -> date:
        """Local day of the organisation."""
        return self.now().date()
