"""A customer's turn through the gateway against the same turn in Rasa alone, ours and stock.

`python -m benchmarks.turn [--turns 150] [--stock FILE]`. Starts a gateway and two Rasa servers of
its own, each a process: `rasa` has our model, `stock` one with Rasa's default pipeline and policies
(CountVectors, DIET, TED; trained for one epoch, which changes what it says and not how long it
takes) served the plain way; it is kept in FILE and trained where that is missing. Both fetch their
actions from the gateway. `gateway` is timed as the customer has it: from sending the message until
its answer arrives on the websocket. Ratios are what counts; absolute times depend on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
import yaml
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect

from api.journeys.stack import free_port, own_settings, rasa, ready, running_program
from api.up import Program, rasa_programs
from benchmarks.bot_pipelines import STOCK
from bot.training import BOT, PYTHON, bot_environment
from foundation.settings import Settings

LINES = (
    "你好",
    "空调保修几年",
    "洗衣机E2什么意思",
    "冰箱多久清洗一次",
    "油烟机清洗多少钱",
    "发票怎么开",
    "退款几天到账",
    "怎么连wifi",
    "净水器滤芯在哪买",
    "送货要多久",
    "你们有线下网点吗",
    "谢谢",
)
WARM_UP = 12


async def measure(turns: int, kept: Path | None = None) -> dict[str, list[float]]:
    """Seconds of each turn by way: `gateway`, `rasa` and `stock` (REST channel, with actions)."""
    with tempfile.TemporaryDirectory(prefix="frontline-bench-") as folder:
        settings = own_settings(Settings(), Path(folder))
        stock = stock_program(settings, stock_model(settings, kept))
        port = stock.command[-1]
        async with rasa(settings), running_program(settings, stock), gateway(settings):
            base = f"http://127.0.0.1:{settings.port}"
            async with httpx.AsyncClient(base_url=base, timeout=60) as client:
                await ready(client)
                await _answering(client, f"http://127.0.0.1:{port}/status")
                straight = {"rasa": settings.rasa_url, "stock": f"http://127.0.0.1:{port}"}
                return await _each(client, settings, straight, turns)


def stock_model(settings: Settings, kept: Path | None) -> Path:
    """The stock model in `kept`, made and put there where it is missing."""
    if kept is None:
        return train_stock(settings)
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(train_stock(settings), kept)
    return kept.resolve()


def train_stock(settings: Settings) -> Path:
    """A model of the same bot with Rasa's default parts."""
    config = settings.data_dir / "stock.yml"
    config.write_text(
        yaml.safe_dump(
            {
                "recipe": "default.v1",
                "language": "zh",
                "pipeline": [{**part, "epochs": 1} if "epochs" in part else part for part in STOCK],
                "policies": [
                    {"name": "MemoizationPolicy"},
                    {"name": "TEDPolicy", "max_history": 5, "epochs": 1},
                    {"name": "RulePolicy"},
                ],
            }
        )
    )
    command = [str(PYTHON), "-m", "rasa", "train", "--config", str(config), "--domain", "domain"]
    command += ["--data", "data", "--out", str(settings.data_dir), "--fixed-model-name", "stock"]
    print("training the stock pipeline for one epoch", file=sys.stderr)
    subprocess.run(
        command,
        cwd=BOT,
        env=bot_environment(settings),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return settings.data_dir / "stock.tar.gz"


def stock_program(settings: Settings, model: Path) -> Program:
    """Rasa served as its manual says."""
    ours = rasa_programs(settings)[0]
    tracker = str(settings.data_dir / "stock_tracker.db")
    command = [str(PYTHON), "-m", "rasa", "run", "--enable-api", "--model", str(model)]
    command += ["--endpoints", "endpoints.yml", "--port", str(free_port())]
    return Program(
        "stock", command, {**ours.environment, "FRONTLINE_TRACKER_DB": tracker}, ours.folder
    )


@asynccontextmanager
async def gateway(settings: Settings) -> AsyncIterator[None]:
    """The API as `frontline up` runs it."""
    named = ("data_dir", "port", "rasa_url", "bot_processes", "encoder_model", "triage_model")
    environment = {f"FRONTLINE_{name.upper()}": str(getattr(settings, name)) for name in named}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", "api",
        env={
            **os.environ, **environment, "OMP_NUM_THREADS": "1",
            "FRONTLINE_CUSTOMER_MESSAGES_PER_MINUTE": "100000",
            "FRONTLINE_REQUESTS_PER_MINUTE_PER_IP": "100000",
        },
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _answering(client: httpx.AsyncClient, url: str) -> None:
    while True:
        with contextlib.suppress(httpx.TransportError):
            if (await client.get(url)).is_success:
                return
        await asyncio.sleep(0.5)


async def _each(
    client: httpx.AsyncClient, settings: Settings, straight: dict[str, str], turns: int
) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {"gateway": [], **{way: [] for way in straight}}
    for number in range(0, WARM_UP + turns, len(LINES)):
        started = (await client.post("/api/v1/conversations", json={"channel": "web"})).json()
        sender = uuid.uuid4().hex
        url = f"ws://127.0.0.1:{settings.port}/ws/customer?token={started['token']}&after=1"
        async with connect(url) as socket:
            for text in LINES:
                taken = {"gateway": await _through_gateway(socket, text)}
                for way, address in straight.items():
                    taken[way] = await _straight(client, address, sender, text)
                if number >= WARM_UP:
                    for way, value in taken.items():
                        seconds[way].append(value)
    return seconds


async def _through_gateway(socket: ClientConnection, text: str) -> float:
    await _drain(socket)
    began = time.perf_counter()
    await socket.send(
        json.dumps({"type": "send", "client_message_id": uuid.uuid4().hex, "text": text})
    )
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if frame["type"] == "message" and frame["message"]["sender"] == "bot":
            return time.perf_counter() - began


async def _drain(socket: ClientConnection) -> None:
    """Read what is left of the answer before, which may have several parts."""
    with contextlib.suppress(TimeoutError):
        while True:
            await asyncio.wait_for(socket.recv(), 0.05)


async def _straight(client: httpx.AsyncClient, url: str, sender: str, text: str) -> float:
    await asyncio.sleep(0.1)
    began = time.perf_counter()
    answer = await client.post(
        f"{url}/webhooks/rest/webhook", json={"sender": sender, "message": text}
    )
    answer.raise_for_status()
    taken = time.perf_counter() - began
    await asyncio.sleep(0.1)
    return taken


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=150)
    parser.add_argument("--stock", type=Path, help="where the stock model is kept")
    given = parser.parse_args()
    seconds = asyncio.run(measure(given.turns, given.stock))
    table = Table("way", "turns", "p50 ms", "p95 ms", "max ms")
    for way, values in seconds.items():
        p50, p95, most = (float(np.percentile(values, q)) * 1000 for q in (50, 95, 100))
        table.add_row(way, str(len(values)), f"{p50:.1f}", f"{p95:.1f}", f"{most:.1f}")
    Console().print(table)
    ours = np.median(seconds["gateway"])
    for way in ("rasa", "stock"):
        print(f"gateway / {way}, medians: {ours / np.median(seconds[way]):.2f}")


if __name__ == "__main__":
    main()
