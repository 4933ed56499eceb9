"""Which lines are measured on and which are learned."""

from __future__ import annotations

import pytest

from assist.triage.lines import Line, intent_lines, triage_lines

train = pytest.importorskip("assist.triage.train", reason="torch is not installed")


def test_a_line_held_back_is_never_learned() -> None:
    lines = [Line(f"冰箱第{n}天不制冷", "routine", source="new") for n in range(40)]
    listed = frozenset(train.hold_back(lines, ["new"], 1 / 8))
    assert len(listed) == 5
    kept, learned = train.split(lines, listed)
    assert (len(kept), len(learned)) == (5, 35)
    assert not {line.text for line in kept} & {line.text for line in learned}


def test_other_files_are_not_drawn_from() -> None:
    assert train.hold_back([Line("甲", "routine", source="old")], ["new"], 1.0) == []


def test_every_digest_in_the_list_is_of_a_line_there_is() -> None:
    listed = train.HELD_BACK_LIST.read_text("ascii").split()
    assert len(listed) == len(set(listed)) > 1000
    assert set(listed) <= {train.digest(line.text) for line in [*triage_lines(), *intent_lines()]}
