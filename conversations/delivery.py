"""What became of messages on their way out: what waits, what could not be sent, sending again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.storage import Message, Outgoing
from foundation.errors import Conflict, NotFound
from foundation.transactions import announce

NOT_SENT = ("held", "doubt", "dead")
SHOWN = 200


@dataclass(frozen=True)
class Undelivered:
    """A message that has not reached its customer, and its row in the outbox."""

    row: Outgoing
    message: Message


async def undelivered(
    session: AsyncSession, conversation_id: str | None = None, states: Sequence[str] = NOT_SENT
) -> list[Undelivered]:
    """Messages kept aside, of one conversation or of all, oldest first."""
    query = (
        select(Outgoing, Message)
        .join(Message, Message.id == Outgoing.message_id)
        .where(Outgoing.state.in_(states))
        .order_by(Outgoing.id)
        .limit(SHOWN)
    )
    if conversation_id is not None:
        query = query.where(Outgoing.conversation_id == conversation_id)
    return [Undelivered(row[0], row[1]) for row in await session.execute(query)]


async def undelivered_texts(session: AsyncSession, conversation_id: str) -> list[str]:
    """The words of what waits for a customer or could not be sent to him."""
    found = await undelivered(session, conversation_id, (*NOT_SENT, "pending"))
    return [entry.message.text for entry in found if entry.message.text]


async def resend(session: AsyncSession, message_id: str, now: datetime) -> Outgoing:
    """Put a message that was kept aside back on its way.

    Raises:
        NotFound: no such message went out.
        Conflict: it has arrived or is on its way.
    """
    query = select(Outgoing).where(Outgoing.message_id == message_id).with_for_update()
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("message", message_id)
    if row.state not in NOT_SENT:
        raise Conflict("this message has been sent or is on its way", state=row.state)
    row.state, row.reason, row.attempts, row.next_attempt_at = "pending", "", 0, now
    announce(session, "outbox", conversation_id=row.conversation_id)
    announce(session, "conversation", conversation_id=row.conversation_id)
    return row
