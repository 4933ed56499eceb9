"""Customers under observation who write again: contacts found in conversations.

Conversations do not know of complaints. This watch reads, every few seconds, what has moved since
its last look, and tells the observation of what concerns it. After a start it looks back over the
whole window; whatever was told before is not told again, so a killed watch loses and doubles
nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.model import phone_digits
from complaints.observation.model import Kind, Turn
from complaints.observation.storage import observed_customers, windows_of
from complaints.service.observing import Observation
from complaints.texts import OBSERVED_ANGRY, OBSERVED_CONTACT, OBSERVED_URGENT
from conversations.feeling import ANGRY_ALONE, heat_of
from conversations.model import Level, Sender
from conversations.storage import Conversation, Customer, Message
from foundation.clock import Clock
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

log = structlog.get_logger(__name__)

BATCH = 200
OVERLAP = timedelta(minutes=5)
"""Looked at again each time: transactions that committed late, verdicts that came later."""
RAISED = frozenset({Level.EMERGENCY, Level.SENSITIVE})


@dataclass(frozen=True)
class Said:
    """One message of a customer."""

    id: str
    at: datetime
    text: str
    level: str = ""


@dataclass(frozen=True)
class Contact:
    """Messages of one customer without a long silence between them."""

    said: tuple[Said, ...]

    @property
    def urgent(self) -> bool:
        """Whether triage raised any of them."""
        return any(said.level in RAISED for said in self.said)

    @property
    def angry(self) -> bool:
        """Whether any of them sounds angry: after a complaint one heated message is enough."""
        return any(heat_of(said.text) >= ANGRY_ALONE for said in self.said)

    @property
    def bad(self) -> bool:
        """Whether it is a bad turn."""
        return self.urgent or self.angry


def contacts_of(messages: Sequence[Said], quiet: timedelta) -> list[Contact]:
    """Messages, oldest first, parted wherever the customer was silent for `quiet`."""
    found: list[list[Said]] = []
    for message in messages:
        if found and message.at - found[-1][-1].at < quiet:
            found[-1].append(message)
        else:
            found.append([message])
    return [Contact(tuple(said)) for said in found]


def contacts_since(
    messages: Sequence[Said], since: datetime, quiet: timedelta
) -> Iterator[Contact]:
    """What of these contacts falls after `since`: new ones, and of one that was going on already
    only what gives alarm."""
    for contact in contacts_of(messages, quiet):
        after = Contact(tuple(said for said in contact.said if said.at >= since))
        if after.said and (after.said[0] is contact.said[0] or after.bad):
            yield after


def turn_of(contact: Contact) -> Turn:
    """A contact as the observation hears of it; its first message names it."""
    first = contact.said[0]
    if contact.urgent:
        words = OBSERVED_URGENT
    else:
        words = OBSERVED_ANGRY if contact.angry else OBSERVED_CONTACT
    text = words.format(text=first.text[:120])
    return Turn(Kind.CONTACT, first.id, first.at, text, contact.bad)


class CustomerWatch:
    """Looks every `clock_sweep_s`, in whichever process looks after deadlines."""

    def __init__(
        self, settings: Settings, clock: Clock, work: UnitOfWork, observation: Observation
    ) -> None:
        self._every = settings.clock_sweep_s
        self._quiet = timedelta(hours=settings.observation_quiet_h)
        self._longest = timedelta(days=settings.observation_days)
        self._clock = clock
        self._work = work
        self._observation = observation
        self._since: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Watch in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Watch no longer."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> int:
        """Tell of every contact since the last look; how many were news."""
        now = self._clock.now()
        place = (self._since or now - self._longest, "")
        told = 0
        while True:
            async with self._work.reading() as session:
                moved = await _moved(session, place)
                people = [(row[2], phone_digits(row[3])) for row in moved]
                watched = await observed_customers(session, people)
            for row, person in zip(moved, people, strict=True):
                if person in watched:
                    told += await self._tell(row[0], *person)
            if len(moved) < BATCH:
                break
            place = (moved[-1][1], moved[-1][0])
        self._since = now - OVERLAP
        return told

    async def _tell(self, conversation_id: str, customer_id: str, phone: str) -> int:
        now = self._clock.now()
        told = 0
        async with self._work.begin() as session:
            said = await _said(session, conversation_id, now - self._longest - self._quiet)
            for window in await windows_of(session, customer_id, phone, now):
                for contact in contacts_since(said, window.since, self._quiet):
                    turn = turn_of(contact)
                    told += await self._observation.note(session, window.complaint, turn)
        return told

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:
                log.error("customer_watch_failed", error=type(error).__name__)
            await asyncio.sleep(self._every)


async def _moved(
    session: AsyncSession, place: tuple[datetime, str]
) -> list[tuple[str, datetime, str, str]]:
    query = (
        select(Conversation.id, Conversation.updated_at, Conversation.customer_id, Customer.phone)
        .join(Customer, Customer.id == Conversation.customer_id)
        .where(tuple_(Conversation.updated_at, Conversation.id) > place)
        .order_by(Conversation.updated_at, Conversation.id)
        .limit(BATCH)
    )
    return [(row[0], row[1], row[2], row[3]) for row in await session.execute(query)]


async def _said(session: AsyncSession, conversation_id: str, since: datetime) -> list[Said]:
    query = (
        select(Message.id, Message.created_at, Message.text, Message.level)
        .where(
            Message.conversation_id == conversation_id,
            Message.sender == Sender.CUSTOMER,
            Message.created_at >= since,
        )
        .order_by(Message.seq)
    )
    return [Said(*row) for row in await session.execute(query)]
