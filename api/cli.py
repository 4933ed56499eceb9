"""The `frontline` command: exit code 0 on success, 1 on an expected error, 2 on misuse."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from api.console import ExistingFile, command, err, out, told
from api.evaluating import app as eval_app
from foundation.logging import configure_logging
from foundation.settings import ROOT, Settings

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

SWITCH_S = 0.001
"""How long a thread may keep the interpreter from the event loop. Python's 5 ms are felt here: each
message is judged in a thread while others wait for their statements."""

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
encoder_app = typer.Typer(no_args_is_help=True, help="The sentence encoder.")
docs_app = typer.Typer(no_args_is_help=True, help="Documents generated from the code.")
app.add_typer(eval_app, name="eval")
app.add_typer(encoder_app, name="encoder")
app.add_typer(docs_app, name="docs")


def _settings() -> Settings:
    settings = Settings()
    configure_logging(settings.log_level, settings.log_format)
    return settings


@app.command()
@command
def up() -> None:
    """Build what is missing, start every process, say when all are ready."""
    from api import models
    from api import up as processes
    from api.preparing import accounts_text, prepare

    settings = _settings()
    models.build_missing(settings, told)
    accounts = accounts_text(asyncio.run(prepare(settings)))
    raise typer.Exit(processes.run(settings, lambda: accounts))


@app.command()
@command
def down() -> None:
    """Stop what `frontline up` started."""
    from api import up as processes

    stopped = processes.down(_settings())
    out.print("stopped" if stopped else "nothing is running")


@app.command("api")
@command
def serve() -> None:
    """Run one API process."""
    import uvicorn

    from api.app import create_app
    from api.preparing import accounts_text, prepare

    settings = _settings()
    sys.setswitchinterval(SWITCH_S)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=settings.request_max_bytes,
        timeout_graceful_shutdown=10,
    )

    async def run() -> None:
        if accounts := accounts_text(await prepare(settings)):
            err.print(accounts, markup=False, soft_wrap=True)
        await uvicorn.Server(config).serve()

    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=config.get_loop_factory()) as it:
        it.run(run())


@app.command()
@command
def worker() -> None:
    """Run timers and deliveries apart from the API (`run_worker_in_api` off)."""
    from api.preparing import prepare
    from api.wiring import build_parts

    settings = _settings()

    async def run() -> None:
        await prepare(settings)
        parts = build_parts(settings)
        await parts.events.start()
        await parts.start_worker()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
        await parts.stop()

    asyncio.run(run())


@app.command("create-staff")
@command
def create_staff(
    username: str,
    display_name: Annotated[str, typer.Argument()] = "",
    role: Annotated[str, typer.Option(help="agent supervisor trainer hq admin")] = "agent",
    reset: Annotated[bool, typer.Option("--reset", help="A new password for this one.")] = False,
) -> None:
    """Make an account (or with --reset a new password) and print its password once."""
    from api.preparing import opened

    settings = _settings()

    async def run() -> None:
        async with opened(settings) as store:
            if reset:
                account = await store.staff.reset_password(username)
            else:
                account = await store.staff.create(username, display_name or username, role)
        out.print(f"{account.staff.username} {account.password}", markup=False)

    asyncio.run(run())


@app.command("import-cases")
@command
def import_cases(
    file: ExistingFile,
    on_conflict: Annotated[str, typer.Option(help="update or reject known ids")] = "update",
    author: Annotated[str, typer.Option(help="Name kept with each version.")] = "import",
) -> None:
    """Import a CSV or JSONL file; exit 1 when rows were rejected (the good rows are in)."""
    from api.preparing import opened
    from knowledge_base import interchange

    settings = _settings()

    async def run() -> interchange.ImportReport:
        async with opened(settings) as store, store.work.begin() as session:
            return await interchange.import_cases(
                session,
                store.library,
                file.read_bytes(),
                file.name,
                author,
                interchange.OnConflict(on_conflict),
            )

    report = asyncio.run(run())
    for warning in report.warnings:
        err.print(f"warning: {warning}", markup=False, soft_wrap=True)
    for row in report.rejected:
        reasons = "；".join(row.reasons)
        err.print(f"row {row.row} {row.id}: {reasons}", markup=False, soft_wrap=True)
    out.print(f"accepted {report.accepted}, rejected {len(report.rejected)}")
    if report.rejected:
        raise typer.Exit(1)


@app.command("export-cases")
@command
def export_cases(
    file: Annotated[Path, typer.Argument(help="Ends in .csv or .jsonl.", dir_okay=False)],
) -> None:
    """Export the whole library; the file can be imported again."""
    from api.preparing import opened
    from knowledge_base import interchange

    formats = {".csv": interchange.export_csv, ".jsonl": interchange.export_jsonl}
    if file.suffix not in formats:
        raise typer.BadParameter("the file must end in .csv or .jsonl")
    settings = _settings()

    async def run() -> str:
        async with opened(settings) as store, store.work.reading() as session:
            return formats[file.suffix](await interchange.all_cases(session))

    file.write_text(asyncio.run(run()), encoding="utf-8", newline="")
    out.print(f"written to {file}", markup=False, soft_wrap=True)


@app.command()
@command
def models() -> None:
    """Build encoder, triage model and bot where they are missing or out of date."""
    from api.models import build_missing

    build_missing(_settings(), told)


@app.command("train-bot")
@command
def train_bot() -> None:
    """Train the bot into bot/models."""
    from api.models import build_anew

    build_anew(_settings(), {"bot"}, told)


@encoder_app.command("build")
@command
def build_encoder() -> None:
    """Build the default encoder and the triage model into the data folder."""
    from api.models import build_anew

    build_anew(_settings(), {"encoder", "triage"}, told)


@docs_app.command("settings")
@command
def write_settings_page() -> None:
    """Regenerate docs/settings.md from the Settings class."""
    from api.settings_page import PAGE, settings_page

    PAGE.write_text(settings_page(), encoding="utf-8")
    out.print(f"written to {PAGE}", markup=False, soft_wrap=True)
