"""The written examples keep what the data card promises."""

from __future__ import annotations

import json
import re
from collections import Counter

from assist.text import normalise
from assist.triage.lines import CLASSES, DATA, HAZARDS, ROUTINE, SENSITIVE, triage_lines

ROWS = [
    json.loads(line)
    for path in sorted(DATA.glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


ORDINARY = {
    "accessory", "address_change", "everyday_reply", "fault_in_story", "plain_fault",
    "service_request", "angry_harmless", "app_login", "attitude", "booking", "chitchat",
    "installation", "invoice", "logistics", "membership", "number_reply", "parts",
    "price_protection", "progress", "refund", "short_reply", "size_variant", "small_fault", "tease",
    "telecom", "thanks", "usage",
}  # fmt: skip


def test_every_class_has_enough_lines() -> None:
    counts = Counter(line.hazard for line in triage_lines())
    assert set(counts) == set(CLASSES)
    assert all(counts[hazard] >= 80 for hazard in HAZARDS)
    assert all(counts[threat] >= 80 for threat in SENSITIVE)
    assert counts[ROUTINE] >= 1500


def test_half_of_the_routine_lines_look_dangerous() -> None:
    routine = [row for row in ROWS if row["level"] == ROUTINE]
    ordinary = [row for row in routine if row["category"] in ORDINARY]
    assert len(routine) - len(ordinary) >= len(routine) / 2


def test_ids_are_unique_and_no_line_stands_twice() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    bare = Counter(re.sub(r"[\W_]+", "", normalise(row["text"])) for row in ROWS)
    assert [text for text, count in bare.items() if count > 1 and len(text) > 6] == []
