"""Two API processes over one database and Redis: lines on one hear what happens on the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from websockets.asyncio.client import connect

from api.case_search import Opened
from api.wiring import Parts, build_parts
from foundation.clock import FixedClock
from foundation.database import Database
from foundation.settings import Settings
from tests.api.conftest import API, DictEngine, EchoBot, TwoWords, serving
from tests.foundation.test_database_events import redis_url

__all__ = ["redis_url"]


@pytest.fixture
async def two(
    api_settings: Settings,
    clock: FixedClock,
    sqlite: Database,
    request: pytest.FixtureRequest,
) -> AsyncIterator[list[Parts]]:
    """Parts of two processes; only the second looks after deliveries and deadlines."""
    shared = api_settings.model_copy(
        update={
            "database_url": str(sqlite.url),
            "events_url": request.getfixturevalue("redis_url"),
        }
    )
    found = [
        build_parts(
            shared.model_copy(update={"run_worker_in_api": works}),
            clock=clock,
            bot=EchoBot(),
            assessor=TwoWords(),
            open_engine=lambda: Opened(DictEngine()),
        )
        for works in (False, True)
    ]
    for parts in found:
        await parts.start()
    yield found
    for parts in found:
        await parts.stop()


@pytest.mark.redis
async def test_a_conversation_across_processes(two: list[Parts]) -> None:
    near, far = two
    account = await near.staff.create("lin", "小林", "agent")
    signed_in = await far.staff.sign_in("lin", account.password, "test")
    auth = {"Authorization": f"Bearer {signed_in.token}"}
    async with serving(near) as here, serving(far) as there, httpx.AsyncClient() as http:
        started = (await http.post(f"http://{here}{API}/conversations", json={})).json()
        conversation_id, token = started["conversation"]["id"], started["token"]
        async with (
            connect(f"ws://{here}/ws/customer?token={token}&after=1") as customer,
            connect(f"ws://{there}/ws/desk?token={signed_in.token}") as desk,
            asyncio.timeout(10),
        ):
            said = {"type": "send", "client_message_id": "a", "text": "在吗"}
            await customer.send(json.dumps(said))
            while json.loads(await desk.recv())["type"] != "message":
                pass
            url = f"http://{there}{API}/conversations/{conversation_id}"
            assert (await http.post(f"{url}/accept", headers=auth)).status_code == 200
            spoken = {"client_message_id": "b", "text": "我是小林"}
            await http.post(f"{url}/messages", headers=auth, json=spoken)
            heard: list[str] = []
            while "我是小林" not in heard:
                frame = json.loads(await customer.recv())
                if frame["type"] == "message":
                    heard.append(frame["message"]["text"])
            assert heard[0] == "在吗"
            assert heard.count("您说的是：在吗") <= 1
