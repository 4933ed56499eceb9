from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.evaluation import (
    COST_OF_WRONG,
    Line,
    by_threshold,
    compare,
    confusions,
    intent_of,
    read_lines,
    same_entity,
    score,
)
from foundation.errors import InvalidInput


def parsed(name: str, confidence: float = 0.9, **entities: str) -> dict[str, Any]:
    return {
        "intent": {"name": name, "confidence": confidence},
        "entities": [{"entity": kind, "value": value} for kind, value in entities.items()],
        "intent_ranking": [{"name": name, "confidence": confidence}],
    }


def test_the_five_figures() -> None:
    lines = [
        Line("a", "greet", ()),
        Line("b", "greet", (("product", "洗衣機"), ("amount", "50元"))),
        Line("c", "thank", ()),
        Line("d", "deny", ()),
    ]
    results = [
        parsed("greet"),
        parsed("nlu_fallback", product="洗衣机"),
        parsed("thank"),
        parsed("affirm", phone="1"),
    ]
    figures = score(lines, results)
    assert figures["accuracy"] == 0.5
    assert figures["fallback_rate"] == 0.25
    assert figures["confidently_wrong_rate"] == 0.25
    assert figures["entity_f1"] == pytest.approx(2 * 1 / (2 + 2))
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_dialogue_intents_give_way_to_the_classifier() -> None:
    result = parsed("follow_up", 1.0)
    result["intent_ranking"] = [
        {"name": "nlu_fallback", "confidence": 0.5},
        {"name": "ask_usage", "confidence": 0.2},
    ]
    assert intent_of(result)[0] == "ask_usage"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("product", "雪櫃"), ("product", "雪柜"), True),
        (("model", "AXW-1080"), ("model", "axw1080"), True),
        (("symptom", "不制冷"), ("symptom", "一直不制冷"), True),
        (("symptom", "不制冷"), ("symptom", "漏水"), False),
        (("amount", "50"), ("amount", "500"), False),
        (("product", "空调"), ("symptom", "空调"), False),
    ],
)
def test_values_are_compared_after_normalising(
    one: tuple[str, str], other: tuple[str, str], same: bool
) -> None:
    assert same_entity(one, other) is same


def test_a_right_line_is_no_error() -> None:
    assert compare(Line("a", "greet", ()), parsed("greet")) is None
    assert compare(Line("a", "greet", ()), parsed("thank")) is not None


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"text": "a", "intent": "greet"}\n{"text": "b"}\n', encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_lines(file)
    assert caught.value.detail["line"] == 2


def test_confused_intents_are_counted_and_fallbacks_are_not() -> None:
    lines = [Line(str(n), "ask_usage", ()) for n in range(4)]
    results = [parsed("report_fault"), parsed("report_fault"), parsed("ask_usage")]
    results.append(parsed("nlu_fallback"))
    assert confusions(lines, results) == {"ask_usage → report_fault": {"lines": 2}}


def test_a_higher_threshold_trades_wrong_answers_for_questions() -> None:
    lines = [Line("a", "greet", ()), Line("b", "thank", ())]
    table = by_threshold(lines, [parsed("greet", 0.5), parsed("deny", 0.32)])
    assert table["0.30"]["cost"] == COST_OF_WRONG / 2
    assert table["0.35"] == {"confidently_wrong_rate": 0, "fallback_rate": 0.5, "cost": 0.5}
    assert table["0.60"] == {"confidently_wrong_rate": 0, "fallback_rate": 1, "cost": 1}
