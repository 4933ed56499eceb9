"""The bot's actions inside the API: their services over our packages, behind Rasa's webhook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.case_search import CaseSearch
from bot.actions import build_executor
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
from complaints.model import CUSTOMER, State
from complaints.service import ComplaintService
from complaints.storage import Complaint
from conversations.model import Level
from conversations.storage import Conversation, Customer
from foundation.clock import Clock
from foundation.errors import NotFound, Unavailable
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from knowledge_base.model import CaseKind
from knowledge_base.redaction import redact
from knowledge_base.service import CaseLibrary
from orders.service import OrderService
from orders.storage import Order
from repairs.model import RepairRequest, Visit
from repairs.service import RepairService
from repairs.storage import RepairBooking

FACT_FIELDS = {"称呼": "customer_name", "订单号": "order_no", "发生时间": "occurred_at"}
"""Labelled facts of the bot's intake that a complaint has fields for."""


class BotActions:
    """Runs the action that Rasa names."""

    def __init__(self, services: ActionServices) -> None:
        self._executor = build_executor(services)

    async def run(self, payload: dict[str, Any]) -> dict[str, Any]:
        """One action; the answer Rasa expects.

        Raises:
            rasa_sdk.interfaces.ActionExecutionRejection: the action gives the turn back.
            rasa_sdk.interfaces.ActionNotFoundException: no such action.
        """
        result = await self._executor.run(payload)
        if result is None:
            return {"events": [], "responses": []}
        answer: dict[str, Any] = result.model_dump()
        return answer


@dataclass(frozen=True)
class Answers:
    """`bot.actions.services.KnowledgeSearch` over the production search."""

    work: UnitOfWork
    library: CaseLibrary
    cases: CaseSearch

    async def search(
        self, query: str, *, topic: str | None = None, product: str | None = None, k: int = 3
    ) -> KnowledgeFound:
        """Answers alone; nothing while the search is not open."""
        try:
            result = await self.cases.search(
                query, k, product=product, kind=CaseKind.ANSWER, leaning=topic
            )
        except Unavailable:
            return KnowledgeFound()
        async with self.work.reading() as session:
            found = await self.library.cases(session, [hit.case_id for hit in result.hits])
        hits = tuple(
            KnowledgeHit(
                case_id=hit.case_id,
                title=found[hit.case_id].title,
                steps=tuple(found[hit.case_id].solution_steps),
                score=hit.score,
                product=found[hit.case_id].product,
                topic=found[hit.case_id].topic,
            )
            for hit in result.hits
            if hit.case_id in found
        )
        return KnowledgeFound(hits, result.abstained)


@dataclass(frozen=True)
class Repairs:
    """`bot.actions.services.RepairDesk`; each call is a transaction of its own."""

    work: UnitOfWork
    service: RepairService

    async def book(self, request: RepairRequest) -> Booking:
        """Make a booking; the customer's phone is kept when we had none."""
        async with self.work.begin() as session:
            await _note_phone(session, request.conversation_id, request.phone, request.name)
            return _booking(await self.service.book(session, request))

    async def find(self, no: str) -> Booking | None:
        """By number, typed in any way."""
        async with self.work.reading() as session:
            try:
                return _booking(await self.service.find(session, no))
            except NotFound:
                return None

    async def by_phone(self, phone: str) -> Sequence[Booking]:
        """Newest first."""
        async with self.work.reading() as session:
            return [_booking(found) for found in await self.service.by_phone(session, phone)]

    async def of_conversation(self, conversation_id: str) -> Sequence[Booking]:
        """Newest first."""
        async with self.work.reading() as session:
            found = await self.service.of_conversation(session, conversation_id)
        return [_booking(booking) for booking in found]

    async def reschedule(self, no: str, visit: Visit) -> Booking:
        """Move the visit."""
        async with self.work.begin() as session:
            return _booking(await self.service.reschedule(session, no, visit))

    async def cancel(self, no: str, reason: str = "") -> Booking:
        """Call it off."""
        async with self.work.begin() as session:
            return _booking(await self.service.cancel(session, no, reason))


