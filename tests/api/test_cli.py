"""The `frontline` command on a database of its own."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from api.cli import app

Frontline = Callable[..., Result]
ROW = {"id": "case-a", "title": "洗衣机不排水"}


@pytest.fixture
def frontline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Frontline]:
    """Calls the command; logging is put back, for the runner closes the stream it went to."""
    monkeypatch.setenv("FRONTLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(a) for a in arguments])

    handlers = list(logging.getLogger().handlers)
    yield call
    structlog.reset_defaults()
    logging.getLogger().handlers = handlers


def test_accounts_are_made_and_reset(frontline: Frontline) -> None:
    made = frontline("create-staff", "zhou", "小周", "--role", "supervisor")
    assert made.exit_code == 0
    name, password = made.stdout.split()
    assert name == "zhou"
    again = frontline("create-staff", "zhou")
    assert again.exit_code == 1
    assert "taken" in again.output
    reset = frontline("create-staff", "zhou", "--reset")
    assert reset.exit_code == 0
    assert reset.stdout.split()[1] != password
    assert frontline("create-staff", "li", "--role", "boss").exit_code == 1


def test_cases_go_in_and_out(frontline: Frontline, tmp_path: Path) -> None:
    good, mixed = tmp_path / "good.jsonl", tmp_path / "mixed.jsonl"
    good.write_text(json.dumps(ROW), encoding="utf-8")
    mixed.write_text(f"{json.dumps({**ROW, 'id': 'case-b'})}\nnot json\n", encoding="utf-8")
    assert frontline("import-cases", good).exit_code == 0
    partly = frontline("import-cases", mixed)
    assert partly.exit_code == 1
    assert "accepted 1, rejected 1" in partly.output
    for name in ("out.csv", "out.jsonl"):
        assert frontline("export-cases", tmp_path / name).exit_code == 0
        assert frontline("import-cases", tmp_path / name).exit_code == 0
    kept = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in kept] == ["case-a", "case-b"]
    assert frontline("export-cases", tmp_path / "out.txt").exit_code == 2
    assert frontline("import-cases", tmp_path / "missing.csv").exit_code == 2


def test_an_evaluation_without_its_model_says_what_to_do(
    frontline: Frontline, tmp_path: Path
) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text('{"text": "你好", "level": "routine"}\n', encoding="utf-8")
    result = frontline("eval", "triage", "--file", file)
    assert result.exit_code == 1
    assert "frontline encoder build" in result.output


def test_help_lists_every_command(frontline: Frontline) -> None:
    text = frontline("--help").output
    for name in (
        "up", "down", "api", "worker", "create-staff", "import-cases", "export-cases",
        "train-bot", "eval", "encoder", "docs",
    ):  # fmt: skip
        assert name in text
