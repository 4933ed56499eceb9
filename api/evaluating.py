"""`frontline eval …`: the production code path measured on a file of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.console import command, out, table_of, told
from foundation.logging import configure_logging
from foundation.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Measure search, triage, intents, drafts or journeys.")

FileOption = Annotated[Path, typer.Option("--file", exists=True, dir_okay=False, readable=True)]
FileOrFolder = Annotated[Path, typer.Option("--file", exists=True, readable=True)]
AsJson = Annotated[bool, typer.Option("--json", help="One flat JSON object on stdout.")]
Errors = Annotated[
    Path | None,
    typer.Option("--errors", dir_okay=False, help="Write the wrong lines and why (JSONL)."),
]


def _settings() -> Settings:
    settings = Settings()
    configure_logging("WARNING", settings.log_format)
    return settings


@app.command()
@command
def search(
    library: Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)],
    queries: Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)],
    as_json: AsJson = False,
    errors: Errors = None,
) -> None:
    """The production search over a throw-away index of LIBRARY, asked QUERIES."""
    from assist.encoder.load import load_encoder
    from assist.search.evaluation import evaluate_search

    settings = _settings()
    told(f"encoder {settings.encoder_path}")
    encoder = load_encoder(settings.encoder_path, settings.encoder_threads)
    _show("search", evaluate_search(encoder, library, queries, errors), as_json=as_json)


@app.command()
@command
def triage(file: FileOption, as_json: AsJson = False, errors: Errors = None) -> None:
    """The gateway's triage on lines of text, level and category."""
    from assist.triage.evaluation import evaluate_triage
    from assist.triage.triage import Triage

    settings = _settings()
    judge = Triage.load(settings.triage_path, settings.encoder_threads)
    _show("triage", evaluate_triage(judge, file, errors), as_json=as_json)


@app.command()
@command
def intents(file: FileOption, as_json: AsJson = False, errors: Errors = None) -> None:
    """The trained bot on lines of text, intent and entities."""
    from bot.evaluation import evaluate_intents

    found = evaluate_intents(file, settings=_settings(), errors=errors)
    _show("intents", found, as_json=as_json)


@app.command()
@command
def drafts(
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Judged situations; else the shipped ones."),
    ] = None,
    split: Annotated[str, typer.Option(help="held, build or all situations of FILE")] = "held",
    as_json: AsJson = False,
    errors: Errors = None,
) -> None:
    """The draft check and the empathy proposals on judged situations."""
    from assist.drafts.check import DraftCheck
    from assist.drafts.evaluation import evaluate_drafts
    from assist.drafts.model import Allowance
    from assist.drafts.situations import JUDGED_FILE, read_situations
    from assist.drafts.tone import shipped_classifier
    from assist.encoder.load import load_encoder
    from assist.suggestions.empathy import EmpathyBook, Phrase
    from complaints.authority import Authority
    from conversations.feeling import feeling_of
    from knowledge_base.seeding import seed_phrases

    settings = _settings()
    situations = read_situations(file or JUDGED_FILE)
    chosen = [s for s in situations if split in (s.split, "all")]
    if not chosen:
        raise typer.BadParameter("no situation of this split; give held, build or all")
    phrases = [Phrase(p.id, p.scene, p.need, p.stage, p.text) for p in seed_phrases()]
    encoder = load_encoder(settings.encoder_path, settings.encoder_threads)
    check = DraftCheck(shipped_classifier(), settings.progress_every_min // 60)
    found = evaluate_drafts(
        check,
        EmpathyBook(phrases, encoder, check),
        chosen,
        Allowance(Authority.of(settings).limit("agent", "product_quality")),
        feeling_of,
        errors,
    )
    _show("drafts", found, as_json=as_json)


@app.command()
@command
def journeys(file: FileOrFolder, as_json: AsJson = False, errors: Errors = None) -> None:
    """Whole conversations through a gateway and a Rasa of their own; a folder's files are one."""
    from api.journeys.report import run_journeys

    _show("journeys", run_journeys(_settings(), file, errors), as_json=as_json)


def _show(what: str, found: dict[str, Any], *, as_json: bool) -> None:
    """Rates and times as a table, one more for each nested table; or all of it as JSON."""
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    plain = {name: value for name, value in found.items() if not isinstance(value, dict)}
    rows = [[name, _number(value)] for name, value in plain.items()]
    out.print(table_of(what, ["figure", "value"], rows))
    for name, nested in found.items():
        if isinstance(nested, dict) and nested:
            out.print(_nested(name, nested))


def _nested(name: str, nested: dict[str, Any]) -> Any:
    columns = list(dict.fromkeys(key for row in nested.values() for key in row))
    rows = [[key, *(_number(row.get(c)) for c in columns)] for key, row in nested.items()]
    return table_of(name, ["", *columns], rows)


def _number(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
