"""A gateway and a Rasa of one's own, on free ports and a fresh database."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from api.app import create_app
from api.preparing import prepare
from api.up import Program, rasa_programs
from api.wiring import Parts
from foundation.errors import Unavailable
from foundation.settings import Settings

READY_S = 120.0


def own_settings(settings: Settings, folder: Path) -> Settings:
    """`settings` with a data folder, ports and limits of its own, and the models already built."""
    return settings.model_copy(
        update={
            "data_dir": folder,
            "database_url": "",
            "events_url": "memory://",
            "port": free_port(),
            "rasa_url": f"http://127.0.0.1:{free_ports(settings.bot_processes)}",
            "encoder_model": settings.encoder_path,
            "triage_model": str(settings.triage_path),
            "customer_messages_per_minute": 10_000,
            "requests_per_minute_per_ip": 1_000_000,
            "run_worker_in_api": True,
        }
    )


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody listens on."""
    while True:
        first = free_port()
        try:
            with ExitStack() as held:
                for port in range(first, first + count):
                    probe = held.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port))
                return first
        except (OSError, OverflowError):
            continue


@asynccontextmanager
async def gateway(settings: Settings, parts: Parts) -> AsyncIterator[None]:
    """Serve `parts` while the block runs."""
    await prepare(settings, parts)
    app = create_app(settings, parts=parts)
    config = uvicorn.Config(app, port=settings.port, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def rasa(settings: Settings) -> AsyncIterator[None]:
    """Run the Rasa servers while the block runs."""
    async with AsyncExitStack() as running:
        for program in rasa_programs(settings):
            await running.enter_async_context(running_program(settings, program))
        yield


@asynccontextmanager
async def running_program(
    settings: Settings, program: Program
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program while the block runs; its log is in the data folder."""
    log = (settings.data_dir / f"{program.name}.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *program.command,
        cwd=program.folder,
        env={**os.environ, **program.environment},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
        log.close()


async def ready(client: httpx.AsyncClient) -> None:
    """Wait for every part.

    Raises:
        Unavailable: names the parts that did not become ready in time.
    """
    deadline = asyncio.get_running_loop().time() + READY_S
    parts: dict[str, Any] = {}
    while asyncio.get_running_loop().time() < deadline:
        try:
            parts = (await client.get("/readyz")).json()["parts"]
        except (httpx.HTTPError, ValueError):
            parts = {}
        if parts and all(part["ready"] for part in parts.values()):
            return
        await asyncio.sleep(0.2)
    missing = [name for name, part in parts.items() if not part["ready"]] or ["gateway"]
    raise Unavailable(", ".join(missing), f"not ready after {READY_S:.0f} s")
