"""What is searched is the problem, not the small talk around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.suggestions.query import LONGEST, boil_down
from knowledge_base.redaction import find


@pytest.mark.parametrize(
    ("said", "query"),
    [
        (["你好", "在吗", "洗衣机不排水，一直嗡嗡响", "好的"], "洗衣机不排水 一直嗡嗡响"),
        (["您好，请问一下，热水器点不着火怎么回事"], "热水器点不着火怎么回事"),
        (["洗碗機漏水，地板都泡咗"], "洗碗机漏水 地板都泡咗"),
        (["人工"], ""),
        (["😡😡", "是的", "没有", "谢谢你们"], ""),
        (["修好了，谢谢"], ""),
    ],
)
def test_noise_is_dropped(said: list[str], query: str) -> None:
    assert boil_down(said) == query


def test_numbers_and_persons_are_dropped() -> None:
    query = boil_down(["我叫张伟，电话13800001234，订单AX2024110500123的冰箱还没送到"])
    assert "冰箱还没送到" in query
    assert not any(part in query for part in ("张伟", "1380000", "ax2024"))


def test_the_latest_message_comes_first_and_older_ones_help() -> None:
    assert boil_down(["洗衣机脱水时跳", "垫了脚还是跳"]) == "垫了脚还是跳 洗衣机脱水时跳"


def test_another_product_ends_the_older_story() -> None:
    assert boil_down(["空调漏水", "对了，冰箱也不制冷了"]) == "冰箱也不制冷了"


def test_a_leaning_question_takes_over_the_one_before() -> None:
    assert boil_down(["洗衣机保修几年", "那冰箱呢"]) == "冰箱保修几年"


def test_the_known_product_is_put_in_front() -> None:
    assert boil_down(["一直嗡嗡响"], "洗衣机") == "洗衣机 一直嗡嗡响"
    assert boil_down(["冰箱嗡嗡响"], "洗衣机") == "冰箱嗡嗡响"


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_talk_gives_a_short_query(said: list[str]) -> None:
    assert len(boil_down(said)) <= LONGEST


def test_no_telephone_survives_even_in_a_long_talk() -> None:
    said = ["x" * 5000, "打138 0000 1234，空调不冷" * 20]
    assert find(boil_down(said)) == ()
