"""A receiver on a real socket, and webhooks that may call it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from foundation.clock import FixedClock
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from webhooks import storage
from webhooks.dispatcher import WebhookDispatcher
from webhooks.sending import Sender
from webhooks.service import Webhooks
from webhooks.storage import Delivery, Subscription

KINDS = ("complaint.received", "complaint.registered", "complaint.archived")
KEY = "a key of this installation"


@dataclass
class Call:
    """One request as it came in."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers with `status`, `headers` and `said` after `delay_s`; remembers what it was told."""

    status: int = 200
    said: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    calls: list[Call] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"

    @property
    def ids(self) -> list[str]:
        return [call.headers["webhook-id"] for call in self.calls]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value
                for name, _, value in (line.partition(": ") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.calls.append(Call({**headers, ":line": head[0]}, body))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                async with asyncio.timeout(self.delay_s):
                    await reader.read()
                return
            except TimeoutError:
                pass
            finally:
                self.at_once -= 1
            said = self.said.encode()
            extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            writer.write(
                f"HTTP/1.1 {self.status} X\r\n{extra}content-length: {len(said)}\r\n\r\n".encode()
            )
            writer.write(said)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def receivers() -> AsyncIterator[Callable[..., asyncio.Future[Receiver]]]:
    """Makes receivers; `await receivers(status=500)`."""
    servers: list[asyncio.Server] = []

    async def make(**how: object) -> Receiver:
        found = Receiver(**how)  # type: ignore[arg-type]
        server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
        found.port = server.sockets[0].getsockname()[1]
        servers.append(server)
        return found

    yield make  # type: ignore[misc]
    for server in servers:
        server.close()


@pytest.fixture
def hook_settings(settings: Settings) -> Settings:
    """Calls to this machine are allowed."""
    return settings.model_copy(
        update={
            "webhook_allow_http": True,
            "webhook_allowed_networks": ["127.0.0.0/8"],
            "webhook_timeout_s": 10.0,
            "webhook_poll_s": 0.02,
        }
    )


@dataclass
class House:
    """Webhooks over one database, with a worker."""

    work: UnitOfWork
    clock: FixedClock
    settings: Settings
    webhooks: Webhooks
    workers: list[WebhookDispatcher] = field(default_factory=list)

    def worker(self) -> WebhookDispatcher:
        """One more worker over the same database."""
        sender = Sender(self.webhooks.rules, self.settings.webhook_timeout_s)
        made = WebhookDispatcher(
            self.settings, self.clock, self.work, self.webhooks, sender, lambda: 0.5
        )
        self.workers.append(made)
        return made

    async def deliver(self) -> int:
        """Have everything that is due sent by the first worker."""
        worker = self.workers[0] if self.workers else self.worker()
        return await worker.deliver_due()

    async def subscribe(self, url: str, *events: str) -> Subscription:
        async with self.work.begin() as session:
            told = await self.webhooks.create(session, url=url, events=events or ["*"])
        return told.subscription

    async def happens(self, kind: str = KINDS[0], subject: str = "TS20251105-0001") -> str:
        """An event, told to whoever wants it; its id."""
        async with self.work.begin() as session:
            event = self.webhooks.event(kind, subject, {"n": 1})
            await self.webhooks.publish(session, [event], await self.webhooks.wanted(session))
        return event.id

    async def log(self) -> list[Delivery]:
        """All deliveries, oldest first."""
        async with self.work.reading() as session:
            return [row for row, _ in (await storage.deliveries(session, limit=1000))][::-1]

    async def read(self, subscription_id: str) -> Subscription:
        async with self.work.reading() as session:
            return await storage.subscription(session, subscription_id)


@pytest.fixture
async def house(
    work: UnitOfWork, clock: FixedClock, hook_settings: Settings
) -> AsyncIterator[House]:
    """Webhooks on each backend."""
    found = House(work, clock, hook_settings, Webhooks(hook_settings, clock, KEY, KINDS))
    yield found
    for worker in found.workers:
        await worker.stop()
