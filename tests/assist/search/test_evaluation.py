from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assist.search.evaluation import (
    Outcome,
    Question,
    evaluate_search,
    figures,
    read_library,
    read_questions,
)
from assist.search.model import Hit, Reasons, SearchResult
from foundation.errors import InvalidInput
from tests.assist.search.fakes import LetterEncoder

KEYS = [
    "r_at_1", "r_at_3", "r_at_10", "ndcg_at_10", "mrr",
    "abstain_precision", "abstain_recall", "latency_p50_ms", "latency_p95_ms",
]  # fmt: skip


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def outcome(gold: dict[str, float], found: list[str], abstained: bool = False) -> Outcome:
    hits = tuple(Hit(name, i + 1, 0.9 - i / 10, Reasons()) for i, name in enumerate(found))
    result = SearchResult(hits, abstained, hits[0].score if hits else 0.0)
    return Outcome(Question("q", "?", gold), result, 4.0)


def test_the_printed_figures_are_those_of_the_design(tmp_path: Path) -> None:
    library = write(
        tmp_path / "l.jsonl",
        [
            {"id": "a", "title": "冰箱不制冷", "solution_steps": ["查风门"]},
            {"id": "b", "title": "退款多久到账", "solution_steps": "三个工作日"},
        ],
    )
    queries = write(
        tmp_path / "q.jsonl",
        [
            {"qid": "1", "query": "冰箱不制冷", "gold": {"a": 3}},
            {"qid": "2", "query": "退款什么时候到账", "gold": {"a": 3}},
            {"qid": "3", "query": "今晚吃什么", "gold": {}},
        ],
    )
    errors = tmp_path / "errors.jsonl"
    found = evaluate_search(LetterEncoder(), library, queries, errors)
    assert list(found) == KEYS
    assert found["r_at_1"] == 0.5
    assert found["mrr"] == 0.75
    assert found["r_at_3"] == 1
    assert all(isinstance(value, float) for value in found.values())
    lines = [json.loads(line) for line in errors.read_text(encoding="utf-8").splitlines()]
    assert {line["qid"] for line in lines} <= {"1", "2", "3"}


def test_ranks_and_grades_count() -> None:
    found = figures([outcome({"a": 3, "b": 1}, ["b", "x", "a"]), outcome({"z": 2}, ["x", "y"])])
    assert found["r_at_1"] == 0.5
    assert found["mrr"] == 0.5
    gain = 1 + 7 / 2
    ideal = 7 + 1 / 1.584962500721156
    assert found["ndcg_at_10"] == pytest.approx(gain / ideal / 2)


def test_abstaining_is_right_where_nothing_answers() -> None:
    found = figures(
        [
            outcome({}, ["a"], abstained=True),
            outcome({}, ["a"]),
            outcome({"a": 1}, ["a"], abstained=True),
            outcome({"a": 1}, ["a"]),
        ]
    )
    assert found["abstain_precision"] == 0.5
    assert found["abstain_recall"] == 0.5
    assert found["r_at_1"] == 1


def test_without_unanswerable_questions_abstention_cannot_fail() -> None:
    found = figures([outcome({"a": 1}, ["a"])])
    assert (found["abstain_precision"], found["abstain_recall"]) == (1.0, 1.0)


def test_no_questions_give_figures_too() -> None:
    assert list(figures([])) == KEYS


def test_a_library_may_miss_or_misuse_everything_but_its_ids(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "title": "", "solution_steps": ["先断电"]},
        {"id": "2", "title": " "},
        {"id": "3", "title": "好", "category": "其他", "compensation": "无", "root_cause": "老化"},
        {"id": "4", "title": "新", "unknown": 1, "valid_from": "昨天"},
    ]
    cases = read_library(write(tmp_path / "l.jsonl", rows))
    assert [case.title for case in cases] == ["先断电", "2", "好", "新"]
    assert cases[2].root_cause == ["老化"]


@pytest.mark.parametrize("line", ["{", "[]", '{"title": "没有编号"}'])
def test_a_bad_library_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "l.jsonl"
    path.write_text('{"id": "1", "title": "好"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 2"):
        read_library(path)


@pytest.mark.parametrize("line", ['{"gold": {}}', '{"query": "x", "gold": ["a"]}'])
def test_a_bad_question_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 1"):
        read_questions(path)
