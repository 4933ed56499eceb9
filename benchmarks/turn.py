"""A bot turn through the gateway against the same turn straight into Rasa, in one run.

`python -m benchmarks.turn [--turns 150]`. Starts a gateway and a Rasa of its own. Ratios are what
counts; absolute times depend on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
import uuid
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from api.journeys.stack import gateway, own_settings, rasa, ready
from api.wiring import Parts, build_parts
from conversations.storage import Message
from foundation.clock import OffsetClock, SystemClock
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
    "师傅什么时候来",
    "送货要多久",
    "谢谢",
)


async def measure(turns: int) -> dict[str, list[float]]:
    """Seconds of each turn by way: `gateway` (message to kept reply) and `rasa` (REST alone)."""
    with tempfile.TemporaryDirectory(prefix="frontline-bench-") as folder:
        settings = own_settings(Settings(), Path(folder))
        parts = build_parts(settings, clock=OffsetClock(SystemClock().now()))
        async with rasa(settings), gateway(settings, parts):
            base = f"http://127.0.0.1:{settings.port}"
            async with httpx.AsyncClient(base_url=base, timeout=20) as client:
                await ready(client)
                return await _both(parts, client, settings, turns)


async def _both(
    parts: Parts, client: httpx.AsyncClient, settings: Settings, turns: int
) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {"gateway": [], "rasa": []}
    for number in range(-10, turns):
        text = LINES[number % len(LINES)]
        if number % len(LINES) == 0 or number == -10:
            started = (await client.post("/api/v1/conversations", json={"channel": "web"})).json()
            sender = uuid.uuid4().hex
        taken = {
            "gateway": await _through_gateway(parts, client, started, text),
            "rasa": await _straight(client, settings, sender, text),
        }
        if number >= 0:
            for way, value in taken.items():
                seconds[way].append(value)
    return seconds


async def _through_gateway(
    parts: Parts, client: httpx.AsyncClient, started: dict[str, object], text: str
) -> float:
    began = time.perf_counter()
    answer = await client.post(
        f"/api/v1/conversations/{started['conversation']['id']}/messages",  # type: ignore[index]
        json={"client_message_id": uuid.uuid4().hex, "text": text},
        headers={"Authorization": f"Bearer {started['token']}"},
    )
    answer.raise_for_status()
    message_id = answer.json()["message"]["id"]
    while True:
        async with parts.work.reading() as session:
            if (await session.get_one(Message, message_id)).processed_at is not None:
                return time.perf_counter() - began
        await asyncio.sleep(0.001)


async def _straight(client: httpx.AsyncClient, settings: Settings, sender: str, text: str) -> float:
    began = time.perf_counter()
    answer = await client.post(
        f"{settings.rasa_url}/webhooks/rest/webhook", json={"sender": sender, "message": text}
    )
    answer.raise_for_status()
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=150)
    seconds = asyncio.run(measure(parser.parse_args().turns))
    table = Table("way", "p50 ms", "p95 ms", "max ms")
    for way, values in seconds.items():
        p50, p95, most = (float(np.percentile(values, q)) * 1000 for q in (50, 95, 100))
        table.add_row(way, f"{p50:.1f}", f"{p95:.1f}", f"{most:.1f}")
    Console().print(table)
    ratio = float(np.median(seconds["gateway"]) / np.median(seconds["rasa"]))
    print(f"gateway / rasa alone, medians: {ratio:.2f}")


if __name__ == "__main__":
    main()
