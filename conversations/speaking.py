"""Putting a message into a conversation: sequence, outbox and news in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from conversations.model import Kind, Reply, Sender
from conversations.storage import Conversation, Message, Outgoing
from foundation.ids import new_id
from foundation.metrics import MESSAGES
from foundation.transactions import announce


def append(session: AsyncSession, conversation: Conversation, message: Message) -> Message:
    """Give `message` the next sequence number and keep it; outgoing ones enter the outbox.

    The caller holds the conversation's row lock, so numbers are gapless and unique.
    """
    conversation.last_seq += 1
    conversation.updated_at = message.created_at
    message.seq = conversation.last_seq
    session.add(message)
    if message.sender != Sender.CUSTOMER:
        session.add(
            Outgoing(
                conversation_id=conversation.id,
                message_id=message.id,
                channel=conversation.channel,
                next_attempt_at=max(
                    message.created_at, conversation.deliver_after or message.created_at
                ),
                created_at=message.created_at,
            )
        )
        announce(session, "outbox", conversation_id=conversation.id)
    announce(
        session,
        "message",
        conversation_id=conversation.id,
        message_id=message.id,
        seq=message.seq,
        sender=message.sender,
    )
    MESSAGES.labels(message.sender).inc()
    return message


def say(
    session: AsyncSession,
    conversation: Conversation,
    reply: Reply,
    now: datetime,
    *,
    in_reply_to: str | None = None,
    part: int | None = None,
) -> Message:
    """Append one reply of the bot or the system."""
    return append(
        session,
        conversation,
        Message(
            id=new_id("msg"),
            conversation_id=conversation.id,
            sender=reply.sender,
            kind=reply.kind,
            text=reply.text,
            buttons=[button.as_dict() for button in reply.buttons],
            in_reply_to=in_reply_to,
            part=part,
            created_at=now,
        ),
    )


def say_all(
    session: AsyncSession,
    conversation: Conversation,
    message: Message,
    replies: Sequence[Reply],
    now: datetime,
) -> None:
    """Append the replies to `message`, which is worked with them."""
    for part, reply in enumerate(replies, start=1):
        say(session, conversation, reply, now, in_reply_to=message.id, part=part)
    message.processed_at = message.processed_at or now


def notify(session: AsyncSession, conversation: Conversation, text: str, now: datetime) -> Message:
    """Append a system notice."""
    return say(session, conversation, Reply(text, Kind.NOTICE, sender=Sender.SYSTEM), now)
