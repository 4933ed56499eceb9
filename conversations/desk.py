"""What the agents' desk shows and notes: lists, counts, history, presence, ratings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.model import Sender, State
from conversations.storage import (
    Attachment,
    Conversation,
    Customer,
    Message,
    PageCall,
    Presence,
    Rating,
    get_conversation,
)
from foundation.ids import new_id

LIST_LIMIT = 200
_LONG_NUMBER = re.compile(r"(?<![A-Za-z0-9-])\d{7,}")


class View(StrEnum):
    """The tabs of the list."""

    QUEUE = "queue"
    MINE = "mine"
    BOT = "bot"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True)
class Overview:
    """One conversation with what its list entry needs.

    `unread`: customer messages after the last one an agent has read.
    """

    conversation: Conversation
    customer: Customer
    last_message: Message | None
    unread: int


@dataclass(frozen=True)
class Past:
    """An earlier conversation of the same customer; `summary` is how it began."""

    conversation: Conversation
    summary: str


def mask_phone(phone: str) -> str:
    """`138****1234`: three digits, stars, the last four; shorter numbers keep the last two."""
    if not phone:
        return ""
    if len(phone) < 8:
        return "*" * max(0, len(phone) - 2) + phone[-2:]
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"


def mask_numbers(text: str) -> str:
    """`text` with bare numbers of seven digits or more masked like a phone number.

    Our own numbers (`TS…`, `WX…`, `AX…`) begin with letters and stay.
    """
    return _LONG_NUMBER.sub(lambda match: mask_phone(match[0]), text)


async def list_conversations(
    session: AsyncSession, view: View, staff_id: str, search: str = ""
) -> list[Overview]:
    """At most 200 conversations of a tab.

    The queue comes in serving order (urgent, sensitive, longest waiting); the rest newest first.
    """
    query: Any = (
        select(Conversation, Customer)
        .join(Customer, Customer.id == Conversation.customer_id)
        .where(*_in_view(view, staff_id))
        .limit(LIST_LIMIT)
    )
    if search.strip():
        query = query.where(_matches(search.strip()))
    rows = (await session.execute(_ordered(query, view))).all()
    return await _overviews(session, [(row[0], row[1]) for row in rows])


async def overview(session: AsyncSession, conversation: Conversation) -> Overview:
    """One conversation's list entry."""
    customer = await session.get_one(Customer, conversation.customer_id)
    return (await _overviews(session, [(conversation, customer)]))[0]


async def counts(session: AsyncSession, staff_id: str) -> dict[str, int]:
    """How many conversations each tab holds."""
    query = select(Conversation.state, func.count()).group_by(Conversation.state)
    by_state = dict((await session.execute(query)).all())
    mine = select(func.count()).select_from(Conversation).where(*_in_view(View.MINE, staff_id))
    return {
        View.QUEUE: by_state.get(State.QUEUED, 0),
        View.MINE: int((await session.execute(mine)).scalar_one()),
        View.BOT: by_state.get(State.BOT, 0),
        View.CLOSED: by_state.get(State.CLOSED, 0),
        View.ALL: sum(by_state.values()),
    }


async def history(session: AsyncSession, conversation: Conversation, limit: int = 10) -> list[Past]:
    """The customer's other conversations, newest first."""
    query = (
        select(Conversation)
        .where(
            Conversation.customer_id == conversation.customer_id,
            Conversation.id != conversation.id,
        )
        .order_by(Conversation.updated_at.desc())
        .limit(limit)
    )
    earlier = list((await session.execute(query)).scalars())
    firsts = await _first_words(session, [past.id for past in earlier])
    return [Past(past, firsts.get(past.id, "")) for past in earlier]


async def attachments_of(
    session: AsyncSession, messages: Sequence[Message]
) -> dict[str, Attachment]:
    """The files hanging on these messages, by their id."""
    wanted = {message.attachment_id for message in messages if message.attachment_id}
    if not wanted:
        return {}
    query = select(Attachment).where(Attachment.id.in_(wanted))
    return {found.id: found for found in (await session.execute(query)).scalars()}


