"""The bot's services in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

from bot.actions.services import (
    ActionServices,
    Booking,
    ComplaintReport,
    ComplaintStatus,
    Kept,
    KnowledgeFound,
    KnowledgeHit,
    OrderStatus,
)
from foundation.clock import FixedClock
from foundation.errors import IllegalMove, NotFound
from repairs.model import MOVES, RepairRequest, State, Visit, normal_number, repair_number

NOON = datetime(2025, 11, 5, 4, 0, tzinfo=UTC)
"""Wednesday 2025-11-05, 12:00 in Shanghai."""


class FakeKnowledge:
    """Answers what it is told to; keeps what it was asked."""

    def __init__(self) -> None:
        self.found = KnowledgeFound()
        self.asked: list[tuple[str, str | None, str | None]] = []
        self.answers: dict[str, str] = {}

    def know(self, question: str, answer: str) -> None:
        """Be sure of `answer` whenever the question's words are in what is asked."""
        self.answers[question] = answer

    def knows(self, *hits: tuple[str, float], product: str = "", topic: str = "") -> None:
        """Answer with these titles and scores."""
        self.found = KnowledgeFound(
            tuple(
                KnowledgeHit(f"answer-{n}", title, (f"{title}的做法",), score, product, topic)
                for n, (title, score) in enumerate(hits)
            ),
            abstained=False,
        )

    async def search(
        self, query: str, *, topic: str | None = None, product: str | None = None, k: int = 3
    ) -> KnowledgeFound:
        self.asked.append((query, topic, product))
        for question, answer in self.answers.items():
            if question in query:
                return KnowledgeFound((KnowledgeHit("a", question, (answer,), 0.9),), False)
        return self.found


class FakeRepairs:
    """Bookings in a dict."""

    def __init__(self) -> None:
        self.requests: list[RepairRequest] = []
        self.bookings: dict[str, Booking] = {}
        self._numbers = count(42)

    async def book(self, request: RepairRequest) -> Booking:
        number = repair_number(datetime(2025, 11, 5).date(), next(self._numbers))
        self.requests.append(request)
        self.bookings[number] = Booking(number, request.product, State.BOOKED, request.visit)
        return self.bookings[number]

    async def find(self, no: str) -> Booking | None:
        return self.bookings.get(normal_number(no) or "")

    async def by_phone(self, phone: str) -> Sequence[Booking]:
        numbers = zip(self.bookings, self.requests, strict=False)
        return [self.bookings[no] for no, request in numbers if request.phone == phone]

    async def of_conversation(self, conversation_id: str) -> Sequence[Booking]:
        numbers = zip(self.bookings, self.requests, strict=False)
        return [
            self.bookings[no]
            for no, request in numbers
            if request.conversation_id == conversation_id
        ]

    async def reschedule(self, no: str, visit: Visit) -> Booking:
        return self._move(no, State.RESCHEDULED, visit)

    async def cancel(self, no: str, reason: str = "") -> Booking:
        return self._move(no, State.CANCELLED)

    def _move(self, no: str, target: State, visit: Visit | None = None) -> Booking:
        booking = self.bookings.get(no)
        if booking is None:
            raise NotFound("repair booking", no)
        if target not in MOVES[State(booking.state)]:
            raise IllegalMove("repair booking", booking.state, target, [])
        self.bookings[no] = Booking(no, booking.product, target, visit or booking.visit)
        return self.bookings[no]


class FakeComplaints:
    """Complaints in a dict."""

    def __init__(self) -> None:
        self.reports: list[ComplaintReport] = []
        self.statuses: dict[str, ComplaintStatus] = {}
        self.words: list[tuple[str, str]] = []

    async def open(self, report: ComplaintReport) -> str:
        self.reports.append(report)
        number = f"TS20251105-{len(self.reports):04d}"
        self.statuses[number] = ComplaintStatus(number, "received", NOON)
        return number

    async def find(self, no: str) -> ComplaintStatus | None:
        day, _, n = no.removeprefix("TS").partition("-")
        return self.statuses.get(f"TS{day}-{int(n):04d}")

    async def by_phone(self, phone: str) -> Sequence[ComplaintStatus]:
        numbers = zip(self.statuses.values(), self.reports, strict=False)
        return [status for status, report in numbers if report.phone == phone]

    async def of_customer(self, conversation_id: str) -> Sequence[ComplaintStatus]:
        numbers = zip(self.statuses.values(), self.reports, strict=False)
        return [s for s, report in numbers if report.conversation_id == conversation_id]

    async def add_word(self, no: str, conversation_id: str, text: str, *, unsolved: bool) -> Kept:
        self.words.append((no, text))
        if unsolved and self.statuses[no].state == "resolved":
            return Kept.REOPENED
        return Kept.NOTED


class FakeOrders:
    """Orders in a dict; `phones` says whose they are."""

    def __init__(self) -> None:
        self.orders: dict[str, OrderStatus] = {}
        self.phones: dict[str, str] = {}
        self.conversation_phone = ""

    def told(self, order: OrderStatus, phone: str = "") -> None:
        """Keep an order of this telephone; later ones were bought later."""
        self.orders[order.no] = order
        self.phones[order.no] = phone

    async def find(self, no: str) -> OrderStatus | None:
        return self.orders.get(no.upper().replace(" ", ""))

    async def of_customer(
        self, conversation_id: str, phones: Sequence[str]
    ) -> Sequence[OrderStatus]:
        known = {*phones, self.conversation_phone} - {""}
        return [o for o in reversed(self.orders.values()) if self.phones[o.no] in known]


def fake_services() -> ActionServices:
    """All services, at noon of 2025-11-05."""
    return ActionServices(
        FakeKnowledge(), FakeRepairs(), FakeComplaints(), FakeOrders(), FixedClock(NOON)
    )
