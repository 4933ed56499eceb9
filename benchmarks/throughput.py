"""Turns a second through the whole gateway with 1, 2 and 4 Rasa servers behind it.

`python -m benchmarks.throughput [--servers 1 2 4] [--conversations 16] [--lines 12]`. Each customer
sends all his lines at once, so that every conversation always has the next one waiting; the gateway
works them side by side, each in order. A turn's time is from when it could begin (the message kept,
the one before answered) until its answer is kept. What was said is read from the database, and
every conversation is checked: each line answered once, in the order of the lines. Servers share the
cores with the gateway: more of them than cores bring nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import httpx
import numpy as np

from api.journeys.stack import own_settings, rasa, ready
from benchmarks.turn import LINES, gateway
from conversations import texts
from foundation.settings import Settings

POLL_S = 0.1
SAID_INSTEAD = (texts.APOLOGY, texts.FALLBACK_HANDOFF)

QUERY = """
SELECT c.conversation_id, c.seq, c.created_at, b.seq, b.part, b.created_at, b.text
FROM messages c LEFT JOIN messages b ON b.in_reply_to = c.id AND b.sender = 'bot'
WHERE c.sender = 'customer' ORDER BY c.conversation_id, c.seq, b.seq
"""


@dataclass(frozen=True)
class Reply:
    """One part of an answer, or nothing where `seq` is None."""

    conversation: str
    asked_seq: int
    asked_at: datetime
    seq: int | None
    part: int | None
    at: datetime | None
    text: str


@dataclass(frozen=True)
class Outcome:
    """Seconds of each answered turn; how many lines had the fallback, and were lost, doubled or out
    of order."""

    seconds: list[float]
    fallbacks: int
    faults: int


def judged(replies: list[Reply]) -> Outcome:
    """What came of the lines of all conversations; `replies` in order of conversation and line."""
    seconds: list[float] = []
    fallbacks = faults = 0
    for _, conversation in groupby(replies, key=lambda r: r.conversation):
        last_seq, free_at = 0, None
        for _, line in groupby(conversation, key=lambda r: r.asked_seq):
            parts = list(line)
            if any(part.text in SAID_INSTEAD for part in parts):
                fallbacks += 1
            numbers = [part.part for part in parts]
            first, last = parts[0], parts[-1]
            if numbers != list(range(1, len(parts) + 1)) or (first.seq or 0) < last_seq:
                faults += 1
            if first.at is None or last.seq is None:
                continue
            began = max(first.asked_at, free_at) if free_at else first.asked_at
            seconds.append((first.at - began).total_seconds())
            last_seq, free_at = last.seq, last.at
    return Outcome(seconds, fallbacks, faults)


async def measure(servers: int, conversations: int, lines: int) -> tuple[float, Outcome]:
    """Seconds until every line was worked, and what came of them."""
    with tempfile.TemporaryDirectory(prefix="frontline-bench-") as folder:
        settings = own_settings(Settings(bot_processes=servers), Path(folder))
        base = f"http://127.0.0.1:{settings.port}"
        async with (
            rasa(settings),
            gateway(settings),
            httpx.AsyncClient(base_url=base, timeout=60) as client,
        ):
            await ready(client)
            tokens = [await _start(client) for _ in range(conversations)]
            database = settings.data_dir / "frontline.db"
            began = time.perf_counter()
            await asyncio.gather(*(_talk(client, *token, lines) for token in tokens))
            while _unworked(database):  # noqa: ASYNC110
                await asyncio.sleep(POLL_S)
            taken = time.perf_counter() - began
            return taken, judged(_replies(database))


async def _start(client: httpx.AsyncClient) -> tuple[str, str]:
    started = (await client.post("/api/v1/conversations", json={"channel": "web"})).json()
    return started["conversation"]["id"], started["token"]


async def _talk(client: httpx.AsyncClient, conversation: str, token: str, lines: int) -> None:
    for n in range(lines):
        answer = await client.post(
            f"/api/v1/conversations/{conversation}/messages",
            json={"client_message_id": f"m{n}", "text": LINES[n % len(LINES)]},
            headers={"Authorization": f"Bearer {token}"},
        )
        answer.raise_for_status()


def _unworked(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        query = "SELECT count(*) FROM messages WHERE sender = 'customer' AND processed_at IS NULL"
        return int(connection.execute(query).fetchone()[0])


def _replies(database: Path) -> list[Reply]:
    def moment(found: str | None) -> datetime | None:
        return datetime.fromisoformat(found) if found else None

    with sqlite3.connect(database) as connection:
        return [
            Reply(
                conversation, asked_seq, datetime.fromisoformat(asked_at),
                seq, part, moment(at), text or "",
            )
            for conversation, asked_seq, asked_at, seq, part, at, text in connection.execute(QUERY)
        ]  # fmt: skip


HEAD = (
    "| Rasa servers | turns | turns/s | p50 | p95 | fallbacks | lost, doubled or out of order |\n"
    "|---|---|---|---|---|---|---|"
)


def row_of(servers: int, taken: float, outcome: Outcome) -> str:
    """A line of the table."""
    p50, p95 = np.percentile(outcome.seconds, (50, 95)) * 1000
    return (
        f"| {servers} | {len(outcome.seconds)} | {len(outcome.seconds) / taken:.1f} "
        f"| {p50:.0f} ms | {p95:.0f} ms | {outcome.fallbacks} | {outcome.faults} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--conversations", type=int, default=16)
    parser.add_argument("--lines", type=int, default=12)
    given = parser.parse_args()
    print(f"{given.conversations} conversations, {os.cpu_count()} cores\n\n{HEAD}")
    for servers in given.servers:
        taken, outcome = asyncio.run(measure(servers, given.conversations, given.lines))
        print(row_of(servers, taken, outcome), flush=True)


if __name__ == "__main__":
    main()
