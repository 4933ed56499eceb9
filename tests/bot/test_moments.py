from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.entities.moments import Moment, number, read_moment

WEDNESDAY = date(2025, 11, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("明儿上午", "11月6日（周四）上午"),
        ("听日下昼", "11月6日（周四）下午"),
        ("后天晚上七点", "11月7日（周五）19:00-20:00"),
        ("大后天中午", "11月8日（周六）中午"),
        ("周四下午两点", "11月6日（周四）14:00-16:00"),
        ("周三上午", "11月5日（周三）上午"),
        ("下周三上午", "11月12日（周三）上午"),
        ("週日早上", "11月9日（周日）上午"),
        ("周末下午", "11月8日（周六）下午"),
        ("11月6号2点到4点", "11月6日（周四）14:00-16:00"),
        ("2025-11-06 上午", "11月6日（周四）上午"),
        ("十二号上午十点", "11月12日（周三）10:00-12:00"),
        ("3号上午", "12月3日（周三）上午"),
        ("1月8号下午", "1月8日（周四）下午"),
        ("周六都行", "11月8日（周六）全天"),
        ("不是明天上午，是后天上午", "11月7日（周五）上午"),
        ("周三不行，周四下午吧", "11月6日（周四）下午"),
        ("周五要开会，挪到周日上午行吗", "11月9日（周日）上午"),
        ("别早上来，明天晚上", "11月6日（周四）晚上"),
    ],
)
def test_a_wish_is_read_back_with_day_weekday_and_hours(text: str, said: str) -> None:
    assert read_moment(text, WEDNESDAY).said() == said


def test_a_bare_weekday_lies_in_the_week_talked_of() -> None:
    next_week = date(2025, 11, 12)
    assert read_moment("不是周三，是周四", WEDNESDAY, next_week).day == date(2025, 11, 13)
    assert read_moment("这周四", WEDNESDAY, next_week).day == date(2025, 11, 6)
    assert read_moment("周一", WEDNESDAY, WEDNESDAY).day == date(2025, 11, 10)


def test_what_is_left_open_is_taken_from_what_was_said_before() -> None:
    day = read_moment("周六", WEDNESDAY)
    assert day.hours is None
    joined = read_moment("下午", WEDNESDAY).filled_from(day)
    assert joined == Moment(date(2025, 11, 8), (12, 18), "下午")


@pytest.mark.parametrize("text", ["", "好的", "2月30号吧", "不知道"])
def test_no_day_is_made_up(text: str) -> None:
    assert read_moment(text, WEDNESDAY).day is None


@given(st.integers(1, 99))
def test_numbers_read_the_same_in_digits_and_words(n: int) -> None:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(n, 10)
    words = ("" if tens == 1 else digits[tens]) + "十" if tens else ""
    words += digits[ones] if ones else ""
    assert number(words) == number(str(n)) == n


@given(st.text(max_size=80), st.dates(date(2024, 1, 1), date(2030, 12, 1)))
def test_any_text_is_survived(text: str, today: date) -> None:
    read_moment(text, today)
