"""Triage begun ahead: judged once, asked again when the start failed, never piling up."""

from __future__ import annotations

import asyncio

import pytest

from conversations.judging import AHEAD, Judging
from conversations.model import Verdict


class Counting:
    """Counts what it judged; fails as long as `broken`."""

    def __init__(self) -> None:
        self.judged: list[str] = []
        self.broken = False

    def assess(self, text: str) -> Verdict:
        self.judged.append(text)
        if self.broken:
            raise RuntimeError("not loaded")
        return Verdict(score=len(text))


async def test_a_text_begun_ahead_is_judged_once() -> None:
    triage = Counting()
    judging = Judging(triage)
    judging.begin("在吗")
    judging.begin("在吗")
    assert (await judging.verdict("在吗")).score == 2
    assert triage.judged == ["在吗"]
    await judging.verdict("在吗")
    assert triage.judged == ["在吗", "在吗"]


async def test_a_start_that_failed_is_tried_again() -> None:
    triage = Counting()
    triage.broken = True
    judging = Judging(triage)
    judging.begin("漏气了")
    await asyncio.sleep(0.05)
    triage.broken = False
    assert (await judging.verdict("漏气了")).score == 3


async def test_a_failure_is_the_callers_to_see() -> None:
    triage = Counting()
    triage.broken = True
    with pytest.raises(RuntimeError, match="not loaded"):
        await Judging(triage).verdict("漏气了")


async def test_what_nobody_asks_for_is_forgotten() -> None:
    judging = Judging(Counting())
    for number in range(AHEAD + 20):
        judging.begin(str(number))
    assert len(judging._ahead) == AHEAD


async def test_nothing_said_is_routine_and_costs_nothing() -> None:
    triage = Counting()
    judging = Judging(triage)
    judging.begin("")
    assert await judging.verdict("") == Verdict()
    assert triage.judged == []
