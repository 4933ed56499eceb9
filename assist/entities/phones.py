"""What a customer typed as a telephone number, judged and normalised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from assist.entities.folding import fold
from assist.entities.numbers import PHONE

MOBILE_DIGITS = 11
_SPOKEN = str.maketrans("零〇幺一二三四五六七八九", "001123456789")
_DIGIT_RUN = re.compile(r"(?<![\da-z])\+?\d(?:[\s-]?\d){4,14}(?!\d)")
_SPOKEN_RUN = re.compile(r"[一幺][零〇幺一二三四五六七八九]{6,13}")


class PhoneFault(StrEnum):
    """What is wrong with a number that was meant as a phone."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_A_PHONE = "not_a_phone"


@dataclass(frozen=True)
class PhoneReading:
    """`number` (digits alone) when it is good, else the fault; `digits` is what was typed."""

    number: str = ""
    digits: str = ""
    fault: PhoneFault | None = None


def read_phone(text: str) -> PhoneReading | None:
    """The phone in `text`, or what is wrong with the number meant as one; None without a number.

    Mainland mobiles and landlines with area code, Taiwan mobiles. A mobile has 11 digits.
    """
    folded = fold(text)
    if found := PHONE.search(folded):
        return PhoneReading(number=_digits(found.group()), digits=_digits(found.group()))
    run = _DIGIT_RUN.search(folded) or _SPOKEN_RUN.search(folded)
    if run is None:
        return None
    digits = _digits(run.group())
    if not digits.startswith("1"):
        return PhoneReading(digits=digits, fault=PhoneFault.NOT_A_PHONE)
    if len(digits) < MOBILE_DIGITS:
        return PhoneReading(digits=digits, fault=PhoneFault.TOO_SHORT)
    if len(digits) > MOBILE_DIGITS:
        return PhoneReading(digits=digits, fault=PhoneFault.TOO_LONG)
    return PhoneReading(digits=digits, fault=PhoneFault.NOT_A_PHONE)


def _digits(typed: str) -> str:
    spoken = typed.translate(_SPOKEN)
    digits = re.sub(r"\D", "", spoken)
    is_mobile_with_country = len(digits) == MOBILE_DIGITS + 2 and digits.startswith("861")
    return digits[2:] if is_mobile_with_country else digits
