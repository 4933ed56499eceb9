"""A running API over fakes: a bot that echoes, triage by two words, a search engine of one dict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn

from api.app import create_app
from api.case_search import Opened
from api.staff.model import Role
from api.wiring import Parts, build_parts
from assist.search.model import Hit, Reasons, SearchResult
from assist.triage.model import Assessment
from conversations.model import BotTurn, Reply
from foundation.clock import FixedClock
from foundation.database import Database
from foundation.settings import Settings
from knowledge_base.model import Case

API = "/api/v1"


class EchoBot:
    """Says what it heard after `delay_s`; "转人工" asks for a human."""

    delay_s = 0.0

    async def turn(self, sender: str, text: str, message_id: str) -> BotTurn:
        await asyncio.sleep(self.delay_s)
        if text == "转人工":
            return BotTurn(handoff="request_human")
        return BotTurn((Reply(f"您说的是：{text}"),))

    async def memory(self, sender: str) -> dict[str, Any]:
        return {"product": "洗衣机"}


class TwoWords:
    """ "漏气" is an emergency, "记者" is sensitive, everything else routine."""

    def assess(self, text: str) -> Assessment:
        if "漏气" in text:
            return Assessment("emergency", "gas_leak", "confirmed", 0.99, ("漏气",))
        if "记者" in text:
            return Assessment("sensitive", "media_exposure", "confirmed", 0.97, ("记者",))
        return Assessment()


@dataclass
class DictEngine:
    """Finds cases whose title shares a character with the query, most shared first."""

    cases: dict[str, Case] = field(default_factory=dict)

    def search(
        self,
        query: str,
        k: int = 10,
        product: str | None = None,
        topic: str | None = None,
        kind: str | None = None,
        leaning: str | None = None,
    ) -> SearchResult:
        scored = sorted(
            ((len(set(query) & set(c.title)) / len(set(query) or {""}), c.id)
             for c in self.cases.values()
             if (kind is None or c.kind == kind) and (product is None or c.product == product)),
            reverse=True,
        )  # fmt: skip
        hits = tuple(
            Hit(case_id, rank, score, Reasons(words=tuple(sorted(set(query)))[:1]))
            for rank, (score, case_id) in enumerate(scored[:k], 1)
            if score
        )
        best = hits[0].score if hits else 0.0
        return SearchResult(hits, best < 0.5, best)

    def upsert(self, cases: Sequence[Case]) -> None:
        self.cases.update({case.id: case for case in cases})

    def remove(self, ids: Sequence[str]) -> None:
        for case_id in ids:
            self.cases.pop(case_id, None)

    def settle(self) -> None:
        pass


@pytest.fixture
def api_settings(settings: Settings) -> Settings:
    """Quick polling and roomy limits."""
    return settings.model_copy(
        update={"index_poll_s": 0.05, "outbox_poll_s": 0.05, "customer_messages_per_minute": 400}
    )


@pytest.fixture
async def parts(
    api_settings: Settings, clock: FixedClock, sqlite: Database
) -> AsyncIterator[Parts]:
    """Started parts over SQLite in the test's own folder."""
    found = build_parts(
        api_settings.model_copy(update={"database_url": str(sqlite.url)}),
        clock=clock,
        bot=EchoBot(),
        assessor=TwoWords(),
        open_engine=lambda: Opened(DictEngine()),
    )
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def http(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, without a network between; lifespan is the fixture above."""
    transport = httpx.ASGITransport(create_app(parts.settings, parts=parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://frontline") as client:
        yield client


@dataclass(frozen=True)
class Person:
    """A signed-in member of staff."""

    id: str
    name: str
    role: str
    token: str

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


SignIn = Callable[..., Awaitable[Person]]


@pytest.fixture
def sign_in(parts: Parts) -> SignIn:
    """Makes an account of a role and signs it in."""

    async def make(role: str = "agent", username: str = "") -> Person:
        account = await parts.staff.create(username or f"{role}.one", f"小{role}", Role(role))
        signed_in = await parts.staff.sign_in(account.staff.username, account.password, "test")
        return Person(account.staff.id, account.staff.display_name, role, signed_in.token)

    return make


@dataclass
class Visitor:
    """A customer with one conversation."""

    http: httpx.AsyncClient
    parts: Parts
    id: str
    token: str
    sent: int = 0

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def says(self, text: str, **extra: Any) -> httpx.Response:
        """Send and wait until it has been worked."""
        self.sent += 1
        body = {"client_message_id": f"m{self.sent}", "text": text, **extra}
        response = await self.http.post(
            f"{API}/conversations/{self.id}/messages", json=body, headers=self.auth
        )
        await self.parts.runner.idle()
        return response

    async def hears(self, after: int = 0) -> list[dict[str, Any]]:
        """All messages after a sequence number."""
        response = await self.http.get(
            f"{API}/conversations/{self.id}/messages", params={"after": after}, headers=self.auth
        )
        messages: list[dict[str, Any]] = response.json()["messages"]
        return messages


@pytest.fixture
async def visitor(http: httpx.AsyncClient, parts: Parts) -> Visitor:
    """A fresh conversation over HTTP."""
    body = {"name": "吴女士", "phone": "13800001234"}
    started = (await http.post(f"{API}/conversations", json=body)).json()
    return Visitor(http, parts, started["conversation"]["id"], started["token"])


@pytest.fixture
async def server(parts: Parts) -> AsyncIterator[str]:
    """A real server on a free port; gives `host:port`."""
    async with serving(parts) as address:
        yield address


@asynccontextmanager
async def serving(parts: Parts) -> AsyncIterator[str]:
    """Serve over a real socket, parts being started already."""
    app = create_app(parts.settings, parts=parts)
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_level="warning", ws="websockets-sansio"
    )
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())
    while not running.started:
        await asyncio.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"127.0.0.1:{port}"
    running.should_exit = True
    await task
