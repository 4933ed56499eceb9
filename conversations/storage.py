"""Tables and queries of conversations, messages, outbox, pages and call-backs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from conversations.model import Kind, Ownership, Priority, Sender, State
from foundation.database import Base
from foundation.errors import NotFound


class Customer(Base):
    """A person who contacts us; `external_id` is the channel's name for him."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    tier: Mapped[str] = mapped_column(String(20), default="standard")
    created_at: Mapped[datetime]


class Conversation(Base):
    """One customer's thread on one channel."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_queue", "state", "priority_rank", "queued_at"),
        Index("ix_conversations_suspected_until", "suspected_until"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default=State.BOT)
    epoch: Mapped[int] = mapped_column(default=0)
    episode: Mapped[int] = mapped_column(default=1)
    assigned_to: Mapped[str | None] = mapped_column(String(40), index=True)
    assigned_name: Mapped[str] = mapped_column(String(80), default="")
    priority: Mapped[str] = mapped_column(String(12), default=Priority.NORMAL)
    priority_rank: Mapped[int] = mapped_column(default=2)
    triage_level: Mapped[str] = mapped_column(String(12), default="routine")
    triage_category: Mapped[str] = mapped_column(String(40), default="")
    triage_certainty: Mapped[str | None] = mapped_column(String(12))
    triage_words: Mapped[list[str]] = mapped_column(JSON, default=list)
    suspected_until: Mapped[datetime | None]
    suspected_message_id: Mapped[str | None] = mapped_column(String(40))
    queued_at: Mapped[datetime | None]
    offered_at: Mapped[datetime | None]
    offers: Mapped[int] = mapped_column(default=0)
    callback: Mapped[bool] = mapped_column(default=False)
    handover: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    last_seq: Mapped[int] = mapped_column(default=0)
    read_seq: Mapped[int] = mapped_column(default=0)
    notice_at: Mapped[datetime | None]
    turn_by: Mapped[str | None] = mapped_column(String(40))
    turn_until: Mapped[datetime | None]
    deliver_after: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)

    @property
    def ownership(self) -> Ownership:
        """State, epoch and holder as the pure value."""
        return Ownership(State(self.state), self.epoch, self.assigned_to)

    def is_free_for(self, runner: str, now: datetime) -> bool:
        """Whether `runner` may work its messages: nobody else holds a lease that lasts."""
        return self.turn_by == runner or self.turn_until is None or self.turn_until < now

    @property
    def bot_sender(self) -> str:
        """The bot's name for this conversation: a new episode starts with an empty memory."""
        return f"{self.id}:{self.episode}"


