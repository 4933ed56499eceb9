"""A test stand: platform here, gateway and worker as processes, started again when killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from api.journeys.stack import free_port
from foundation.settings import ROOT, Settings
from tests.wechat_platform.accounts import OfficialAccount
from tests.wechat_platform.api import FakePlatform, serving

READY_S = 240.0


@dataclass
class Stand:
    """What runs, and what it left in its database."""

    platform: FakePlatform
    folder: Path
    address: str
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    _watch: asyncio.Task[None] | None = None

    def start(self, name: str) -> None:
        """Start `api` or `worker`."""
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "tests.wechat_platform.gateway", name],
            cwd=ROOT,
            env=self.environment,
            stderr=(self.folder / f"{name}.log").open("ab"),
        )

    def kill(self, name: str) -> None:
        """Kill a process as the kernel would; it is started again at once."""
        self.kills[name] += 1
        self.processes[name].send_signal(signal.SIGKILL)

    async def watch(self) -> None:
        """Start again what has died, as the supervisor does."""
        while True:
            for name, process in list(self.processes.items()):
                if process.poll() is not None:
                    self.start(name)
            await asyncio.sleep(0.2)

    async def ready(self) -> None:
        """Wait until the gateway answers."""
        async with httpx.AsyncClient(timeout=5) as client:
            for _ in range(int(READY_S / 0.2)):
                with suppress(httpx.HTTPError):
                    if (await client.get(f"{self.address}/healthz")).is_success:
                        return
                await asyncio.sleep(0.2)
        raise TimeoutError((self.folder / "api.log").read_text(errors="replace")[-3000:])

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of the gateway's database."""
        with sqlite3.connect(self.folder / "frontline.db", timeout=30) as database:
            return database.execute(sql).fetchall()

    def waiting(self) -> int:
        """Callbacks, messages and deliveries that are not finished."""
        counts = (
            "SELECT count(*) FROM wechat_callbacks WHERE done_at IS NULL",
            "SELECT count(*) FROM messages WHERE sender = 'customer' AND processed_at IS NULL",
            "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'passive')",
        )
        return sum(int(str(self.ask(sql)[0][0])) for sql in counts)

    async def settled(self, seconds: float) -> None:
        """Wait until nothing is unfinished.

        Raises:
            TimeoutError: something still is.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        while self.waiting():
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"{self.waiting()} unfinished after {seconds:.0f} s")
            await asyncio.sleep(0.5)


@dataclass
class Found:
    """What became of the messages that the platform got acknowledged."""

    lost: list[str]
    doubled: list[str]
    disordered: list[str]
    unanswered: list[str]
    answered_twice: list[str]
    in_doubt: int


def examine(stand: Stand, sent: dict[str, list[str]]) -> Found:
    """Compare what each customer sent with the database and with his phone.

    What was kept without the platform hearing of it in time is no error. Answers echo the message;
    one that is neither on the phone nor marked is `unanswered`.
    """
    kept: dict[str, list[str]] = {}
    rows = stand.ask(
        "SELECT c.external_id, m.text FROM messages m JOIN conversations v ON v.id ="
        " m.conversation_id JOIN customers c ON c.id = v.customer_id"
        " WHERE m.sender = 'customer' ORDER BY v.id, m.seq"
    )
    for external_id, text in rows:
        kept.setdefault(str(external_id).split(":", 1)[1], []).append(str(text))
    doubtful = {
        str(text)
        for (text,) in stand.ask(
            "SELECT m.text FROM outbox o JOIN messages m ON m.id = o.message_id"
            " WHERE o.state IN ('doubt', 'held', 'dead')"
        )
    }
    found = Found([], [], [], [], [], len(doubtful))
    for openid, texts in sent.items():
        there = Counter(kept.get(openid, []))
        found.lost += [text for text in texts if there[text] == 0]
        found.doubled += [text for text, count in there.items() if count > 1]
        wanted = [text for text in texts if there[text]]
        if [text for text in kept.get(openid, []) if text in wanted] != wanted:
            found.disordered.append(openid)
        screen = "\n".join(stand.platform.customer(openid).heard) + "\n"
        for text in texts:
            times = screen.count(f"您说的是：{text}\n")
            if times == 0 and f"您说的是：{text}" not in doubtful:
                found.unanswered.append(text)
            if times > 1:
                found.answered_twice.append(text)
    return found


@asynccontextmanager
async def standing(
    folder: Path, *, worker_apart: bool = False, **settings: object
) -> AsyncIterator[Stand]:
    """A running stand; `settings` are Frontline's, by field name."""
    account = OfficialAccount()
    platform = FakePlatform([account])
    async with serving(platform) as base:
        port = free_port()
        given = {
            "data_dir": folder,
            "port": port,
            "wechat_api_url": base,
            "wechat_accounts": json.dumps([account.settings()]),
            "run_worker_in_api": not worker_apart,
            "triage_model": Settings(_env_file=None).triage_path,
            "queue_callback_s": 100_000,
            **settings,
        }
        environment = {
            **os.environ,
            **{f"FRONTLINE_{name.upper()}": str(value) for name, value in given.items()},
            "OMP_NUM_THREADS": "1",
        }
        stand = Stand(platform, folder, f"http://127.0.0.1:{port}", environment)
        stand.start("api")
        watch = None
        try:
            await stand.ready()
            if worker_apart:
                stand.start("worker")
            platform.connect(stand.address)
            watch = asyncio.create_task(stand.watch())
            yield stand
        finally:
            if watch:
                watch.cancel()
            for process in stand.processes.values():
                process.kill()
                process.wait()
