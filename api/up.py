"""`frontline up`: make what is missing, run every process under supervisor, say when it is ready.

Supervisor restarts a process that dies and stops all of them together; this module only writes its
configuration, shows progress and waits.
"""

from __future__ import annotations

import configparser
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from rich.console import Console

from bot.training import BOT, PYTHON, bot_variables
from foundation.errors import Unavailable
from foundation.settings import ROOT, Settings

READY_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 25.0

console = Console(stderr=False, highlight=False)


@dataclass(frozen=True)
class Program:
    """One process to keep running."""

    name: str
    command: list[str]
    environment: dict[str, str]
    folder: Path = ROOT


def rasa_programs(settings: Settings) -> list[Program]:
    """The Rasa servers with their model and one tracker store; their actions are served by this
    gateway's API."""
    environment = {
        **bot_variables(settings),
        "ACTION_URL": f"http://127.0.0.1:{settings.port}/actions/webhook",
        "FRONTLINE_TRACKER_DB": str(settings.data_dir / "rasa_tracker.db"),
    }
    command = [
        str(PYTHON), "-m", "bot.launch", "run", "--enable-api", "--model", "models",
        "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
    ]  # fmt: skip
    found = []
    for number, url in enumerate(map(urlsplit, settings.rasa_urls), start=1):
        name = "rasa" if number == 1 else f"rasa{number}"
        address = ["--interface", url.hostname or "127.0.0.1", "--port", str(url.port or 5005)]
        found.append(Program(name, [*command, *address], environment, BOT))
    return found


def programs(settings: Settings) -> list[Program]:
    """What runs: the API, the Rasa servers, and the worker where it is apart."""
    frontline = [sys.executable, "-m", "api"]
    found = [
        Program("api", [*frontline, "api"], {"OMP_NUM_THREADS": "1"}),
        *rasa_programs(settings),
    ]
    if not settings.run_worker_in_api:
        found.append(Program("worker", [*frontline, "worker"], {"OMP_NUM_THREADS": "1"}))
    return found


def supervisor_config(settings: Settings, wanted: Iterable[Program]) -> str:
    """The supervisord.conf for `wanted`."""
    run = settings.data_dir / "run"
    logs = settings.data_dir / "logs"
    config = configparser.RawConfigParser()
    config["supervisord"] = {
        "logfile": str(logs / "supervisord.log"),
        "logfile_maxbytes": "5MB",
        "pidfile": str(run / "supervisord.pid"),
        "childlogdir": str(logs),
        "silent": "true",
    }
    config["unix_http_server"] = {"file": str(_socket_path(settings))}
    config["supervisorctl"] = {"serverurl": f"unix://{_socket_path(settings)}"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for program in wanted:
        pairs = {**program.environment, "PYTHONUNBUFFERED": "1"}
        config[f"program:{program.name}"] = {
            "command": " ".join(_quoted(part) for part in program.command),
            "directory": str(program.folder),
            "environment": ",".join(f'{k}="{_percent(v)}"' for k, v in pairs.items()),
            "autorestart": "true",
            "startretries": "1000000",
            "startsecs": "1",
            "stopasgroup": "true",
            "killasgroup": "true",
            "stopwaitsecs": "15",
            "redirect_stderr": "true",
            "stdout_logfile": str(logs / f"{program.name}.log"),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "3",
        }
    lines: list[str] = []
    for section in config.sections():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}" for key, value in config[section].items()]
        lines.append("")
    return "\n".join(lines)


def _socket_path(settings: Settings) -> Path:
    """A short path: Unix sockets allow about 100 characters."""
    digest = hashlib.sha256(str(settings.data_dir.resolve()).encode()).hexdigest()[:12]
    return Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp") / f"frontline-{digest}.sock"


def _quoted(part: str) -> str:
    return f'"{_percent(part)}"' if " " in part else _percent(part)


def _percent(value: str) -> str:
    return value.replace("%", "%%")


def run(settings: Settings, accounts: Callable[[], str]) -> int:
    """Run everything until Ctrl-C; the process's exit code.

    `accounts` gives the sign-ins to print (only the first run has any).

    Raises:
        Unavailable: something else holds a port, or Frontline runs already.
    """
    for folder in ("run", "logs"):
        (settings.data_dir / folder).mkdir(parents=True, exist_ok=True)
    _refuse_second(settings)
    _refuse_busy_ports(settings)
    config = settings.data_dir / "run" / "supervisord.conf"
    config.write_text(supervisor_config(settings, programs(settings)), encoding="utf-8")
    child = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(config)],
        cwd=ROOT,
        start_new_session=True,
    )
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            console.print("\n正在停止… stopping")
            child.terminate()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    for line in _until_ready(settings, child):
        console.print(line)
    if not stopping:
        console.print(welcome(settings, accounts()))
    try:
        code = child.wait()
    finally:
        if child.poll() is None:
            child.kill()
    console.print("已停止 stopped")
    return 0 if stopping else code


def _until_ready(settings: Settings, child: subprocess.Popen[bytes]) -> Iterator[str]:
    """Lines of progress until every part is ready, the child ends or the time is up."""
    began = time.monotonic()
    told: set[str] = set()
    url = f"http://127.0.0.1:{settings.port}/readyz"
    while child.poll() is None and time.monotonic() - began < READY_TIMEOUT_S:
        try:
            answer = httpx.get(url, timeout=5).json()
        except (httpx.HTTPError, ValueError):
            time.sleep(0.25)
            continue
        for name, part in answer["parts"].items():
            if part["ready"] and name not in told:
                told.add(name)
                yield f"[green]✔[/] {name}  {time.monotonic() - began:.1f} s"
        if all(part["ready"] for part in answer["parts"].values()):
            return
        time.sleep(0.25)
    if child.poll() is None:
        yield f"[red]not ready after {READY_TIMEOUT_S:.0f} s[/]; see {settings.data_dir / 'logs'}"


def welcome(settings: Settings, accounts: str) -> str:
    """Addresses and, the first time, sign-ins."""
    base = f"http://{settings.host}:{settings.port}"
    lines = [
        "",
        f"[bold]{settings.company_name} · Frontline[/]",
        f"  客户 customer  {base}/",
        f"  坐席 desk      {base}/desk/",
        f"  接口 API       {base}/docs",
    ]
    if accounts:
        lines += ["", accounts]
    return "\n".join([*lines, "", "Ctrl-C 停止 stops everything."])


def down(settings: Settings) -> bool:
    """Stop a running Frontline; whether there was one."""
    pid = _running(settings)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while _running(settings) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    return True


def _running(settings: Settings) -> int | None:
    try:
        pid = int((settings.data_dir / "run" / "supervisord.pid").read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists() and b"supervisord" not in command.read_bytes():
        return None
    return pid


def _refuse_second(settings: Settings) -> None:
    pid = _running(settings)
    if pid is not None:
        raise Unavailable("frontline", f"runs already (process {pid}); `make down` stops it")


def _refuse_busy_ports(settings: Settings) -> None:
    wanted = {
        (rasa.hostname or "127.0.0.1", rasa.port or 5005): "FRONTLINE_RASA_URL"
        for rasa in map(urlsplit, settings.rasa_urls)
    }
    wanted[settings.host, settings.port] = "FRONTLINE_PORT"
    for (host, port), variable in wanted.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise Unavailable(
                    f"port {port}", f"another program uses it; set {variable} to another one"
                ) from error
