"""Use cases of webhooks: subscriptions, telling an event, looking after deliveries."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from foundation.clock import Clock
from foundation.errors import Conflict, InvalidInput, NotFound
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.transactions import announce
from webhooks import storage
from webhooks.addresses import AddressRefused, Resolver, Rules, addresses_of, look_up, read_url
from webhooks.model import ALL, OLD_SECRET_LASTS, TEST, DeliveryState, Event, secret_of, wants
from webhooks.storage import Delivery, Subscription, WebhookEvent

MOST = 50
"""Subscriptions of one installation; each has its own few connections at a time."""
NEWS = "webhook"


@dataclass(frozen=True)
class Told:
    """A subscription and its secret, which is told this once."""

    subscription: Subscription
    secret: str


class Webhooks:
    """All but `check` run inside the caller's transaction."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        key: str,
        known: Collection[str],
        resolve: Resolver = look_up,
    ) -> None:
        self.rules = Rules.of(settings)
        self.known = known
        self._clock = clock
        self._key = hmac.digest(key.encode(), b"webhook secrets", "sha256")
        self._resolve = resolve

    async def check(self, url: str) -> str:
        """The address as it is kept. A name that nobody knows yet is let pass: each delivery looks
        again.

        Raises:
            AddressRefused: it may not be called.
        """
        read = read_url(url, self.rules)
        try:
            await addresses_of(read, self.rules, self._resolve)
        except AddressRefused:
            raise
        except OSError:
            return str(read)
        return str(read)

    async def create(
        self,
        session: AsyncSession,
        *,
        url: str,
        events: Sequence[str],
        description: str = "",
        active: bool = True,
        by: str = "",
    ) -> Told:
        """A new subscription; `url` went through `check`.

        Raises:
            InvalidInput: an unknown event.
            Conflict: there are as many as one installation may have.
        """
        if len(await storage.subscriptions(session)) >= MOST:
            raise Conflict("there are as many webhooks as there may be", most=MOST)
        now = self._clock.now()
        found = Subscription(
            id=new_id("hook"),
            url=url,
            description=description.strip(),
            events=self._events(events),
            active=active,
            off_reason="",
            generation=1,
            created_by=by,
            created_at=now,
            updated_at=now,
        )
        session.add(found)
        return Told(found, self.secret(found))

    async def change(
        self,
        session: AsyncSession,
        subscription_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        active: bool | None = None,
    ) -> Subscription:
        """Other facts; what is None stays. Switching on forgets why it was off.

        Raises:
            NotFound, InvalidInput: none such, or an unknown event.
        """
        found = await storage.subscription(session, subscription_id, lock=True)
        if url is not None:
            found.url = url
        if events is not None:
            found.events = self._events(events)
        if description is not None:
            found.description = description.strip()
        if active is not None:
            found.active = active
            found.off_reason = ""
            found.not_before = None
            announce(session, NEWS)
        found.updated_at = self._clock.now()
        return found

    async def rotate(self, session: AsyncSession, subscription_id: str) -> Told:
        """A fresh secret; the old one signs beside it for a day. Raises `NotFound`."""
        found = await storage.subscription(session, subscription_id, lock=True)
        found.generation += 1
        found.rotated_at = found.updated_at = self._clock.now()
        return Told(found, self.secret(found))

    async def delete(self, session: AsyncSession, subscription_id: str) -> Subscription:
        """Forget a subscription with its log. Raises `NotFound`."""
        found = await storage.subscription(session, subscription_id, delete=True)
        await storage.forget(session, found)
        return found

    async def test(self, session: AsyncSession, subscription_id: str) -> Delivery:
        """Send an event that means nothing, to this one alone.

        Raises:
            NotFound: none such.
            Conflict: it is switched off.
        """
        found = await storage.subscription(session, subscription_id)
        _check_on(found)
        event = self.event(TEST, "", {"subscription": found.id})
        return (await self._tell(session, [(event, [found])]))[0]

    async def wanted(self, session: AsyncSession) -> list[Subscription]:
        """Who is told of events now."""
        return await storage.switched_on(session)

    def event(
        self, kind: str, subject: str, data: dict[str, Any], at: datetime | None = None
    ) -> Event:
        """An event of now or `at`; without a subject it is one of its own."""
        event_id = new_id("evt")
        return Event(event_id, kind, at or self._clock.now(), subject or event_id, data)

    async def publish(
        self, session: AsyncSession, events: Iterable[Event], receivers: Sequence[Subscription]
    ) -> None:
        """Put events into the outbox for those of `receivers` who want them."""
        await self._tell(
            session,
            [(event, [r for r in receivers if wants(r.events, event.type)]) for event in events],
        )

    async def resend(self, session: AsyncSession, delivery_id: int) -> Delivery:
        """Try a delivery at once, with all its tries before it again.

        Raises:
            NotFound: none such.
            Conflict: its subscription is switched off.
        """
        found = await session.get(Delivery, delivery_id, with_for_update=True)
        if found is None:
            raise NotFound("delivery", str(delivery_id))
        _check_on(await storage.subscription(session, found.subscription_id))
        found.state = DeliveryState.PENDING
        found.failures = 0
        found.finished_at = None
        found.next_attempt_at = self._clock.now()
        announce(session, NEWS)
        return found

    def secret(self, found: Subscription) -> str:
        """The secret that signs for a subscription now."""
        return secret_of(self._key, found.id, found.generation)

    def secrets(self, found: Subscription) -> list[str]:
        """All secrets that sign for it now, the newest first."""
        kept = [self.secret(found)]
        if found.rotated_at and self._clock.now() - found.rotated_at < OLD_SECRET_LASTS:
            kept.append(secret_of(self._key, found.id, found.generation - 1))
        return kept

    async def _tell(
        self, session: AsyncSession, told: Sequence[tuple[Event, Sequence[Subscription]]]
    ) -> list[Delivery]:
        now = self._clock.now()
        told = [(event, receivers) for event, receivers in told if receivers]
        for event, _ in told:
            session.add(
                WebhookEvent(
                    id=event.id,
                    type=event.type,
                    subject=event.subject,
                    body=event.body(),
                    created_at=now,
                )
            )
        made = [
            Delivery(
                subscription_id=receiver.id,
                event_id=event.id,
                type=event.type,
                subject=event.subject,
                state=DeliveryState.PENDING,
                attempts=0,
                failures=0,
                next_attempt_at=now,
                tries=[],
                created_at=now,
            )
            for event, receivers in told
            for receiver in receivers
        ]
        if made:
            await session.flush()
            session.add_all(made)
            await session.flush()
            announce(session, NEWS)
        return made

    def _events(self, wanted: Sequence[str]) -> list[str]:
        chosen = list(dict.fromkeys(wanted))
        unknown = sorted(set(chosen) - set(self.known) - {ALL})
        if unknown or not chosen:
            raise InvalidInput("unknown event", field="events", unknown=unknown)
        return [ALL] if ALL in chosen else chosen


def _check_on(found: Subscription) -> None:
    if not found.active:
        raise Conflict("this webhook is switched off", webhook=found.id)


def lease_of(settings: Settings) -> timedelta:
    """How long a delivery belongs to whoever is sending it: longer than any try takes."""
    return timedelta(seconds=2 * settings.webhook_timeout_s + 30)
