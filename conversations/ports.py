"""What conversations need from the rest of the house; wired in `api`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from conversations.model import BotTurn, Reply, Verdict


class Triage(Protocol):
    """Judges one inbound message."""

    def assess(self, text: str) -> Verdict:
        """Level, category and certainty; pure computation, about 10 ms, thread-safe."""
        ...


class Bot(Protocol):
    """The Rasa bot behind a budget and a breaker."""

    async def turn(self, sender: str, text: str, message_id: str) -> BotTurn:
        """One turn; idempotent by `message_id`.

        Raises:
            Unavailable: no usable answer within the budget.
        """
        ...

    async def memory(self, sender: str) -> dict[str, Any]:
        """Slots and intents so far, for the hand-over summary; empty when the bot is down."""
        ...


class Knowledge(Protocol):
    """Answers when the bot cannot, and the reviewed safety texts."""

    async def fallback(self, text: str) -> Reply | None:
        """A confident answer from the library, or None."""
        ...

    def safety_advice(self, category: str) -> str:
        """Reviewed advice for a hazard or sensitive category."""
        ...


@dataclass(frozen=True)
class EmergencyCase:
    """What opens a complaint when an emergency is confirmed."""

    conversation_id: str
    customer_id: str
    channel: str
    category: str
    summary: str


class Complaints(Protocol):
    """The complaint life, seen from a conversation."""

    async def open_emergency(self, session: AsyncSession, emergency: EmergencyCase) -> str:
        """Open (or find the one already open for) this conversation's emergency; its number."""
        ...
