"""How good search is on a library and queries of one's own (`frontline eval search`)."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from assist.encoder import Encoder
from assist.search.engine import SearchEngine
from assist.search.library import VectorStore
from assist.search.model import SearchResult
from foundation.errors import InvalidInput
from knowledge_base.model import Case

DEPTH = 10
_PUT_AT_ONCE = 256
_TITLE_LENGTH = 60


@dataclass(frozen=True)
class Question:
    """One query of the file; `gold` maps case ids to grades 1-3, empty when nothing answers it."""

    qid: str
    query: str
    gold: Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """What search said to one question, and in how many milliseconds."""

    question: Question
    result: SearchResult
    milliseconds: float


def evaluate_search(
    encoder: Encoder,
    library: Path,
    queries: Path,
    errors: Path | None = None,
    *,
    store: VectorStore | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, float]:
    """Ask the production search every question over a throw-away index of `library`.

    Both files are JSON lines: cases with any fields but `id` missing, and
    `{"qid", "query", "gold": {case_id: grade}}`. The wrong answers go to `errors` as JSON lines.
    Returns the figures of `figures`. Raises `InvalidInput` naming file and line."""
    cases = read_library(library)
    questions = read_questions(queries)
    engine = SearchEngine(encoder, store=store)
    for start in range(0, len(cases), _PUT_AT_ONCE):
        engine.upsert(cases[start : start + _PUT_AT_ONCE])
        progress(min(start + _PUT_AT_ONCE, len(cases)), len(cases))
    engine.settle()
    outcomes = [_ask(engine, question) for question in questions]
    if errors is not None:
        titles = {case.id: case.title for case in cases}
        lines = [json.dumps(line, ensure_ascii=False) for line in wrong_lines(outcomes, titles)]
        errors.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return figures(outcomes)


def figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Rates 0-1 and milliseconds, by the names in DESIGN section 6.

    Ranking counts questions with an answer, whether or not search abstained: `r_at_k` is the share
    with a right case among the first k, nDCG has the gain 2^grade - 1. Abstention precision is the
    share of abstentions where nothing answers, recall the share of such questions abstained on;
    either is 1 when there was nothing to get wrong."""
    answered = [outcome for outcome in outcomes if outcome.question.gold]
    grades = [_grades(outcome) for outcome in answered]
    times = [outcome.milliseconds for outcome in outcomes] or [0.0]
    hopeless = [outcome.result.abstained for outcome in outcomes if not outcome.question.gold]
    abstained = [not outcome.question.gold for outcome in outcomes if outcome.result.abstained]
    return {
        **{f"r_at_{k}": _mean([any(row[:k]) for row in grades]) for k in (1, 3, 10)},
        "ndcg_at_10": _mean([_ndcg(row, o.question.gold) for row, o in _paired(grades, answered)]),
        "mrr": _mean([_reciprocal_rank(row) for row in grades]),
        "abstain_precision": _mean(abstained, of_none=1.0),
        "abstain_recall": _mean(hopeless, of_none=1.0),
        "latency_p50_ms": float(np.percentile(times, 50)),
        "latency_p95_ms": float(np.percentile(times, 95)),
    }


def wrong_lines(outcomes: Sequence[Outcome], titles: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The questions with no right case among the first three, or wrongly (not) abstained on: what
    was expected, what was found, and what made search say so."""
    for outcome in outcomes:
        problem = _problem(outcome)
        if problem:
            yield {
                "qid": outcome.question.qid,
                "query": outcome.question.query,
                "problem": problem,
                "expected": {name: titles.get(name, "") for name in outcome.question.gold},
                "abstained": outcome.result.abstained,
                "confidence": round(outcome.result.confidence, 3),
                "found": [
                    {
                        "id": hit.case_id,
                        "title": titles.get(hit.case_id, ""),
                        "score": round(hit.score, 3),
                        "words": hit.reasons.words,
                        "facts": hit.reasons.facts,
                    }
                    for hit in outcome.result.hits[:3]
                ],
            }


def read_library(path: Path) -> list[Case]:
    """Cases of a JSON lines file. A missing title is made up from the first step or the id, fields
    that a case cannot hold are left out. Raises `InvalidInput` on what is not a case at all."""
    return [_lenient_case(path, number, row) for number, row in _rows(path)]


def read_questions(path: Path) -> list[Question]:
    """Questions of a JSON lines file. Raises `InvalidInput`."""
    questions = []
    for number, row in _rows(path):
        gold = row.get("gold") or {}
        if not isinstance(row.get("query"), str) or not isinstance(gold, dict):
            raise _bad_line(path, number, "needs a text `query` and an object `gold`")
        graded = {str(name): float(grade) for name, grade in gold.items() if grade}
        questions.append(Question(str(row.get("qid", number)), row["query"], graded))
    return questions


def _ask(engine: SearchEngine, question: Question) -> Outcome:
    started = time.perf_counter()
    result = engine.search(question.query, DEPTH)
    return Outcome(question, result, (time.perf_counter() - started) * 1000)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as problem:
                raise _bad_line(path, number, str(problem)) from problem
            if not isinstance(row, dict):
                raise _bad_line(path, number, "is not a JSON object")
            yield number, row


def _lenient_case(path: Path, number: int, row: dict[str, Any]) -> Case:
    steps = row.get("solution_steps") or [""]
    first_step = steps if isinstance(steps, str) else str(steps[0])
    title = str(row.get("title") or "").strip() or first_step[:_TITLE_LENGTH].strip()
    fields = {**row, "title": title or str(row.get("id", ""))}
    try:
        return Case.model_validate(fields)
    except ValidationError as problem:
        unfit = {error["loc"][0] for error in problem.errors()}
    try:
        return Case.model_validate({k: v for k, v in fields.items() if k not in unfit - {"id"}})
    except ValidationError as problem:
        raise _bad_line(path, number, str(problem.errors()[0]["msg"])) from problem


def _bad_line(path: Path, number: int, reason: str) -> InvalidInput:
    return InvalidInput(f"{path.name}, line {number}: {reason}", file=path.name, line=number)


def _problem(outcome: Outcome) -> str:
    if not outcome.question.gold:
        return "" if outcome.result.abstained else "answered what has no answer"
    if not any(_grades(outcome)[:3]):
        return "no right case among the first three"
    return "abstained though it had found the answer" if outcome.result.abstained else ""


def _grades(outcome: Outcome) -> list[float]:
    return [outcome.question.gold.get(hit.case_id, 0.0) for hit in outcome.result.hits]


def _ndcg(grades: Sequence[float], gold: Mapping[str, float]) -> float:
    ideal = _gain(sorted(gold.values(), reverse=True)[:DEPTH])
    return _gain(grades[:DEPTH]) / ideal if ideal else 0.0


def _gain(grades: Sequence[float]) -> float:
    return sum((2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))


def _reciprocal_rank(grades: Sequence[float]) -> float:
    return next((1 / rank for rank, grade in enumerate(grades, start=1) if grade), 0.0)


def _mean(values: Sequence[float], of_none: float = 0.0) -> float:
    return float(np.mean(values)) if values else of_none


def _paired(
    grades: list[list[float]], outcomes: list[Outcome]
) -> Iterator[tuple[list[float], Outcome]]:
    return zip(grades, outcomes, strict=True)
