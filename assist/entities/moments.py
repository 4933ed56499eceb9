"""When a customer wants something: relative words resolved against a given day."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from assist.entities.folding import fold

WEEKDAYS = "一二三四五六日"
PARTS = {"上午": (8, 12), "中午": (12, 14), "下午": (12, 18), "傍晚": (16, 20), "晚上": (18, 20)}
SLOT_HOURS = 2
LATEST = 20

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_NUM = r"(\d{1,2}|[一二两三四五六七八九十]{1,3})"
_AHEAD = (
    (re.compile(r"大后[天日儿]"), 3),
    (re.compile(r"后[天日儿]"), 2),
    (re.compile(r"明[天日儿朝早晚]|明(?=上午|下午|中午)|听日|闻日|tomorrow"), 1),
    (re.compile(r"今[天日儿朝早晚夜]|今(?=上午|下午|中午)|today|tonight"), 0),
    (re.compile(r"大前[天日儿]"), -3),
    (re.compile(r"前[天日儿]"), -2),
    (re.compile(r"昨[天日儿晚夜]|寻日|琴日|yesterday"), -1),
)
_FULL = re.compile(r"(20\d{2})[-/.年](\d{1,2})[-/.月](\d{1,2})")
_MONTH_DAY = re.compile(rf"{_NUM}月{_NUM}[号日]?")
_SLASHED = re.compile(r"(?<!\d)(\d{1,2})[/.](\d{1,2})(?!\d)")
_DAY = re.compile(rf"(?<![月\d]){_NUM}[号日](?!楼|院|线|门|店|弄|栋)")
_WEEKDAY = re.compile(r"(下下|下|上|这|本)?个?(?:周|星期|礼拜)([一二三四五六日天末])")
_PART_WORDS = (
    ("上午", re.compile(r"上午|早上|早晨|一早|清早|朝早|[明今]早|早(?=\d|[一二三四五六七八九十])")),
    ("中午", re.compile(r"中午|晏昼")),
    ("下午", re.compile(r"下午|下昼|午后")),
    ("傍晚", re.compile(r"傍晚|下班后")),
    ("晚上", re.compile(r"晚上|夜里|[今明]晚|晚(?=\d|[一二三四五六七八九十])")),
)
_CLOCK_RANGE = re.compile(
    rf"{_NUM}[点:：时]?(?:00|30|半)?\s?(?:到|至|-|~|—)\s?(?:上午|下午|晚上)?"
    rf"{_NUM}(?:点|时|[:：]\d\d)"
)
_CLOCK = re.compile(rf"{_NUM}(?:点|时|[:：](\d\d))(半)?")
_ANY_TIME = re.compile(
    r"都行|都可以|都可|随便|随时|全天|一整天|一天都|看你们|什么时候都|几点都|任何时[间候]"
)
_TAKEN_BACK = re.compile(
    r"(?:不是|不要|别)[^，,。、;；!！\s]{1,8}?(?:[，,。、;；!！\s]+|(?=而?是|要|换|改))"
    r"|[^，,。、;；!！\s]{1,8}?(?:不行|没空|没时间|不方便|不在家?|有事|出差)[，,。、;；!！\s]+"
)
_MOVED_TO = re.compile(r"[挪改换推调延移](?:迟|后|前|期)?[到成至]|提前到|提到")
_NAMES_TIME = re.compile(
    r"周|星期|礼拜|月|[号日]|[今明后][天日儿早晚]|[上下]午|早|晚|中午|[点时:：]|听日|都行|随时"
)


@dataclass(frozen=True)
class Moment:
    """A day and the hours between which; either may be unknown yet.

    `hours` is (from, to) in whole hours of the 24-hour clock; `part` how the customer said it.
    """

    day: date | None = None
    hours: tuple[int, int] | None = None
    part: str = ""
    any_time: bool = False

    def filled_from(self, earlier: Moment) -> Moment:
        """This moment, what it leaves open taken from an earlier one."""
        filled = self if self.day else replace(self, day=earlier.day)
        if filled.hours is None:
            filled = replace(filled, hours=earlier.hours, part=earlier.part)
        return filled

    def said(self) -> str:
        """Read back: `11月6日（周四）上午`, `11月6日（周四）14:00-16:00`."""
        if self.day is None:
            return self.part
        return f"{self.day.month}月{self.day.day}日（周{WEEKDAYS[self.day.weekday()]}）{self.part}"


def read_moment(text: str, today: date, near: date | None = None) -> Moment:
    """Day and hours named in `text`; an empty Moment when there are none.

    Of "不是周三，是周四" and "周五没空，挪到周日" the last is meant. A bare weekday lies in the
    week of `near`, the day talked of before, if that is still to come."""
    folded = _meant(fold(text))
    any_time = bool(_ANY_TIME.search(folded))
    hours, part = _hours(folded)
    day = _day(folded, today, near)
    if hours is None and any_time:
        hours, part = (8, 20), "全天"
    return Moment(day, hours, part, any_time)


def _meant(text: str) -> str:
    """What is left of `text` without what it takes back, when that still names a time."""
    kept = _TAKEN_BACK.sub(" ", text)
    wanted = _MOVED_TO.split(kept)[-1]
    return next((part for part in (wanted, kept) if _NAMES_TIME.search(part)), text)


def _day(text: str, today: date, near: date | None) -> date | None:
    if match := _FULL.search(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _MONTH_DAY.search(text) or _SLASHED.search(text):
        return _coming(today, number(match[1]), number(match[2]))
    ahead = next((days for pattern, days in _AHEAD if pattern.search(text)), None)
    if ahead is not None:
        return today + timedelta(days=ahead)
    if match := _WEEKDAY.search(text):
        return _weekday(match[1] or "", match[2], today, near)
    match = _DAY.search(text)
    return _day_of_month(number(match[1]), today) if match else None


def _weekday(which: str, name: str, today: date, near: date | None) -> date:
    wanted = 5 if name == "末" else 6 if name == "天" else WEEKDAYS.index(name)
    monday = today - timedelta(days=today.weekday())
    if which in ("下", "下下"):
        return monday + timedelta(days=7 * len(which) + wanted)
    if which == "上":
        return monday + timedelta(days=wanted - 7)
    if near and not which and near - timedelta(days=near.weekday() - wanted) >= today:
        return near - timedelta(days=near.weekday() - wanted)
    day = monday + timedelta(days=wanted)
    return day if day >= today or which else day + timedelta(days=7)


def _coming(today: date, month: int, day: int) -> date | None:
    """That day this year, or next year when it is more than half a year past."""
    found = _date(today.year, month, day)
    if found and (today - found).days > 183:
        return _date(today.year + 1, month, day)
    return found


def _day_of_month(day: int, today: date) -> date | None:
    month_on = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    if day >= today.day:
        return _date(today.year, today.month, day)
    return _date(month_on.year, month_on.month, day)


def _hours(text: str) -> tuple[tuple[int, int] | None, str]:
    part = next((name for name, pattern in _PART_WORDS if pattern.search(text)), "")
    if match := _CLOCK_RANGE.search(text):
        start, end = _on_24(number(match[1]), part), _on_24(number(match[2]), part)
        if start < end:
            return (start, end), f"{start}:00-{end}:00"
    if match := _CLOCK.search(text):
        start = _on_24(number(match[1]), part)
        end = start + SLOT_HOURS if start >= LATEST else min(start + SLOT_HOURS, LATEST)
        return (start, end), f"{start}:00-{end}:00"
    return (PARTS[part], part) if part else (None, "")


def _on_24(hour: int, part: str) -> int:
    afternoon = part in ("下午", "傍晚", "晚上") or (part == "中午" and hour < 4)
    unsaid = not part and 1 <= hour < 8
    return hour + 12 if (afternoon or unsaid) and hour < 12 else hour


def number(typed: str) -> int:
    """`typed` digits or Chinese words below one hundred as a number."""
    if typed.isdigit():
        return int(typed)
    tens, ten, ones = typed.partition("十")
    if not ten:
        return int("".join(str(_DIGITS[c]) for c in typed))
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones[0]] if ones else 0)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
