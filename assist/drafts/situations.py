"""The judged situations: what a customer said, and a good, a formulaic and a harmful reply."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from assist.drafts.model import WarningKind

JUDGED_FILE = Path(__file__).parent / "data" / "judged.jsonl"
BUILD, HELD = "build", "held"


@dataclass(frozen=True)
class JudgedSituation:
    """One situation. `split` says whether rules and training may look at it (`build`)."""

    id: str
    industry: str
    said: tuple[str, ...]
    stage: str
    need: str
    motive: str
    good: str
    formulaic: str
    harmful: str
    kinds: tuple[WarningKind, ...]
    split: str


def read_situations(path: Path = JUDGED_FILE) -> list[JudgedSituation]:
    """All situations of a file.

    Raises:
        ValueError: a line that is not JSON or lacks a field; names the line.
    """
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return [_read(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _read(number: int, line: str) -> JudgedSituation:
    try:
        fields = json.loads(line)
        kinds = tuple(WarningKind(kind) for kind in fields.pop("kinds"))
        said = tuple(fields.pop("said"))
        return JudgedSituation(**fields, kinds=kinds, said=said)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"line {number}: {error}") from error
