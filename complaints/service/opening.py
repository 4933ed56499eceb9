"""How complaints come in, and how they are found again."""

from __future__ import annotations

from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from complaints import full_text
from complaints.assessment import likely_priority
from complaints.model import (
    SYSTEM,
    Actor,
    Category,
    Channel,
    Priority,
    Visibility,
    complaint_number,
    normal_number,
    phone_digits,
    sort_key,
)
from complaints.service.observing import Observation
from complaints.service.recording import enter
from complaints.service.timekeeping import Timekeeper
from complaints.storage import (
    Complaint,
    EntryKey,
    complaints_by_phone,
    complaints_of,
    emergency_of,
    next_number_of,
)
from foundation.clock import Clock
from foundation.errors import Conflict, InvalidInput, NotFound
from foundation.settings import Settings

WIDTHS = {
    "summary": 20_000,
    "product": 80,
    "model": 80,
    "order_no": 40,
    "customer_name": 80,
    "phone": 40,
    "contact": 200,
    "occurred_at": 80,
    "place": 200,
    "category": 30,
    "no_evidence_reason": 2_000,
    "external_id": 80,
}
"""Facts of a complaint that people enter, and how many characters are kept."""


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


class Opening:
    """Use cases of opening and finding."""

    def __init__(
        self, settings: Settings, clock: Clock, keeper: Timekeeper, observation: Observation
    ) -> None:
        self.observation = observation
        self._clock = clock
        self._keeper = keeper
        self._zone = ZoneInfo(settings.timezone)

    async def open_emergency(self, session: AsyncSession, emergency: EmergencyReport) -> str:
        """Open this conversation's emergency complaint, or add to the one already open.

        Returns the complaint's number. The caller holds the conversation's row lock.
        """
        known = await emergency_of(session, emergency.conversation_id)
        if known is not None:
            enter(
                session,
                known,
                SYSTEM,
                "emergency_again",
                self._clock.now(),
                reason=emergency.summary,
                detail={"hazard": emergency.category},
                touch=False,
            )
            return known.no
        complaint = await self._create(
            session,
            SYSTEM,
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
        priority: str = "",
        conversation_id: str | None = None,
        customer_id: str | None = None,
        sensitive: bool = False,
        facts: dict[str, str] | None = None,
        actor: Actor = SYSTEM,
        **entered: str,
    ) -> Complaint:
        """Take a complaint in as received, its clocks running. `facts` are labelled extras for the
        first entry; `entered` are fields named in `WIDTHS`.

        Raises:
            InvalidInput: nothing is said, or category, channel or priority are unknown.
        """
        if not summary.strip():
            raise InvalidInput("a complaint needs what happened", field="summary")
        check_words(channel=channel, category=entered.get("category", ""), priority=priority)
        return await self._create(
            session,
            actor,
            facts or {},
            conversation_id=conversation_id,
            customer_id=customer_id,
            channel=channel,
            priority=priority or likely_priority(summary, sensitive=sensitive),
            sensitive=sensitive,
            **entries({**entered, "summary": summary}),
        )

    async def of_key(
        self, session: AsyncSession, caller: str, key: str, digest: str
    ) -> Complaint | None:
        """The complaint this caller opened with this key before.

        Raises:
            Conflict: the key came with another body then.
        """
        known = await session.get(EntryKey, (caller, key))
        if known is None:
            return None
        if known.digest != digest:
            raise Conflict("this idempotency key was used for another complaint", key=key)
        return await session.get_one(Complaint, known.complaint_no)

    def remember_key(
        self, session: AsyncSession, caller: str, key: str, digest: str, no: str
    ) -> None:
        """Keep which complaint a key opened."""
        session.add(EntryKey(caller=caller, key=key, digest=digest, complaint_no=no))

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
        known = phone_digits(phone)
        return await complaints_by_phone(session, known, limit) if known else []

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

    async def adopt(self, session: AsyncSession, limit: int = 200) -> int:
        """Start the clocks of open complaints that came in before there were clocks; how many."""
        query = (
            select(Complaint)
            .where(Complaint.clocks_since.is_(None), Complaint.is_open.is_(True))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = list((await session.execute(query)).scalars())
        for complaint in found:
            await self._keeper.start_life(session, complaint, self._clock.now())
            await full_text.index(session, complaint)
        return len(found)

    async def _create(
        self, session: AsyncSession, actor: Actor, facts: dict[str, str], **fields: Any
    ) -> Complaint:
        now = self._clock.now()
        day = now.astimezone(self._zone).date()
        number = complaint_number(day, await next_number_of(session, f"{day:%Y%m%d}"))
        complaint = Complaint(
            no=number, key=sort_key(number), created_at=now, updated_at=now, **fields
        )
        session.add(complaint)
        await session.flush()
        enter(
            session,
            complaint,
            actor,
            "received",
            now,
            visible_to=Visibility.CUSTOMER,
            detail=facts,
        )
        await self._keeper.start_life(session, complaint, now)
        await full_text.index(session, complaint)
        await self.observation.complained(session, complaint)
        return complaint


def entries(given: dict[str, str]) -> dict[str, str]:
    """Entered facts, trimmed to what is kept."""
    kept = {name: given[name].strip()[: WIDTHS[name]] for name in given}
    if "phone" in kept:
        kept["phone"] = phone_digits(kept["phone"])
    return kept


def check_words(*, channel: str = "", category: str = "", priority: str = "") -> None:
    """Raise `InvalidInput` for a word that is not in its list; empty ones are left out."""
    for field, value, allowed in (
        ("channel", channel, list(Channel)),
        ("category", category, list(Category)),
        ("priority", priority, list(Priority)),
    ):
        if value and value not in allowed:
            raise InvalidInput(f"unknown {field}", field=field, allowed=allowed)
