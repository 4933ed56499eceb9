"""Generated requests on every operation: never a 5xx."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from api.app import create_app
from api.case_search import Opened
from api.preparing import opened
from api.wiring import build_parts
from foundation.settings import Settings
from tests.api.conftest import API, DictEngine, EchoBot, TwoWords


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A served application in a thread, its address and a staff header."""
    own = Settings(
        _env_file=None,
        data_dir=tmp_path_factory.mktemp("fuzz"),
        requests_per_minute_per_ip=100_000,
        customer_messages_per_minute=100_000,
    )

    async def prepare() -> str:
        async with opened(own) as store:
            account = await store.staff.create("admin", "管理员", "admin")
            return (await store.staff.sign_in("admin", account.password, "test")).token

    token = asyncio.run(prepare())
    parts = build_parts(
        own, bot=EchoBot(), assessor=TwoWords(), open_engine=lambda: Opened(DictEngine())
    )
    app = create_app(own, parts=parts)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"}
    server.should_exit = True
    thread.join(10)


def test_no_request_makes_the_server_fail(running: tuple[str, dict[str, str]]) -> None:
    address, headers = running
    described = schemathesis.openapi.from_url(f"{address}/openapi.json")
    tried = 0
    for found in described.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path == f"{API}/auth/logout":
            continue

        @settings(
            max_examples=8,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def attempt(case: schemathesis.Case[Any]) -> None:
            response = case.call(headers=headers)
            assert response.status_code < 500, (case.method, case.path, response.text)

        attempt()
        tried += 1
    assert tried > 40
