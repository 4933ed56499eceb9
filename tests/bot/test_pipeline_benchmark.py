"""The pure parts of the comparison of pipelines: subset, folds, figures."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from benchmarks.bot_pipelines import (
    STOCK,
    Row,
    at_most,
    examples,
    figures,
    folds,
    pipelines,
    plain,
    row_of,
)
from benchmarks.bot_pipelines import Measured as Taken
from bot.evaluation import Line

ROWS = [{"intent": f"i{n % 3}", "text": f"第{n}句"} for n in range(30)]


def said(intent: str, confidence: float) -> dict[str, Any]:
    return {"intent": {"name": intent, "confidence": confidence}}


def counted(rows: list[Row]) -> Counter[str]:
    return Counter(row["intent"] for row in rows)


def test_every_line_is_held_out_once_and_every_intent_is_in_every_fold() -> None:
    parts = folds(ROWS, 3)
    assert sorted(row["text"] for part in parts for row in part) == sorted(
        row["text"] for row in ROWS
    )
    for part in parts:
        assert all(3 <= count <= 4 for count in counted(part).values())
        assert len(counted(part)) == 3


def test_folds_and_subset_are_the_same_each_time() -> None:
    assert folds(ROWS, 3) == folds(list(ROWS), 3)
    assert at_most(ROWS, 4) == at_most(list(ROWS), 4)


def test_the_subset_takes_as_many_of_each_intent_and_not_the_first() -> None:
    few = at_most(ROWS, 4)
    assert set(counted(few).values()) == {4}
    assert few != [row for row in ROWS if row in few]
    assert len(at_most(ROWS, None)) == len(ROWS)


def test_a_line_is_judged_without_its_annotation() -> None:
    row = {"intent": "book_repair", "text": "[冰箱](product)报[E2](fault_code)了"}
    assert plain(row) == Line(
        "冰箱报E2了", "book_repair", (("product", "冰箱"), ("fault_code", "E2"))
    )


def test_wrong_lines_count_as_confident_only_above_the_pipelines_own_threshold() -> None:
    lines = [Line(str(n), "a", ()) for n in range(10)]
    unsure = [said("a", 0.9) for _ in range(8)] + [said("b", 0.95), said("b", 0.1)]
    found = figures(lines, unsure, refused=0.1)
    assert found.accuracy == pytest.approx(0.8)
    assert found.confidently_wrong == pytest.approx(0.1)
    assert figures(lines, unsure, refused=0.0).confidently_wrong == pytest.approx(0.2)


def test_confidence_is_compared_within_a_pipeline_alone() -> None:
    lines = [Line(str(n), "a", ()) for n in range(10)]
    answers = [said("a", 0.9)] * 9 + [said("b", 0.5)]
    shy = [said(a["intent"]["name"], a["intent"]["confidence"] / 10) for a in answers]
    assert figures(lines, answers) == figures(lines, shy)


def test_the_table_has_a_column_for_each_figure() -> None:
    taken = Taken([Line("在吗", "greet", ())], [said("greet", 1.0)], [2.0], [9.0], [700.0])
    assert row_of("ours", taken) == (
        "| ours | 1.000 | 1.000 | 0.0% | 9 s | 2.0 ms | 2.0 ms | 700 MB |"
    )


def test_four_pipelines_are_compared_and_none_has_a_fallback() -> None:
    compared = pipelines(7)
    assert len(compared) == 4
    names = [[part["name"] for part in pipeline] for pipeline in compared.values()]
    assert not any("FallbackClassifier" in parts for parts in names)
    assert compared[next(n for n in compared if "DIET" in n)][-1]["epochs"] == 7
    assert STOCK[-1]["epochs"] == 100


def test_the_bots_own_examples_are_read() -> None:
    rows = examples()
    assert len(rows) > 1000
    assert min(counted(at_most(rows, 40)).values()) == 40
