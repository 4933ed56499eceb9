from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.entities.phones import PhoneFault, read_phone

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(MOBILES, st.sampled_from([" ", "-", ""]))
def test_a_mobile_is_read_however_it_is_grouped(phone: str, gap: str) -> None:
    typed = gap.join((phone[:3], phone[3:7], phone[7:]))
    reading = read_phone(f"电话 {typed}")
    assert reading is not None
    assert (reading.number, reading.fault) == (phone, None)


@given(MOBILES, st.integers(1, 4))
def test_a_missing_digit_is_noticed_and_counted(phone: str, missing: int) -> None:
    reading = read_phone(phone[:-missing])
    assert reading is not None
    assert reading.fault is PhoneFault.TOO_SHORT
    assert 11 - len(reading.digits) == missing


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+86 138 0000 1234", "13800001234"),
        ("一三八零零零零一二三四", "13800001234"),
        ("幺三八〇〇〇〇幺二三四", "13800001234"),
        ("010-88886666", "01088886666"),
        ("１３８００００１２３４", "13800001234"),
        ("0912-345-678", "0912345678"),
    ],
)
def test_other_ways_to_write_a_number(text: str, number: str) -> None:
    reading = read_phone(text)
    assert reading is not None
    assert reading.number == number


def test_a_text_without_a_number_is_no_reading() -> None:
    assert read_phone("没有电话") is None
    assert read_phone("3栋2单元501") is None
