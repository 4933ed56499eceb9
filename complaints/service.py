"""Opening and finding complaints, inside the caller's transaction."""

from __future__ import annotations

from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.assessment import likely_priority
from complaints.model import Category, Priority, Visibility, complaint_number, normal_number
from complaints.storage import (
    Complaint,
    TimelineEntry,
    complaints_by_phone,
    complaints_of,
    emergency_of,
    next_number_of,
)
from foundation.clock import Clock
from foundation.errors import InvalidInput, NotFound
from foundation.settings import Settings

SYSTEM = "system"


class EmergencyReport(Protocol):
    """What is known when an emergency is confirmed in a conversation."""

    @property
    def conversation_id(self) -> str:
        """Where it was said."""
        ...

    @property
    def customer_id(self) -> str:
        """Who said it."""
        ...

    @property
    def channel(self) -> str:
        """On which channel."""
        ...

    @property
    def category(self) -> str:
        """The hazard (SPEC section 3)."""
        ...

    @property
    def summary(self) -> str:
        """The customer's words."""
        ...


class ComplaintService:
    """Use cases of complaints."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._zone = ZoneInfo(settings.timezone)

    async def open_emergency(self, session: AsyncSession, emergency: EmergencyReport) -> str:
        """Open this conversation's emergency complaint, or add to the one already open.

        Returns the complaint's number. The caller holds the conversation's row lock.
        """
        known = await emergency_of(session, emergency.conversation_id)
        if known is not None:
            self._enter(
                session,
                known,
                "emergency_again",
                reason=emergency.summary,
                detail={"hazard": emergency.category},
            )
            return known.no
        complaint = await self._create(
            session,
            {},
            conversation_id=emergency.conversation_id,
            customer_id=emergency.customer_id,
            channel=emergency.channel,
            hazard=emergency.category,
            priority=Priority.URGENT,
            summary=emergency.summary,
        )
        return complaint.no

    async def open(
        self,
        session: AsyncSession,
        *,
        channel: str,
        summary: str,
        product: str = "",
        phone: str = "",
        category: str = "",
        conversation_id: str | None = None,
        customer_id: str | None = None,
        sensitive: bool = False,
        facts: dict[str, str] | None = None,
    ) -> Complaint:
        """Register a complaint as received; `facts` are labelled extras for its first entry.

        Raises:
            InvalidInput: nothing is said, or the category is unknown.
        """
        if not summary.strip():
            raise InvalidInput("a complaint needs what happened", field="summary")
        if category and category not in list(Category):
            raise InvalidInput("unknown category", field="category", allowed=list(Category))
        return await self._create(
            session,
            facts or {},
            conversation_id=conversation_id,
            customer_id=customer_id,
            channel=channel,
            category=category,
            priority=likely_priority(summary, sensitive=sensitive),
            sensitive=sensitive,
            summary=summary.strip(),
            product=product.strip()[:80],
            phone=phone.strip()[:40],
        )

    async def find(self, session: AsyncSession, no: str) -> Complaint:
        """The complaint with this number, typed in any way.

        Raises:
            NotFound: not a number, or none such.
        """
        number = normal_number(no)
        found = await session.get(Complaint, number) if number else None
        if found is None:
            raise NotFound("complaint", no)
        return found

    async def by_phone(self, session: AsyncSession, phone: str, limit: int = 20) -> list[Complaint]:
        """Complaints with this contact phone, newest first."""
        return await complaints_by_phone(session, phone.strip(), limit) if phone.strip() else []

    async def of_conversation(
        self, session: AsyncSession, conversation_id: str, limit: int = 20
    ) -> list[Complaint]:
        """Complaints from a conversation, newest first."""
        return await complaints_of(session, "", conversation_id, limit)

    async def of_customer(
        self, session: AsyncSession, customer_id: str, conversation_id: str, limit: int = 20
    ) -> list[Complaint]:
        """Complaints of a customer or from a conversation, newest first."""
        return await complaints_of(session, customer_id, conversation_id, limit)

    async def _create(
        self, session: AsyncSession, facts: dict[str, str], **fields: Any
    ) -> Complaint:
        now = self._clock.now()
        day = now.astimezone(self._zone).date()
        number = complaint_number(day, await next_number_of(session, f"{day:%Y%m%d}"))
        complaint = Complaint(no=number, created_at=now, **fields)
        session.add(complaint)
        await session.flush()
        self._enter(session, complaint, "received", visible_to=Visibility.CUSTOMER, detail=facts)
        return complaint

    def _enter(
        self,
        session: AsyncSession,
        complaint: Complaint,
        act: str,
        *,
        reason: str = "",
        visible_to: Visibility = Visibility.INTERNAL,
        detail: dict[str, str] | None = None,
    ) -> None:
        session.add(
            TimelineEntry(
                complaint_no=complaint.no,
                at=self._clock.now(),
                actor=SYSTEM,
                act=act,
                reason=reason,
                visible_to=visible_to,
                detail=detail or {},
            )
        )
