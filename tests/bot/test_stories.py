"""Whole conversations (bot/tests/*.yml) with the trained model in a Rasa server of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
import yaml
from fastapi import FastAPI, Request

from bot.actions import build_executor
from bot.actions.services import OrderStatus
from bot.training import BOT, MODELS, PYTHON, bot_environment
from foundation.settings import Settings
from tests.bot.fakes import FakeKnowledge, FakeOrders, fake_services

MODEL = MODELS / "frontline.tar.gz"
START_LIMIT_S = 600

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.skipif(
        not (PYTHON.exists() and MODEL.exists()), reason="the bot is not trained here"
    ),
]


class ActionServer:
    """Our actions behind a webhook, with fresh fakes for every conversation."""

    def __init__(self) -> None:
        self.port = free_port()
        self.fresh()
        app = FastAPI()

        @app.post("/webhook")
        async def webhook(request: Request) -> Any:
            return await self.executor.run(await request.json())

        config = uvicorn.Config(app, port=self.port, log_level="error")
        self.server = uvicorn.Server(config)
        self.thread = Thread(target=lambda: asyncio.run(self.server.serve()), daemon=True)
        self.thread.start()

    def fresh(self) -> None:
        services = fake_services()
        assert isinstance(services.knowledge, FakeKnowledge)
        self.knowledge = services.knowledge
        self.knowledge.knows(("这件事", 0.9))
        assert isinstance(services.orders, FakeOrders)
        services.orders.told(OrderStatus("AX2025091500264", refund="退款处理中"))
        self.executor = build_executor(services)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stories() -> Iterator[Any]:
    for path in sorted((BOT / "tests").glob("*.yml")):
        for story in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield pytest.param(story["turns"], id=f"{path.stem}: {story['story']}")


@pytest.fixture(scope="module")
def actions() -> Iterator[ActionServer]:
    server = ActionServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def rasa(actions: ActionServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("rasa")
    url = f"http://127.0.0.1:{free_port()}"
    environment = {
        **bot_environment(Settings()),
        "ACTION_URL": f"http://127.0.0.1:{actions.port}/webhook",
        "FRONTLINE_TRACKER_DB": str(folder / "tracker.db"),
    }
    command = [str(PYTHON), "-m", "bot.launch", "run", "--enable-api", "--model", str(MODEL)]
    command += ["--interface", "127.0.0.1", "--port", url.rsplit(":", 1)[1]]
    log = (folder / "rasa.log").open("w")
    process = subprocess.Popen(command, cwd=BOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until_ready(url, process, folder / "rasa.log")
        yield url
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(f"{url}/status", timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    pytest.fail("Rasa did not start: " + log.read_text()[-2000:] + os.linesep)


@pytest.mark.parametrize("turns", list(stories()))
def test_story(turns: list[dict[str, Any]], rasa: str, actions: ActionServer) -> None:
    actions.fresh()
    sender = f"{uuid.uuid4().hex}:1"
    for turn in turns:
        answer = httpx.post(
            f"{rasa}/webhooks/rest/webhook",
            json={"sender": sender, "message": turn["customer"]},
            timeout=30,
        ).json()
        text = "\n".join(message.get("text") or "" for message in answer)
        custom = {k: v for message in answer for k, v in (message.get("custom") or {}).items()}
        for word in turn.get("bot", []):
            assert any(one in text for one in word.split("|")), (turn["customer"], text)
        for word in turn.get("never", []):
            assert word not in text, (turn["customer"], text)
        for word in turn.get("asked", []):
            assert word in actions.knowledge.asked[-1][0]
        assert bool(turn.get("handoff")) == ("handoff" in custom), (turn["customer"], text)
        assert turn.get("emergency") == (custom.get("emergency") or {}).get("category")