async def pages(session: AsyncSession, *, open_only: bool, limit: int = 100) -> list[PageCall]:
    """Calls to people: the open ones oldest first, or all of them newest first."""
    query = select(PageCall).limit(limit)
    if open_only:
        query = query.where(PageCall.acknowledged_at.is_(None)).order_by(PageCall.created_at)
    else:
        query = query.order_by(PageCall.created_at.desc())
    return list((await session.execute(query)).scalars())


def _in_view(view: View, staff_id: str) -> list[ColumnElement[bool]]:
    match view:
        case View.QUEUE:
            return [Conversation.state == State.QUEUED]
        case View.MINE:
            return [Conversation.state == State.HUMAN, Conversation.assigned_to == staff_id]
        case View.BOT:
            return [Conversation.state == State.BOT]
        case View.CLOSED:
            return [Conversation.state == State.CLOSED]
        case View.ALL:
            return []


def _ordered(query: Any, view: View) -> Any:
    if view is View.QUEUE:
        return query.order_by(Conversation.priority_rank, Conversation.queued_at, Conversation.id)
    return query.order_by(Conversation.updated_at.desc(), Conversation.id)


def _matches(search: str) -> ColumnElement[bool]:
    said = exists().where(
        Message.conversation_id == Conversation.id,
        Message.text.icontains(search, autoescape=True),
    )
    return or_(
        Conversation.id == search,
        Customer.name.icontains(search, autoescape=True),
        Customer.phone.contains(search, autoescape=True),
        said,
    )


async def _overviews(
    session: AsyncSession, found: Sequence[tuple[Conversation, Customer]]
) -> list[Overview]:
    ids = [conversation.id for conversation, _ in found]
    last = await _last_messages(session, ids)
    unread = await _unread(session, ids)
    return [
        Overview(conversation, customer, last.get(conversation.id), unread.get(conversation.id, 0))
        for conversation, customer in found
    ]


async def _last_messages(session: AsyncSession, ids: Sequence[str]) -> dict[str, Message]:
    if not ids:
        return {}
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.conversation_id.in_(ids), Message.seq == Conversation.last_seq)
    )
    return {found.conversation_id: found for found in (await session.execute(query)).scalars()}


async def _unread(session: AsyncSession, ids: Sequence[str]) -> dict[str, int]:
    if not ids:
        return {}
    query = (
        select(Message.conversation_id, func.count())
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.conversation_id.in_(ids),
            Message.sender == Sender.CUSTOMER,
            Message.seq > Conversation.read_seq,
        )
        .group_by(Message.conversation_id)
    )
    return dict((await session.execute(query)).all())


async def _first_words(session: AsyncSession, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    first = (
        select(Message.conversation_id, func.min(Message.seq).label("seq"))
        .where(
            Message.conversation_id.in_(ids),
            Message.sender == Sender.CUSTOMER,
            Message.text != "",
        )
        .group_by(Message.conversation_id)
        .subquery()
    )
    query = select(Message.conversation_id, Message.text).join(
        first,
        (first.c.conversation_id == Message.conversation_id) & (first.c.seq == Message.seq),
    )
    return dict((await session.execute(query)).all())


async def rate(
    session: AsyncSession, conversation_id: str, score: int, comment: str, now: datetime
) -> None:
    """Keep the customer's rating of the present episode; a second one replaces the first.

    Raises:
        NotFound: unknown conversation.
    """
    conversation = await get_conversation(session, conversation_id, lock=True)
    query = select(Rating).where(
        Rating.conversation_id == conversation_id, Rating.episode == conversation.episode
    )
    rating = (await session.execute(query)).scalar_one_or_none()
    if rating is None:
        rating = Rating(
            id=new_id("rate"),
            conversation_id=conversation_id,
            episode=conversation.episode,
            created_at=now,
        )
        session.add(rating)
    rating.score = score
    rating.comment = comment


async def see(
    session: AsyncSession, staff_id: str, display_name: str, role: str, now: datetime
) -> None:
    """Note that a member of staff is at the desk."""
    await session.merge(
        Presence(staff_id=staff_id, display_name=display_name, role=role, seen_at=now)
    )


async def leave(session: AsyncSession, staff_id: str) -> None:
    """Note that a member of staff has left the desk."""
    await session.execute(delete(Presence).where(Presence.staff_id == staff_id))
