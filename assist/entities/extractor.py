"""All entities of one message, by rules alone (SPEC section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from assist.entities.addresses import find_addresses
from assist.entities.date_shapes import DATE_TIME
from assist.entities.folding import fold
from assist.entities.model import Entity
from assist.entities.numbers import (
    AMOUNT,
    BARE_AMOUNT,
    COMPLAINT_NO,
    FAULT_CODE,
    MODEL,
    ORDER_NO,
    PHONE,
    REPAIR_NO,
)
from assist.entities.phrases import Phrases, product_names, read
from assist.entities.symptoms import find_symptoms

Found = tuple[str, int, int]
_TAKEN_BUT_UNSAID = "repair_no"


def extract(text: str) -> list[Entity]:
    """Entities in the order of the text, values as typed, none overlapping another."""
    folded = fold(text)
    kept: list[Found] = []
    for found in _candidates(folded):
        if all(found[2] <= start or found[1] >= end for _, start, end in kept):
            kept.append(found)
    kept.sort(key=lambda found: found[1])
    return [
        Entity(kind, start, end, text[start:end])
        for kind, start, end in kept
        if kind != _TAKEN_BUT_UNSAID
    ]


def _candidates(folded: str) -> Iterator[Found]:
    """What might be an entity, the surest kinds first: the first to claim a character has it."""
    yield from _all("order_no", ORDER_NO, folded)
    yield from _all("complaint_no", COMPLAINT_NO, folded)
    yield from _all(_TAKEN_BUT_UNSAID, REPAIR_NO, folded)
    yield from _all("model", MODEL, folded)
    yield from _all("phone", PHONE, folded)
    yield from (("address", *found) for found in find_addresses(folded))
    yield from _all("amount", AMOUNT, folded)
    yield from _all("date_time", DATE_TIME, folded)
    yield from (("amount", *m.span(m.lastgroup or 0)) for m in BARE_AMOUNT.finditer(folded))
    yield from _all("fault_code", FAULT_CODE, folded)
    yield from (("product", *found) for found in _products().find(folded))
    yield from (("symptom", *found) for found in find_symptoms(folded))


def _all(kind: str, pattern: re.Pattern[str], folded: str) -> Iterator[Found]:
    return ((kind, *match.span()) for match in pattern.finditer(folded))


@cache
def _products() -> Phrases:
    return Phrases(product_names(), read("products")["not_products"])
