"""Tables and queries of webhooks: who wants to hear, what happened, what was told to whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
    delete,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from foundation.database import Base
from foundation.errors import NotFound
from webhooks.model import DeliveryState

PENDING = "state = 'pending'"


class Subscription(Base):
    """An address that wants to hear. `off_reason` says why it was switched off by itself.

    The secret is not here: `webhooks.model.secret_of` works it out from `id` and `generation`.
    """

    __tablename__ = "webhook_subscriptions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(String(200), default="")
    events: Mapped[list[str]] = mapped_column(JSON, default=list)
    active: Mapped[bool] = mapped_column(default=True)
    off_reason: Mapped[str] = mapped_column(String(20), default="")
    generation: Mapped[int] = mapped_column(default=1)
    rotated_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookEvent(Base):
    """Something that happened, as its receivers are told: the exact text that is signed."""

    __tablename__ = "webhook_events"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    type: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Delivery(Base):
    """One event on its way to one subscription.

    `failures` counts since it was last sent by hand, `attempts` all. Whoever holds `lease` until
    `lease_until` is sending it now. `tries` are the last ones, oldest first.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_log", "subscription_id", "id"),
        Index("ix_webhook_deliveries_state", "state", "id"),
        Index("ix_webhook_deliveries_subject", "subject", "id"),
        Index(
            "ix_webhook_deliveries_due",
            "subscription_id",
            "next_attempt_at",
            sqlite_where=text(PENDING),
            postgresql_where=text(PENDING),
        ),
        Index(
            "ix_webhook_deliveries_order",
            "subscription_id",
            "subject",
            "id",
            sqlite_where=text(PENDING),
            postgresql_where=text(PENDING),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    subscription_id: Mapped[str] = mapped_column(ForeignKey("webhook_subscriptions.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("webhook_events.id"), index=True)
    type: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease: Mapped[str] = mapped_column(String(40), default="")
    lease_until: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(300), default="")
    excerpt: Mapped[str] = mapped_column(Text, default="")
    tries: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


async def subscriptions(session: AsyncSession) -> list[Subscription]:
    """All of them, oldest first."""
    query = select(Subscription).order_by(Subscription.id)
    return list((await session.execute(query)).scalars())


async def switched_on(session: AsyncSession) -> list[Subscription]:
    """Those that are told of events. They cannot be deleted before this transaction ends, so that
    a change they are to be told of never fails for their sake."""
    query = (
        select(Subscription)
        .where(Subscription.active.is_(True))
        .order_by(Subscription.id)
        .with_for_update(read=True, key_share=True)
    )
    return list((await session.execute(query)).scalars())


async def subscription(
    session: AsyncSession, subscription_id: str, *, lock: bool = False, delete: bool = False
) -> Subscription:
    """One of them, locked for a change or for deletion. Whoever needs its deliveries too locks
    them after it.

    Raises:
        NotFound: none such.
    """
    how = {"key_share": not delete} if lock or delete else None
    found = await session.get(Subscription, subscription_id, with_for_update=how)
    if found is None:
        raise NotFound("webhook", subscription_id)
    return found


async def forget(session: AsyncSession, found: Subscription) -> None:
    """Delete a subscription and its log."""
    await session.execute(delete(Delivery).where(Delivery.subscription_id == found.id))
    await session.delete(found)


async def subscriptions_due(session: AsyncSession, now: datetime) -> list[str]:
    """Ids of subscriptions for which something may be sent now."""
    waiting = exists().where(
        Delivery.subscription_id == Subscription.id,
        text(f"webhook_deliveries.{PENDING}"),
        Delivery.next_attempt_at <= now,
    )
    query = select(Subscription.id).where(_open(now), waiting).order_by(Subscription.id)
    return list((await session.execute(query)).scalars())


async def claim(
    session: AsyncSession, subscription_id: str, now: datetime, limit: int
) -> list[Delivery]:
    """Due deliveries that nobody is sending, the first of each subject, with their rows locked."""
    earlier = aliased(Delivery)
    blocked = exists().where(
        earlier.subscription_id == Delivery.subscription_id,
        earlier.subject == Delivery.subject,
        earlier.state == DeliveryState.PENDING,
        earlier.id < Delivery.id,
    )
    query = (
        select(Delivery)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .where(
            Delivery.subscription_id == subscription_id,
            text(f"webhook_deliveries.{PENDING}"),
            Delivery.next_attempt_at <= now,
            or_(Delivery.lease_until.is_(None), Delivery.lease_until <= now),
            _open(now),
            ~blocked,
        )
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(query)).scalars())


async def deliveries(
    session: AsyncSession,
    *,
    subscription_id: str = "",
    state: str = "",
    kind: str = "",
    subject: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[tuple[Delivery, str]]:
    """The log, newest first, each with the body that was sent."""
    query = (
        select(Delivery, WebhookEvent.body)
        .join(WebhookEvent, WebhookEvent.id == Delivery.event_id)
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    for column, wanted in (
        (Delivery.subscription_id, subscription_id),
        (Delivery.state, state),
        (Delivery.type, kind),
        (Delivery.subject, subject),
    ):
        if wanted:
            query = query.where(column == wanted)
    if before is not None:
        query = query.where(Delivery.id < before)
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


async def standing(session: AsyncSession) -> dict[str, dict[str, Any]]:
    """By subscription: how many wait, how many are dead, when one last arrived."""
    unfinished = (DeliveryState.PENDING, DeliveryState.DEAD)
    query = (
        select(Delivery.subscription_id, Delivery.state, func.count())
        .where(Delivery.state.in_(unfinished))
        .group_by(Delivery.subscription_id, Delivery.state)
    )
    counted = {(row[0], row[1]): int(row[2]) for row in (await session.execute(query)).all()}
    found = {}
    for receiver in await subscriptions(session):
        arrived = (
            select(Delivery.finished_at)
            .where(
                Delivery.subscription_id == receiver.id, Delivery.state == DeliveryState.DELIVERED
            )
            .order_by(Delivery.id.desc())
            .limit(1)
        )
        found[receiver.id] = {
            **{str(state): counted.get((receiver.id, state), 0) for state in unfinished},
            "delivered_at": (await session.execute(arrived)).scalar_one_or_none(),
        }
    return found


async def pending_count(session: AsyncSession) -> int:
    """How many deliveries wait."""
    query = select(func.count()).select_from(Delivery).where(text(f"webhook_deliveries.{PENDING}"))
    return int((await session.execute(query)).scalar_one())


async def prune(session: AsyncSession, before: datetime, limit: int = 1000) -> int:
    """Forget events that are older than `before`, whatever became of them; how many."""
    query = select(WebhookEvent.id).where(WebhookEvent.created_at < before).limit(limit)
    old: Sequence[str] = (await session.execute(query)).scalars().all()
    if old:
        await session.execute(delete(Delivery).where(Delivery.event_id.in_(old)))
        await session.execute(delete(WebhookEvent).where(WebhookEvent.id.in_(old)))
    return len(old)


def _open(now: datetime) -> Any:
    free = or_(Subscription.not_before.is_(None), Subscription.not_before <= now)
    return Subscription.active.is_(True) & free
