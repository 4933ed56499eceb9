"""How the throughput benchmark judges what the database holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from benchmarks.throughput import Reply, judged, row_of
from conversations import texts

START = datetime(2025, 11, 5, 3, 0, tzinfo=UTC)


def reply(
    asked: int, seq: int | None, at_s: float = 0.0, part: int | None = 1, text: str = "好的"
) -> Reply:
    """An answer `at_s` after every line was sent."""
    when = None if seq is None else START + timedelta(seconds=at_s)
    return Reply("conv_1", asked, START, seq, None if seq is None else part, when, text)


def test_a_turn_begins_when_the_one_before_is_answered() -> None:
    found = judged([reply(2, 5, 0.25), reply(3, 6, 1.0), reply(4, 7, 1.5)])
    assert found.seconds == [0.25, 0.75, 0.5]
    assert (found.fallbacks, found.faults) == (0, 0)


def test_an_answer_in_parts_is_one_turn() -> None:
    found = judged([reply(2, 4, 0.5), reply(2, 5, 0.5, part=2), reply(3, 6, 1.0)])
    assert (found.seconds, found.faults) == ([0.5, 0.5], 0)


def test_lost_doubled_and_swapped_answers_are_faults() -> None:
    assert judged([reply(2, None), reply(3, 5, 1.0)]).faults == 1
    assert judged([reply(2, 4, 0.5), reply(2, 5, 0.6)]).faults == 1
    assert judged([reply(2, 6, 1.0), reply(3, 5, 0.5)]).faults == 1


def test_a_fallback_is_counted() -> None:
    assert judged([reply(2, 4, 0.5, text=texts.APOLOGY)]).fallbacks == 1


def test_the_row_says_turns_a_second() -> None:
    found = judged([reply(2, 5, 0.25), reply(3, 6, 1.0), reply(4, 7, 1.5)])
    assert row_of(2, 1.5, found) == "| 2 | 3 | 2.0 | 500 ms | 725 ms | 0 | 0 |"
