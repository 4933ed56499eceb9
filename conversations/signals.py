"""Signs that the bot does not help: when a person is offered unasked (SPEC section 2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from conversations.feeling import is_rising, only_insults

TIMES_ASKED = 3
INSULTS_BORNE = 3
ALIKE = 0.55
CONTAINED, SHARED_AT_LEAST = 0.6, 5
SHORTEST_QUESTION = 4
_LEAST_LETTERS = 3
_NOT_A_LETTER = re.compile(r"[\W\d_]+")
_COURTESY = re.compile(
    r"请问|麻烦|你好|您好|在吗|我想?问一?下|问一下|到底|那个|就是|啊|呀|吗|呢|嘛|吧|哦|的|了"
)


class Signal(StrEnum):
    """Why a person is offered, or a limit is named."""

    REPEATED = "repeated_question"
    ANGER = "rising_anger"
    INSULTS = "insults"
    COMPLAINT = "complaint"


def signal_of(said: Sequence[str]) -> Signal | None:
    """What the customer's messages of this conversation (oldest first) say together.

    Only the newest message can raise a signal."""
    if not said:
        return None
    if only_insults(said[-1]) and sum(map(only_insults, said)) >= INSULTS_BORNE:
        return Signal.INSULTS
    if sum(alike(said[-1], text) for text in said) >= TIMES_ASKED:
        return Signal.REPEATED
    return Signal.ANGER if is_rising(said) else None


def alike(one: str, other: str) -> bool:
    """Whether two messages ask the same, courtesy and punctuation aside."""
    first, second = _bare(one), _bare(other)
    if len(first) < SHORTEST_QUESTION or len(second) < SHORTEST_QUESTION:
        return False
    pairs, others = _pairs(first), _pairs(second)
    shared = len(pairs & others)
    contained = shared >= max(SHARED_AT_LEAST, CONTAINED * min(len(pairs), len(others)))
    return contained or shared >= ALIKE * len(pairs | others)


def _bare(text: str) -> str:
    letters = _NOT_A_LETTER.sub("", text.lower())
    short = _COURTESY.sub("", letters)
    return short if len(short) >= _LEAST_LETTERS else letters


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}
