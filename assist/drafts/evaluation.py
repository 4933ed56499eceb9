"""`frontline eval drafts`: the production draft check on the judged situations.

A figure is taken on one half of the file, by default on the one that nothing was built from.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assist.drafts.check import DraftCheck
from assist.drafts.model import Allowance, Conversation, DraftWarning, WarningKind
from assist.drafts.situations import JudgedSituation
from assist.suggestions.empathy import EmpathyBook
from assist.suggestions.facts import known
from assist.suggestions.model import EmpathyPhrase, Situation

FeelingOf = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class _Judged:
    """One situation with the warnings on each of its replies and the phrases proposed for it."""

    situation: JudgedSituation
    good: list[DraftWarning]
    formulaic: list[DraftWarning]
    harmful: list[DraftWarning]
    phrases: list[tuple[EmpathyPhrase, list[DraftWarning]]]

    @property
    def harms(self) -> set[WarningKind]:
        """Kinds found in the harmful reply; being merely empty is no harm."""
        return {warning.kind for warning in self.harmful} - {WarningKind.EMPTY_FORMULA}


def evaluate_drafts(
    check: DraftCheck,
    book: EmpathyBook,
    situations: Sequence[JudgedSituation],
    allowance: Allowance,
    feeling_of: FeelingOf,
    errors_path: Path | None = None,
) -> dict[str, Any]:
    """Rates (0-1) over `situations`, latency in milliseconds, and a table by kind of harm.

    `allowance` is what an agent may grant; `errors_path` receives each wrong judgement (JSONL).
    """
    seconds: list[float] = []
    judged = [_judge(check, book, s, allowance, feeling_of, seconds) for s in situations]
    if errors_path:
        lines = [json.dumps(error, ensure_ascii=False) for row in judged for error in _errors(row)]
        errors_path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    proposals = [warnings for row in judged for _, warnings in row.phrases]
    return {
        "situations": len(judged),
        "harmful_recall": _share(bool(row.harms) for row in judged),
        "kind_recall": _share(row.situation.kinds[0] in row.harms for row in judged),
        "false_alarm": _share(bool(row.good) for row in judged),
        "formulaic_found": _share(_has(row.formulaic, WarningKind.EMPTY_FORMULA) for row in judged),
        "formulaic_warned": _share(bool(row.formulaic) for row in judged),
        "better_offered": _share(bool(w.better) for row in judged for w in row.harmful),
        "empathy_offered": _share(bool(row.phrases) for row in judged),
        "empathy_clean": _share(not warnings for warnings in proposals),
        "empathy_bare": _share(_has(w, WarningKind.EMPTY_FORMULA) for w in proposals),
        "latency_p50_ms": round(float(np.percentile(seconds, 50)) * 1000, 2),
        "latency_p95_ms": round(float(np.percentile(seconds, 95)) * 1000, 2),
        "by_kind": _by_kind(judged),
    }


def _judge(
    check: DraftCheck,
    book: EmpathyBook,
    situation: JudgedSituation,
    allowance: Allowance,
    feeling_of: FeelingOf,
    seconds: list[float],
) -> _Judged:
    facts = known(situation.said, {})
    about = Conversation(situation.said, facts, situation.stage, allowance)

    def timed(draft: str) -> list[DraftWarning]:
        began = time.perf_counter()
        found = check.check(draft, about)
        seconds.append(time.perf_counter() - began)
        return found

    proposed = book.choose(
        Situation(
            situation.said,
            feeling=feeling_of(situation.said),
            agent_spoke=situation.stage != "opening",
            stage=situation.stage,
        ),
        facts,
    )
    return _Judged(
        situation,
        timed(situation.good),
        timed(situation.formulaic),
        timed(situation.harmful),
        [(phrase, check.check(phrase.text, about)) for phrase in proposed],
    )


def _by_kind(judged: Sequence[_Judged]) -> dict[str, Any]:
    groups: dict[WarningKind, list[_Judged]] = defaultdict(list)
    for row in judged:
        groups[row.situation.kinds[0]].append(row)
    return {
        kind.value: {
            "situations": len(groups[kind]),
            "found": _share(bool(row.harms) for row in groups[kind]),
            "named_right": _share(kind in row.harms for row in groups[kind]),
            "on_good_replies": sum(_has(row.good, kind) for row in judged),
        }
        for kind in WarningKind
        if groups[kind] or any(_has(row.good, kind) for row in judged)
    }


def _errors(row: _Judged) -> list[dict[str, Any]]:
    """What went wrong in one situation: a harm missed, a false alarm, a formula not seen."""
    wrong = []
    if not row.harms:
        wrong.append(("harm missed", row.situation.harmful, row.harmful))
    if row.good:
        wrong.append(("false alarm", row.situation.good, row.good))
    if not _has(row.formulaic, WarningKind.EMPTY_FORMULA):
        wrong.append(("formula not seen", row.situation.formulaic, row.formulaic))
    wrong += [("proposal warned of", p.text, found) for p, found in row.phrases if found]
    return [
        {
            "id": row.situation.id,
            "wrong": what,
            "said": row.situation.said,
            "draft": draft,
            "expected": [kind.value for kind in row.situation.kinds],
            "got": [{"kind": w.kind.value, "words": w.words} for w in found],
        }
        for what, draft, found in wrong
    ]


def _has(warnings: Sequence[DraftWarning], kind: WarningKind) -> bool:
    return any(warning.kind is kind for warning in warnings)


def _share(flags: Any) -> float | None:
    values = [bool(flag) for flag in flags]
    return round(sum(values) / len(values), 4) if values else None
