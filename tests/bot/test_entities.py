from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.entities.extractor import extract
from assist.entities.folding import fold

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
AROUND = st.sampled_from(
    ["", "我电话", "号码是 ", "打这个：", "，谢谢", " 随时打", "我家冰箱坏了，"]
)


def found(text: str) -> list[tuple[str, str]]:
    return [(entity.type, entity.value) for entity in extract(text)]


@given(before=AROUND, phone=MOBILES, after=AROUND)
def test_a_mobile_number_is_found_whatever_stands_around_it(
    before: str, phone: str, after: str
) -> None:
    assert ("phone", phone) in found(before + phone + after)


@given(
    day=st.dates(date(2020, 1, 1), date(2029, 12, 31)),
    n=st.integers(0, 99999),
    lower=st.booleans(),
    before=AROUND,
)
def test_an_order_number_is_found_and_never_taken_for_a_phone(
    day: date, n: int, lower: bool, before: str
) -> None:
    number = f"AX{day:%Y%m%d}{n:05d}"
    text = before + (number.lower() if lower else number) + " 退款呢"
    kinds = dict(found(text))
    assert kinds["order_no"].upper() == number
    assert "phone" not in kinds


@given(text=st.text(max_size=200))
def test_any_text_gives_spans_of_itself_in_order_without_overlap(text: str) -> None:
    entities = extract(text)
    assert all(text[e.start : e.end] == e.value for e in entities)
    assert all(a.end <= b.start for a, b in itertools.pairwise(entities))


@given(text=st.text(max_size=200))
def test_folding_never_moves_a_character(text: str) -> None:
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("部雪櫃唔凍喎", [("product", "雪櫃"), ("symptom", "唔凍")]),
        ("my washing machine is leaking", [("product", "washing machine"), ("symptom", "leaking")]),
        ("滚筒洗衣机报Ｅ２", [("product", "滚筒洗衣机"), ("fault_code", "Ｅ２")]),
        ("axw1080 脱水嗡嗡响", [("model", "axw1080"), ("symptom", "嗡嗡响")]),
        ("投诉 ts2025 1105 42 咋样了", [("complaint_no", "ts2025 1105 42")]),
        ("明天下午3点来修空调", [("date_time", "明天下午3点"), ("product", "空调")]),
        ("收了我380换个电容", [("amount", "380")]),
        ("地址青羊区芳草街12号", [("address", "青羊区芳草街12号")]),
    ],
)
def test_what_customers_type_is_found_as_typed(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("等了三天还没来", "date_time"),
        ("保修三年吗", "date_time"),
        ("手机号发你了", "product"),
        ("电视剧真好看", "product"),
        ("第2号方案", "date_time"),
        ("有一点小建议", "date_time"),
        ("投诉咋没动静", "symptom"),
        ("漏电保护器多少钱", "symptom"),
        ("两台一共几件", "amount"),
        ("走路五分钟", "address"),
    ],
)
def test_what_only_looks_like_an_entity_is_left_alone(text: str, kind: str) -> None:
    assert kind not in dict(found(text))
