"""Personal data in texts: found and masked before anything is stored as a case (SPEC section 7).

Every pattern runs on a view of the text with the same length, full-width signs made half-width,
so that a finding's span fits the text as typed. Order, complaint and repair numbers are kept:
they name a business event and are needed to understand a case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge_base.model import Case
from knowledge_base.places import addresses
from knowledge_base.surnames import names

Span = tuple[int, int]
_Check = Callable[[str, re.Match[str]], bool]


class PersonalData(StrEnum):
    """What a finding is; the value is the placeholder's wording."""

    MOBILE = "手机号"
    LANDLINE = "电话"
    ID_CARD = "身份证号"
    BANK_CARD = "银行卡号"
    EMAIL = "邮箱"
    PLATE = "车牌号"
    ADDRESS = "地址"
    NAME = "姓名"


@dataclass(frozen=True)
class Finding:
    """One piece of personal data: characters `start` up to `end` of the text that was given."""

    kind: PersonalData
    start: int
    end: int


@dataclass(frozen=True)
class Redacted:
    """The masked text and what was masked, in order of place."""

    text: str
    findings: tuple[Finding, ...]


_COVER = "]"
_START, _END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_GAP = r"[ \-.]"
_MOBILE = re.compile(
    rf"{_START}(?:(?:\+|00)?86[ \-]?)?"
    rf"(?:1[3-9]\d{{9}}|1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}|1[3-9]\d\d{_GAP}\d{{3}}{_GAP}\d{{4}}"
    rf"|1[3-9]\d{_GAP}\d{{3}}{_GAP}\d{{5}}|1 [3-9](?: \d){{9}}){_END}"
    rf"|{_START}(?:\+?886[ \-]?9|09)\d{{2}}[ \-]?\d{{3}}[ \-]?\d{{3}}{_END}"
    rf"|{_START}\+?852[ \-]?[4-9]\d{{3}}[ \-]?\d{{4}}{_END}"
)
_LANDLINE = re.compile(
    rf"{_START}(?:[(]0\d{{2,3}}[)] ?|0\d{{2,3}}[ \-]?)[1-9]\d{{2,3}}[ \-]?\d{{4}}"
    rf"(?:[ \-转]{{1,2}}\d{{1,6}})?(?!\d)"
)
_NUMBER_TO_CALL = re.compile(
    r"(?:电话|電話|手机|手機|联系方式|聯繫方式|座机|座機|微信号|微信)(?:号码|号|號碼|號)?"
    r"[是为為:： 打]{0,3}(?P<number>(?!400|800)\d(?:[ \-]?\d){6,12})(?!\d)"
)
_ID_CARD = re.compile(rf"{_START}\d{{17}}[\dXx]{_END}")
_ID_CARD_NAMED = re.compile(r"身份[证證][^0-9]{0,6}(?P<number>\d{14}\d{0,3}[\dXx])" + _END)
_BANK_CARD = re.compile(rf"{_START}[3-69]\d(?:[ \-]?\d){{14,17}}{_END}")
_BANK_CARD_NAMED = re.compile(
    r"(?:银行卡|銀行卡|储蓄卡|信用卡|卡号|卡號)[^0-9]{0,6}(?P<number>\d(?:[ \-]?\d){14,18})" + _END
)
_BUSINESS_NUMBER = re.compile(
    r"(?:订单|訂單|单号|單號|运单|快递|物流|工单|发票|税号|串号|IMEI|imei|序列号|条码|机身)[^0-9]{0,8}$"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", re.A)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·• ]?"
    r"(?=[A-HJ-NP-Z]{0,5}\d)[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"
)
_SPOKEN_DIGITS = str.maketrans("〇零一二三四五六七八九幺", "001234567891")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"


def redact(text: str) -> Redacted:
    """`text` with personal data replaced by placeholders such as `[手机号]`.

    Redacting the result again changes nothing. Text outside the findings is kept as typed.
    """
    findings = find(text)
    parts, at = [], 0
    for found in findings:
        parts += [text[at : found.start], f"[{found.kind.value}]"]
        at = found.end
    return Redacted("".join(parts) + text[at:], findings)