@dataclass(frozen=True)
class Complaints:
    """`bot.actions.services.ComplaintDesk`; each call is a transaction of its own."""

    work: UnitOfWork
    service: ComplaintService

    async def open(self, report: ComplaintReport) -> str:
        """Register; the number."""
        async with self.work.begin() as session:
            conversation = await session.get(Conversation, report.conversation_id)
            await _note_phone(session, report.conversation_id, report.phone)
            entered: dict[str, Any] = {
                FACT_FIELDS[label]: said for label, said in report.facts if label in FACT_FIELDS
            }
            complaint = await self.service.open(
                session,
                channel=conversation.channel if conversation else "web",
                summary=report.summary,
                product=report.product,
                phone=report.phone,
                category=report.category,
                conversation_id=conversation.id if conversation else None,
                customer_id=conversation.customer_id if conversation else None,
                sensitive=bool(conversation and conversation.triage_level == Level.SENSITIVE),
                facts=dict(report.facts),
                **entered,
            )
            return complaint.no

    async def find(self, no: str) -> ComplaintStatus | None:
        """By number, typed in any way."""
        async with self.work.reading() as session:
            try:
                return _status(await self.service.find(session, no))
            except NotFound:
                return None

    async def by_phone(self, phone: str) -> Sequence[ComplaintStatus]:
        """Newest first."""
        async with self.work.reading() as session:
            return [_status(found) for found in await self.service.by_phone(session, phone)]

    async def of_customer(self, conversation_id: str) -> Sequence[ComplaintStatus]:
        """Newest first."""
        async with self.work.reading() as session:
            conversation = await session.get(Conversation, conversation_id)
            if conversation is None:
                return []
            found = await self.service.of_customer(
                session, conversation.customer_id, conversation_id
            )
        return [_status(complaint) for complaint in found]

    async def add_word(self, no: str, conversation_id: str, text: str, *, unsolved: bool) -> Kept:
        """As the customer himself would on the status page."""
        async with self.work.begin() as session:
            conversation = await session.get(Conversation, conversation_id)
            complaint = await self.service.find(session, no)
            if conversation is None or not await _is_his(session, complaint, conversation):
                return Kept.NOT_HIS
            if unsolved and complaint.state == State.RESOLVED:
                await self.service.handling.reprocess(
                    session, complaint.no, CUSTOMER, None, reason=text
                )
                return Kept.REOPENED
            await self.service.customers.said(session, complaint.no, text)
            return Kept.NOTED


@dataclass(frozen=True)
class Orders:
    """`bot.actions.services.OrderDesk`; personal data in what we were told is masked."""

    work: UnitOfWork
    service: OrderService

    async def find(self, no: str) -> OrderStatus | None:
        """By number, typed in any way."""
        async with self.work.reading() as session:
            try:
                return _order(await self.service.find(session, no))
            except NotFound:
                return None

    async def of_customer(
        self, conversation_id: str, phones: Sequence[str]
    ) -> Sequence[OrderStatus]:
        """Last bought first."""
        async with self.work.reading() as session:
            conversation = await session.get(Conversation, conversation_id)
            known = list(phones)
            if conversation:
                known.append((await session.get_one(Customer, conversation.customer_id)).phone)
            return [_order(order) for order in await self.service.by_phone(session, *known)]


def action_services(
    settings: Settings,
    clock: Clock,
    work: UnitOfWork,
    library: CaseLibrary,
    cases: CaseSearch,
    repairs: RepairService,
    complaints: ComplaintService,
    orders: OrderService,
) -> ActionServices:
    """Everything the actions reach, over our packages."""
    return ActionServices(
        knowledge=Answers(work, library, cases),
        repairs=Repairs(work, repairs),
        complaints=Complaints(work, complaints),
        orders=Orders(work, orders),
        clock=clock,
        direct_score=settings.direct_answer_score,
        choice_score=settings.choice_score,
        timezone=settings.timezone,
    )


def _booking(found: RepairBooking) -> Booking:
    return Booking(found.no, found.product, found.state, found.visit)


def _order(found: Order) -> OrderStatus:
    return OrderStatus(
        no=found.order_no,
        product=found.product,
        state=redact(found.state).text,
        logistics=redact(found.logistics).text,
        refund=redact(found.refund).text,
        invoice=redact(found.invoice).text,
        installation=redact(found.installation).text,
    )


def _status(found: Complaint) -> ComplaintStatus:
    return ComplaintStatus(found.no, found.state, found.created_at)


async def _is_his(session: AsyncSession, complaint: Complaint, conversation: Conversation) -> bool:
    """Whether the complaint is of this conversation, of its customer, or under his telephone."""
    customer = await session.get_one(Customer, conversation.customer_id)
    return (
        complaint.conversation_id == conversation.id
        or complaint.customer_id == customer.id
        or (bool(customer.phone) and complaint.phone == customer.phone)
    )


async def _note_phone(
    session: AsyncSession, conversation_id: str | None, phone: str, name: str = ""
) -> None:
    """Keep phone and name on the customer where we have none yet, for call-backs."""
    conversation = await session.get(Conversation, conversation_id) if conversation_id else None
    if conversation is None:
        return
    customer = await session.get_one(Customer, conversation.customer_id)
    customer.phone = customer.phone or phone.strip()[:40]
    customer.name = customer.name or name.strip()[:80]
