"""Tables of the WeChat channel: customers' contacts, callbacks kept, nonces seen, access tokens."""

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
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base

BigId = BigInteger().with_variant(Integer, "sqlite")


class Contact(Base):
    """One customer of one account: his conversation, and what we may still send him.

    `grants` are `quota.Grant`s. Whoever works his callbacks or sends to him locks the row.
    """

    __tablename__ = "wechat_contacts"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    subscribed: Mapped[bool] = mapped_column(default=True)
    grants: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]


class PlatformCallback(Base):
    """One message or event of the platform, kept before it is acknowledged.

    `held`: the platform's request was kept open for a passive reply. `reply` is what it was
    answered then, said again when the platform repeats the callback; `replied_at` is set once the
    answer has left this machine.
    """

    __tablename__ = "wechat_callbacks"
    __table_args__ = (
        UniqueConstraint("account", "key"),
        Index("ix_wechat_callbacks_waiting", "done_at", "next_attempt_at"),
        Index("ix_wechat_callbacks_contact", "account", "openid", "done_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    account: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80))
    openid: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[int] = mapped_column(BigInteger)
    order_no: Mapped[int] = mapped_column(BigInteger, default=0)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    held: Mapped[bool] = mapped_column(default=False)
    message_id: Mapped[str | None] = mapped_column(String(40))
    conversation_id: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Nonce(Base):
    """A signed query that was used, and the body it came with: no second body under it."""

    __tablename__ = "wechat_nonces"
    __table_args__ = (Index("ix_wechat_nonces_stamp", "stamp"),)

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    stamp: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str] = mapped_column(String(64))


class AccessToken(Base):
    """The platform's access token of one account, with the lease of its one refresher.

    `paused_until`: the platform's daily limit of calls is used up until then (45009).
    """

    __tablename__ = "wechat_tokens"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    token: Mapped[str] = mapped_column(String(600), default="")
    expires_at: Mapped[datetime | None]
    renew_at: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(40))
    leased_until: Mapped[datetime | None]
    refreshes: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(300), default="")
    paused_until: Mapped[datetime | None]


async def contact_of(
    session: AsyncSession, account: str, openid: str, *, lock: bool = False
) -> Contact | None:
    """A customer's contact, its row locked for this transaction if asked."""
    return await session.get(
        Contact, (account, openid), with_for_update=lock or None, populate_existing=lock
    )


async def contact_for(
    session: AsyncSession, conversation_id: str, *, lock: bool = False
) -> Contact | None:
    """The contact that a conversation belongs to."""
    query = select(Contact).where(Contact.conversation_id == conversation_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def waiting_contacts(
    session: AsyncSession, now: datetime, limit: int
) -> list[tuple[str, str]]:
    """Customers with callbacks to work."""
    query = (
        select(PlatformCallback.account, PlatformCallback.openid)
        .where(PlatformCallback.done_at.is_(None), PlatformCallback.next_attempt_at <= now)
        .distinct()
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def next_callback(
    session: AsyncSession, account: str, openid: str
) -> PlatformCallback | None:
    """A customer's first callback to work, in the order in which he sent them."""
    query = (
        select(PlatformCallback)
        .where(
            PlatformCallback.account == account,
            PlatformCallback.openid == openid,
            PlatformCallback.done_at.is_(None),
        )
        .order_by(PlatformCallback.sent_at, PlatformCallback.order_no, PlatformCallback.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    found: PlatformCallback | None = await session.scalar(query)
    return found