def find(text: str) -> tuple[Finding, ...]:
    """Personal data in `text`, in order, without overlaps; the surer pattern wins a quarrel.

    What is found is covered and the rest read again, because a neighbour can hide a number.
    """
    view = _half_width(text)
    findings: list[Finding] = []
    while fresh := _find_once(view):
        findings += fresh
        for found in fresh:
            cover = _COVER * (found.end - found.start)
            view = view[: found.start] + cover + view[found.end :]
    return tuple(sorted(findings, key=lambda found: found.start))


def redact_case(case: Case) -> tuple[Case, dict[str, list[PersonalData]]]:
    """The case with its free texts masked, and the kinds of data found by field."""
    found: dict[str, list[PersonalData]] = {}

    def clean(field: str, text: str) -> str:
        result = redact(text)
        if result.findings:
            found.setdefault(field, []).extend(finding.kind for finding in result.findings)
        return result.text

    changes: dict[str, object] = {
        field: clean(field, getattr(case, field))
        for field in ("title", "empathy_phrase", "outcome")
    }
    for field in ("customer_statement", "root_cause", "solution_steps", "tags"):
        changes[field] = [clean(field, line) for line in getattr(case, field)]
    detail = clean("compensation", case.compensation.detail)
    changes["compensation"] = case.compensation.model_copy(update={"detail": detail})
    return case.model_copy(update=changes), found


def is_id_card(number: str) -> bool:
    """Whether 18 characters are a mainland identity number: birth date and check digit fit."""
    if number[6:8] not in ("19", "20"):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return number[-1].upper() == _ID_CHECK[total % 11]


def passes_luhn(number: str) -> bool:
    """Whether the last digit is the Luhn check digit, as on every bank card."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _half_width(text: str) -> str:
    """The text with full-width signs made half-width, character by character."""
    folded = (unicodedata.normalize("NFKC", sign) if not sign.isascii() else sign for sign in text)
    return "".join(new if len(new) == 1 else old for old, new in zip(text, folded, strict=True))


def _id_card_fits(view: str, match: re.Match[str]) -> bool:
    return is_id_card(match.group())


def _card_fits(view: str, match: re.Match[str]) -> bool:
    before = view[max(0, match.start() - 12) : match.start()]
    number = re.sub(r"\D", "", match.group())
    return passes_luhn(number) and not _BUSINESS_NUMBER.search(before)


# In the order of sureness; a pattern's group `number` is the span where it has one.
_PATTERNS: tuple[tuple[PersonalData, re.Pattern[str], _Check | None], ...] = (
    (PersonalData.EMAIL, _EMAIL, None),
    (PersonalData.ID_CARD, _ID_CARD, _id_card_fits),
    (PersonalData.ID_CARD, _ID_CARD_NAMED, None),
    (PersonalData.BANK_CARD, _BANK_CARD_NAMED, None),
    (PersonalData.BANK_CARD, _BANK_CARD, _card_fits),
    (PersonalData.MOBILE, _MOBILE, None),
    (PersonalData.LANDLINE, _LANDLINE, None),
    (PersonalData.LANDLINE, _NUMBER_TO_CALL, None),
    (PersonalData.PLATE, _PLATE, None),
)


def _find_once(view: str) -> list[Finding]:
    taken = bytearray(len(view))
    findings = []
    for kind, (start, end) in _candidates(view):
        if not any(taken[start:end]) and _COVER not in view[start:end]:
            taken[start:end] = b"\1" * (end - start)
            findings.append(Finding(kind, start, end))
    return findings


def _candidates(view: str) -> Iterator[tuple[PersonalData, Span]]:
    for kind, pattern, fits in _PATTERNS:
        for match in pattern.finditer(view):
            if fits is None or fits(view, match):
                yield kind, match.span("number" if pattern.groupindex else 0)
    for match in _MOBILE.finditer(view.translate(_SPOKEN_DIGITS)):
        yield PersonalData.MOBILE, match.span()
    for span in addresses(view):
        yield PersonalData.ADDRESS, span
    for span in names(view):
        yield PersonalData.NAME, span
