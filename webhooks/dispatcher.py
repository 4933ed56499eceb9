"""The way out: due deliveries claimed under a lease, sent outside any transaction, then marked.

Each subscription is served by a task of its own with a few calls at a time, so a slow receiver
keeps nobody waiting but itself. Who dies between sending and marking leaves the lease to run out;
the delivery is then sent again under the same id (at least once).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from foundation.clock import Clock
from foundation.ids import new_id
from foundation.metrics import WEBHOOK_DELIVERIES, WEBHOOKS_PENDING
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from webhooks import storage
from webhooks.model import DeliveryState, moment, retry_delay, retry_wish, signature
from webhooks.sending import Answer, Sender
from webhooks.service import NEWS, Webhooks, lease_of
from webhooks.storage import Delivery, Subscription, WebhookEvent

log = structlog.get_logger(__name__)

TRIES_KEPT = 20
GONE = 410
WISHING = frozenset({429, 503})
"""Answers whose `Retry-After` is for everything that goes to the receiver."""
LAST_WORDS_S = 5.0
PRUNE_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class _Claimed:
    """A delivery in hand, with all that is needed to send it."""

    id: int
    subscription_id: str
    lease: str
    url: str
    secrets: list[str]
    event_id: str
    body: bytes


class WebhookDispatcher:
    """Sends what is due until it is stopped; any number of them may share a database."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        work: UnitOfWork,
        webhooks: Webhooks,
        sender: Sender,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._webhooks = webhooks
        self._sender = sender
        self._chance = chance
        self._lease = lease_of(settings)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._serving: dict[str, asyncio.Task[int]] = {}
        self._stopping = False
        self._pruned_at: datetime | None = None

    async def start(self) -> None:
        """Send what is due, now and whenever something is added."""
        self._work.events.listen(self._heard)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Take in nothing new, give calls in hand a few seconds, let their leases run out else."""
        self._stopping = True
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if serving := list(self._serving.values()):
            await asyncio.wait(serving, timeout=LAST_WORDS_S)
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
        await self._sender.close()

    async def deliver_due(self) -> int:
        """Send everything that is due and wait for it; how many calls were made."""
        total = 0
        while await self._begin():
            done = await asyncio.gather(*self._serving.values())
            total += sum(done)
            if not any(done):
                break
        return total

    async def _heard(self, topic: str, _payload: dict[str, Any]) -> None:
        if topic == NEWS:
            self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._begin()
                await self._tidy()
            except Exception as error:
                log.error("webhooks_not_dispatched", error=type(error).__name__)
            try:
                async with asyncio.timeout(self._settings.webhook_poll_s):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def _begin(self) -> int:
        """Have every subscription with something due served; how many are."""
        async with self._work.reading() as session:
            due = await storage.subscriptions_due(session, self._clock.now())
        for subscription_id in due:
            if subscription_id not in self._serving:
                self._serving[subscription_id] = asyncio.create_task(self._serve(subscription_id))
        return len(due)

    async def _serve(self, subscription_id: str) -> int:
        """Send to one subscription until nothing is due; how many calls were made."""
        sent = 0
        try:
            while not self._stopping:
                claimed = await self._claim(subscription_id)
                if not claimed:
                    break
                calls = (self._send(one) for one in claimed)
                for result in await asyncio.gather(*calls, return_exceptions=True):
                    if isinstance(result, BaseException):
                        raise result
                sent += len(claimed)
        except Exception as error:
            log.error("webhook_not_served", webhook=subscription_id, error=type(error).__name__)
        finally:
            self._serving.pop(subscription_id, None)
        return sent

    async def _claim(self, subscription_id: str) -> list[_Claimed]:
        now = self._clock.now()
        lease = new_id("lease")
        async with self._work.begin() as session:
            found = await storage.claim(
                session, subscription_id, now, self._settings.webhook_parallel
            )
            claimed = []
            for row in found:
                row.lease, row.lease_until = lease, now + self._lease
                receiver = await session.get_one(Subscription, row.subscription_id)
                event = await session.get_one(WebhookEvent, row.event_id)
                secrets = self._webhooks.secrets(receiver)
                body = event.body.encode()
                claimed.append(
                    _Claimed(row.id, receiver.id, lease, receiver.url, secrets, event.id, body)
                )
        return claimed

    async def _send(self, claimed: _Claimed) -> None:
        at = int(self._clock.now().timestamp())
        signed = [
            signature(secret, claimed.event_id, at, claimed.body) for secret in claimed.secrets
        ]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Frontline-Webhooks/1",
            "webhook-id": claimed.event_id,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(signed),
        }
        answer = await self._sender.post(claimed.url, headers, claimed.body)
        await self._mark(claimed, answer)

    async def _mark(self, claimed: _Claimed, answer: Answer) -> None:
        """Write down what came of a try, unless the lease ran out and the delivery is another's."""
        now = self._clock.now()
        async with self._work.begin() as session:
            receiver = None
            if not answer.taken:
                lock = {"key_share": True}
                receiver = await session.get(
                    Subscription, claimed.subscription_id, with_for_update=lock
                )
            row = await session.get(Delivery, claimed.id, with_for_update=True)
            if row is None or row.lease != claimed.lease:
                return
            row.lease, row.lease_until = "", None
            row.attempts += 1
            row.status, row.error, row.excerpt = answer.status, answer.error, answer.excerpt
            one = {"at": moment(now), "status": answer.status, "error": answer.error}
            row.tries = [*row.tries, {**one, "took_ms": answer.took_ms}][-TRIES_KEPT:]
            if answer.taken:
                row.state, row.finished_at = DeliveryState.DELIVERED, now
            else:
                self._failed(row, receiver, answer, now)
            WEBHOOK_DELIVERIES.labels(row.state).inc()

    def _failed(
        self, row: Delivery, receiver: Subscription | None, answer: Answer, now: datetime
    ) -> None:
        row.failures += 1
        wish = retry_wish(answer.retry_after, now) or timedelta()
        row.next_attempt_at = now + max(retry_delay(row.failures, self._chance()), wish)
        gone = answer.status == GONE
        if gone or row.failures >= self._settings.webhook_max_attempts:
            row.state, row.finished_at = DeliveryState.DEAD, now
        if receiver is not None and gone:
            receiver.active, receiver.off_reason = False, "gone"
        elif receiver is not None and wish and answer.status in WISHING:
            receiver.not_before = now + wish
        log.warning("webhook_failed", delivery=row.id, status=answer.status, state=row.state)

    async def _tidy(self) -> None:
        now = self._clock.now()
        async with self._work.reading() as session:
            WEBHOOKS_PENDING.set(await storage.pending_count(session))
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_EVERY:
            self._pruned_at = now
            keep = timedelta(days=self._settings.webhook_keep_days)
            async with self._work.begin() as session:
                await storage.prune(session, now - keep)