class Message(Base):
    """One utterance. `seq` is gapless per conversation; inbound ones wait for `processed_at`."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "client_message_id"),
        UniqueConstraint("in_reply_to", "part"),
        Index("ix_messages_unprocessed", "conversation_id", "processed_at", "sender"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    sender: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(20), default=Kind.TEXT)
    text: Mapped[str] = mapped_column(Text, default="")
    buttons: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    attachment_id: Mapped[str | None] = mapped_column(ForeignKey("attachments.id"))
    author_id: Mapped[str | None] = mapped_column(String(40))
    author: Mapped[str] = mapped_column(String(80), default="")
    client_message_id: Mapped[str | None] = mapped_column(String(80))
    in_reply_to: Mapped[str | None] = mapped_column(String(40))
    part: Mapped[int | None]
    level: Mapped[str] = mapped_column(String(12), default="")
    category: Mapped[str] = mapped_column(String(40), default="")
    processed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def machine(self) -> bool:
        """Whether a machine wrote it (it is labelled so)."""
        return self.sender in (Sender.BOT, Sender.SYSTEM)


class Attachment(Base):
    """An uploaded file; its bytes lie in the uploads folder under `id`."""

    __tablename__ = "attachments"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    mime: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class Outgoing(Base):
    """A message on its way to a channel; delivered in `id` order per conversation.

    `state`: `pending`; `sending` and `passive` while the platform is being told (under a lease);
    `sent`; `held` until the customer writes again; `doubt` when nobody knows whether it was taken;
    `dead` after too many tries. `sent_chars`: how much of a long text has been taken, and
    `part_chars` how far the attempt under way goes (0: to the end).
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "state", "next_attempt_at"),
        Index("ix_outbox_conversation_state", "conversation_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), unique=True)
    channel: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    reason: Mapped[str] = mapped_column(String(20), default="")
    via: Mapped[str] = mapped_column(String(10), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(String(300), default="")
    sent_chars: Mapped[int] = mapped_column(default=0)
    part_chars: Mapped[int] = mapped_column(default=0)
    callback_id: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    leased_by: Mapped[str | None] = mapped_column(String(40))
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class PageCall(Base):
    """A call to people that repeats until somebody acknowledges it; about a conversation, a
    complaint or both."""

    __tablename__ = "pages"
    __table_args__ = (Index("ix_pages_open", "acknowledged_at", "last_paged_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    complaint_no: Mapped[str | None] = mapped_column(String(20), index=True)
    episode: Mapped[int]
    level: Mapped[str] = mapped_column(String(12))
    category: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(300))
    audience: Mapped[str] = mapped_column(String(12))
    times: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    last_paged_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(80))


class Callback(Base):
    """A promise to call a customer back."""

    __tablename__ = "callbacks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    reason: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Presence(Base):
    """When a member of staff was last seen at the desk."""

    __tablename__ = "presence"

    staff_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(80), default="")
    role: Mapped[str] = mapped_column(String(20), default="")
    seen_at: Mapped[datetime]


class Rating(Base):
    """What the customer thought of one episode."""

    __tablename__ = "ratings"
    __table_args__ = (UniqueConstraint("conversation_id", "episode"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    episode: Mapped[int]
    score: Mapped[int]
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


_ID = bindparam("conversation_id", type_=String)
_CONVERSATION = select(Conversation).where(Conversation.id == _ID)
_LOCKED = _CONVERSATION.with_for_update().execution_options(populate_existing=True)
_STATE = select(Conversation.state).where(Conversation.id == _ID)
_AFTER = (
    select(Message)
    .where(Message.conversation_id == _ID, Message.seq > bindparam("after"))
    .order_by(Message.seq)
    .limit(bindparam("limit"))
)
_UNPROCESSED = (
    select(Message)
    .where(
        Message.conversation_id == _ID,
        Message.sender == Sender.CUSTOMER,
        Message.processed_at.is_(None),
    )
    .order_by(Message.seq)
    .limit(1)
)


async def get_conversation(
    session: AsyncSession, conversation_id: str, *, lock: bool = False
) -> Conversation:
    """The conversation, its row locked for this transaction if asked.

    Raises:
        NotFound: unknown id.
    """
    query = _LOCKED if lock else _CONVERSATION
    found: Conversation | None = await session.scalar(query, {"conversation_id": conversation_id})
    if found is None:
        raise NotFound("conversation", conversation_id)
    return found


async def state_of(session: AsyncSession, conversation_id: str) -> State:
    """Who owns the conversation now."""
    return State((await session.scalars(_STATE, {"conversation_id": conversation_id})).one())


async def find_customer(session: AsyncSession, channel: str, external_id: str) -> Customer | None:
    """The customer a channel knows by `external_id`."""
    query = select(Customer).where(Customer.channel == channel, Customer.external_id == external_id)
    return (await session.execute(query)).scalar_one_or_none()


async def find_by_client_id(
    session: AsyncSession, conversation_id: str, client_message_id: str
) -> Message | None:
    """The message already kept under this client id."""
    query = select(Message).where(
        Message.conversation_id == conversation_id,
        Message.client_message_id == client_message_id,
    )
    return (await session.execute(query)).scalar_one_or_none()


async def messages_after(
    session: AsyncSession, conversation_id: str, after: int, limit: int = 500
) -> list[Message]:
    """Messages with `seq` > `after`, in order."""
    wanted = {"conversation_id": conversation_id, "after": after, "limit": limit}
    return list(await session.scalars(_AFTER, wanted))


async def last_messages(session: AsyncSession, conversation_id: str, limit: int) -> list[Message]:
    """The newest `limit` messages, oldest first."""
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.seq.desc())
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())[::-1]


async def next_unprocessed(session: AsyncSession, conversation_id: str) -> Message | None:
    """The oldest inbound message that has not been worked yet."""
    found: Message | None = await session.scalar(_UNPROCESSED, {"conversation_id": conversation_id})
    return found


async def conversations_with_work(session: AsyncSession, now: datetime) -> list[str]:
    """Conversations with unprocessed messages that nobody is working on."""
    query = (
        select(Message.conversation_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.processed_at.is_(None),
            Message.sender == Sender.CUSTOMER,
            or_(Conversation.turn_until.is_(None), Conversation.turn_until < now),
        )
        .distinct()
    )
    return list((await session.execute(query)).scalars())


async def queue_position(session: AsyncSession, conversation: Conversation) -> int:
    """1 for the next one to be served; for one that is not queued, the place it would get."""
    same_rank = Conversation.priority_rank == conversation.priority_rank
    if conversation.queued_at is not None:
        same_rank &= Conversation.queued_at < conversation.queued_at
    ahead = select(func.count()).where(
        Conversation.state == State.QUEUED,
        Conversation.id != conversation.id,
        or_(Conversation.priority_rank < conversation.priority_rank, same_rank),
    )
    return int((await session.execute(ahead)).scalar_one()) + 1


async def open_pages(session: AsyncSession) -> list[PageCall]:
    """Pages nobody has acknowledged, oldest first."""
    query = select(PageCall).where(PageCall.acknowledged_at.is_(None)).order_by(PageCall.created_at)
    return list((await session.execute(query)).scalars())


async def present_staff(session: AsyncSession, since: datetime) -> list[Presence]:
    """Staff seen at the desk since a moment."""
    query = select(Presence).where(Presence.seen_at >= since).order_by(Presence.display_name)
    return list((await session.execute(query)).scalars())
