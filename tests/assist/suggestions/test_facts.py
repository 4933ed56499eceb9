"""What is known is shown, what is missing is asked."""

from __future__ import annotations

from assist.suggestions.facts import as_shown, ask_next, known
from assist.suggestions.model import Fact


def test_facts_are_gathered_and_private_ones_masked() -> None:
    said = ["我的雪櫃AXR-520报F1", "订单AX2024110500123，电话13800001234"]
    assert as_shown(known(said, {})) == [
        Fact("产品", "冰箱"),
        Fact("型号", "AXR-520"),
        Fact("故障码", "F1"),
        Fact("订单号", "AX2024110500123"),
        Fact("电话", "138****1234"),
    ]


def test_what_was_said_last_holds_and_slots_fill_the_gaps() -> None:
    found = known(["洗衣机坏了", "不对，是干衣机"], {"product": "空调", "model": "AXD-900"})
    assert (found["product"], found["model"]) == ("干衣机", "AXD-900")
    assert known([], {"product": "滚筒洗衣机", "mood": "x"}) == {"product": "洗衣机"}


def test_missing_facts_are_asked_the_most_needed_first() -> None:
    assert ask_next(["坏了"], {})[0] == "请问是哪件电器？"
    about_refund = ask_next(["退款还没到账"], {})
    assert about_refund[0].startswith("订单号")
    asked = ask_next(["洗衣机不转"], {"product": "洗衣机", "symptom": "不转"})
    assert asked[0] == "大概是从哪天开始的？"
    assert asked[1].startswith("洗衣机的型号")
    everything = dict.fromkeys(("product", "model", "symptom", "date_time", "phone"), "有")
    assert ask_next(["洗衣机不转"], everything) == []


def test_at_most_three_questions() -> None:
    assert len(ask_next(["东西坏了要退货"], {})) == 3


def test_nobody_in_danger_is_asked_for_dates() -> None:
    assert "大概是从哪天开始的？" not in ask_next(["插座冒烟了，有焦味"], {})
