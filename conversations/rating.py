"""Asking what the service was worth, on channels without a form of their own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from conversations import texts
from conversations.desk import rate
from conversations.model import Button, Kind, Reply, Sender
from conversations.speaking import append, notify, say
from conversations.storage import Conversation, Message
from foundation.ids import new_id

ASKED_BY_MENU = frozenset({"wechat"})
PREFIX = "rate:"
BEST = 5
POOR = 2


def invite_rating(session: AsyncSession, conversation: Conversation, now: datetime) -> None:
    """Ask for one of five answers where the channel shows no stars."""
    if conversation.channel not in ASKED_BY_MENU:
        return
    buttons = tuple(
        Button(title, f"{PREFIX}{BEST - place}") for place, title in enumerate(texts.RATE_OPTIONS)
    )
    say(session, conversation, Reply(texts.RATE, Kind.CHOICES, buttons, sender=Sender.SYSTEM), now)


def score_of(payload: str) -> int | None:
    """The score that one of those answers stands for."""
    number = payload.removeprefix(PREFIX)
    if not payload.startswith(PREFIX) or number not in ("1", "2", "3", "4", "5"):
        return None
    return int(number)


async def take_rating(
    session: AsyncSession,
    conversation: Conversation,
    score: int,
    title: str,
    client_message_id: str,
    now: datetime,
) -> Message:
    """Keep the answer as a rating and as the customer's word, without opening a new episode."""
    await rate(session, conversation.id, score, "", now)
    message = append(
        session,
        conversation,
        Message(
            id=new_id("msg"),
            conversation_id=conversation.id,
            sender=Sender.CUSTOMER,
            kind=Kind.TEXT,
            text=title,
            buttons=[],
            client_message_id=client_message_id,
            processed_at=now,
            created_at=now,
        ),
    )
    notify(session, conversation, texts.RATED_LOW if score <= POOR else texts.RATED, now)
    return message
