"""`frontline eval triage`: the production triage on a labelled file (SPEC section 3 targets)."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from assist.triage.model import Assessment
from assist.triage.triage import Triage


def evaluate_triage(triage: Triage, path: Path, errors_path: Path | None = None) -> dict[str, Any]:
    """Rates (0-1) over a JSONL file of `{"text","level","category"}` lines.

    `errors_path` receives the wrong lines with what was expected and why it decided so.

    Raises:
        ValueError: a line is not JSON or lacks `text` or `level`; names the line.
    """
    rows = [_row(number, line) for number, line in enumerate(_lines(path), start=1)]
    triage.assess("预热")
    seconds, found = [], []
    for row in rows:
        began = time.perf_counter()
        found.append(triage.assess(row["text"]))
        seconds.append(time.perf_counter() - began)
    if errors_path:
        wrong = [_error(r, a) for r, a in zip(rows, found, strict=True) if not _right(r, a)]
        text = "".join(json.dumps(error, ensure_ascii=False) + "\n" for error in wrong)
        errors_path.write_text(text, encoding="utf-8")
    return {
        **_rates(rows, found),
        "latency_p50_ms": round(float(np.percentile(seconds, 50)) * 1000, 2),
        "latency_p95_ms": round(float(np.percentile(seconds, 95)) * 1000, 2),
        "by_category": _by_category(rows, found),
    }


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]


def _row(number: int, line: str) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {number} is not JSON: {error}") from error
    if not isinstance(row, dict) or "text" not in row or "level" not in row:
        raise ValueError(f"line {number} needs `text` and `level`")
    return row


def _acted(found: Assessment) -> bool:
    return found.level == "emergency" and found.certainty == "confirmed"


def _caught(found: Assessment) -> bool:
    return found.level == "emergency"


def _right(row: dict[str, Any], found: Assessment) -> bool:
    if row["level"] == "emergency":
        return _acted(found)
    return bool(found.level == row["level"])


def _rates(rows: list[dict[str, Any]], found: list[Assessment]) -> dict[str, Any]:
    by_level: dict[str, list[Assessment]] = defaultdict(list)
    for row, assessment in zip(rows, found, strict=True):
        by_level[row["level"]].append(assessment)
    emergency, sensitive, routine = (
        by_level[level] for level in ("emergency", "sensitive", "routine")
    )
    return {
        "lines": len(rows),
        "emergency_recall": _share(_acted(a) for a in emergency),
        "emergency_caught": _share(_caught(a) for a in emergency),
        "sensitive_recall": _share(a.level != "routine" for a in sensitive),
        "routine_raised_rate": _share(_acted(a) or a.level == "sensitive" for a in routine),
        "routine_asked_rate": _share(_caught(a) and not _acted(a) for a in routine),
    }


def _by_category(rows: list[dict[str, Any]], found: list[Assessment]) -> dict[str, Any]:
    groups: dict[str, list[tuple[dict[str, Any], Assessment]]] = defaultdict(list)
    for row, assessment in zip(rows, found, strict=True):
        groups[row.get("category") or row["level"]].append((row, assessment))
    return {
        category: {
            "lines": len(group),
            "acted": _share(_acted(a) for _, a in group),
            "asked": _share(_caught(a) and not _acted(a) for _, a in group),
            "sensitive": _share(a.level == "sensitive" for _, a in group),
            "category_right": _share(a.category == r.get("category") for r, a in group),
        }
        for category, group in sorted(groups.items())
    }


def _share(flags: Any) -> float | None:
    values = [bool(flag) for flag in flags]
    return round(sum(values) / len(values), 4) if values else None


def _error(row: dict[str, Any], found: Assessment) -> dict[str, Any]:
    return {
        "text": row["text"],
        "expected": {"level": row["level"], "category": row.get("category", "")},
        "got": {
            "level": found.level,
            "category": found.category,
            "certainty": found.certainty,
            "score": round(found.score, 4),
        },
        "words": list(found.words),
        "by": list(found.by),
    }
