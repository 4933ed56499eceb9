"""News between parts and processes: fire-and-forget, never the only copy of anything.

Whoever misses a message finds the state in the database; events only make it quick.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import orjson
import structlog
from redis.asyncio import Redis

log = structlog.get_logger(__name__)

Listener = Callable[[str, dict[str, Any]], Awaitable[None]]


class Events(Protocol):
    """Publish to a topic; every listener in every process hears it."""

    async def publish(self, topic: str, payload: dict[str, Any]) -> None:
        """Tell `payload` (JSON-able) to all listeners. Never raises on a lost line."""
        ...

    def listen(self, listener: Listener) -> None:
        """Have `listener(topic, payload)` called for everything published from now on."""
        ...

    async def start(self) -> None:
        """Begin to listen to other processes."""
        ...

    async def stop(self) -> None:
        """Stop and give back connections."""
        ...


async def _tell(listeners: list[Listener], topic: str, payload: dict[str, Any]) -> None:
    for listener in listeners:
        try:
            await listener(topic, payload)
        except Exception:
            log.exception("listener_failed", topic=topic)


class InProcessEvents:
    """Events within one process."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    async def publish(self, topic: str, payload: dict[str, Any]) -> None:
        """Call every listener in turn."""
        await _tell(self._listeners, topic, payload)

    def listen(self, listener: Listener) -> None:
        """Add a listener."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""


class RedisEvents:
    """Events among processes by Redis publish/subscribe; reconnects by itself."""

    channel = "frontline:events"

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(url)
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()

    async def publish(self, topic: str, payload: dict[str, Any]) -> None:
        """Send to all processes, this one included."""
        try:
            await self._redis.publish(self.channel, orjson.dumps([topic, payload]))
        except Exception:
            log.warning("event_not_published", topic=topic)

    def listen(self, listener: Listener) -> None:
        """Add a listener."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Subscribe in the background; returns once subscribed or after 5 s."""
        self._task = asyncio.create_task(self._run())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._subscribed.wait(), 5)

    async def stop(self) -> None:
        """End the subscription."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._redis.aclose()

    async def _run(self) -> None:
        while True:
            try:
                async for raw in self._messages():
                    topic, payload = orjson.loads(raw)
                    await _tell(self._listeners, topic, payload)
            except Exception:
                log.warning("event_subscription_lost")
                await asyncio.sleep(1)

    async def _messages(self) -> AsyncIterator[bytes]:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(self.channel)
            self._subscribed.set()
            async for message in pubsub.listen():
                if message["type"] == "message":
                    yield message["data"]


def create_events(url: str) -> Events:
    """The events backend that `url` selects (`memory://` or `redis://…`)."""
    if url.startswith("memory:"):
        return InProcessEvents()
    return RedisEvents(url)
