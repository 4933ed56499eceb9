"""Frontline as a user runs it: `frontline up` with a data folder and ports of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from foundation.settings import ROOT, Settings

READY_S = 240.0
GONE_S = 10.0
_ACCOUNT = re.compile(r"^\s+(\w+)\s+(\S{8,})\s+(?:agent|supervisor|trainer|hq|admin) · ")


@dataclass
class Running:
    """A running Frontline."""

    base: str
    data_dir: Path
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def accounts(self) -> dict[str, str]:
        """Passwords by user name, as printed at the first start."""
        found = (_ACCOUNT.search(line) for line in self.lines)
        return {match[1]: match[2] for match in found if match}

    def pid(self, program: str) -> int:
        """Process id of one program."""
        config = self.data_dir / "run" / "supervisord.conf"
        told = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(config), "pid", program],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return int(told.stdout.strip())

    def kill(self, program: str) -> None:
        """Kill one program as the kernel would; it is gone when this returns."""
        pid = self.pid(program)
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + GONE_S
        with contextlib.suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.kill(pid, 0)
                time.sleep(0.01)

    def wait_ready(self, *parts: str, seconds: float = READY_S) -> None:
        """Wait until these parts (or all) are ready."""
        deadline = time.monotonic() + seconds
        answer: dict[str, dict[str, object]] = {}
        while time.monotonic() < deadline:
            try:
                answer = httpx.get(f"{self.base}/readyz", timeout=5).json()["parts"]
            except (httpx.HTTPError, ValueError):
                answer = {}
            if answer and all(answer[name]["ready"] for name in parts or answer):
                return
            time.sleep(0.1)
        raise TimeoutError(f"not ready: {answer}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data_dir: Path, **settings: str) -> Running:
    """Run `frontline up` and wait until it says it is ready; `settings` by their variables."""
    own = Settings(_env_file=None)
    port = free_port()
    environment = {
        **os.environ,
        "FRONTLINE_DATA_DIR": str(data_dir),
        "FRONTLINE_PORT": str(port),
        "FRONTLINE_RASA_URL": f"http://127.0.0.1:{free_port()}",
        "FRONTLINE_ENCODER_MODEL": own.encoder_path,
        "FRONTLINE_TRIAGE_MODEL": str(own.triage_path),
        "FRONTLINE_CUSTOMER_MESSAGES_PER_MINUTE": "10000",
        "FRONTLINE_WEBHOOK_ALLOW_HTTP": "true",
        "FRONTLINE_WEBHOOK_ALLOWED_NETWORKS": '["127.0.0.0/8"]',
        "FRONTLINE_OFFICE_OPENS": "00:00",
        "FRONTLINE_OFFICE_CLOSES": "23:59:59",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "up"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    running = Running(f"http://127.0.0.1:{port}", data_dir, process)

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            running.lines.append(line.rstrip())

    threading.Thread(target=read, daemon=True).start()
    try:
        running.wait_ready()
    except TimeoutError:
        stop(running)
        logs = "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-3000:]}"
            for path in sorted((data_dir / "logs").glob("*.log"))
        )
        raise TimeoutError("\n".join([*running.lines, logs])) from None
    deadline = time.monotonic() + 20
    while not any("Ctrl-C" in line for line in running.lines) and time.monotonic() < deadline:
        time.sleep(0.05)
    return running


def stop(running: Running) -> int:
    """Press Ctrl-C; the exit code."""
    running.process.send_signal(signal.SIGINT)
    return running.process.wait(60)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One running Frontline for all system tests."""
    frontline = start(tmp_path_factory.mktemp("system"))
    yield frontline
    stop(frontline)
