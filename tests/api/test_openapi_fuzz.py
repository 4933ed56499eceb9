"""Generated requests on every operation: never a 5xx, answers as described."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error

from api.app import create_app
from api.preparing import opened
from api.wiring import build_parts
from foundation.settings import Settings
from tests.api.conftest import API, DictEngine, EchoBot, TwoWords


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A served application in a thread, its address and a staff header."""
    from api.case_search import Opened

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


@pytest.fixture
def api_schema(running: tuple[str, dict[str, str]]) -> schemathesis.BaseSchema:
    address, _ = running
    return schemathesis.openapi.from_url(f"{address}/openapi.json")


schema = schemathesis.pytest.from_fixture("api_schema")


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_makes_the_server_fail(
    case: schemathesis.Case, running: tuple[str, dict[str, str]]
) -> None:
    if case.path == f"{API}/auth/logout":
        return
    response = case.call(headers=running[1])
    case.validate_response(response, checks=(not_a_server_error,))
    assert response.status_code < 500
