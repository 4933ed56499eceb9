"""Our own journeys, each turn of each, through the real gateway and the trained bot."""

from __future__ import annotations

import asyncio

import pytest

from api.journeys.runner import Played, play
from api.journeys.script import read_script
from foundation.settings import ROOT, Settings

pytestmark = [pytest.mark.rasa, pytest.mark.journey]


def transcript(played: Played) -> str:
    lines = [f"{played.journey.id} {played.journey.title}"]
    for turn in played.turns:
        lines += [f"  客 {turn.said}", *(f"  我 {reply}" for reply in turn.replies)]
        lines += [f"  ✘ {failure}" for failure in turn.outcome.failures]
    return "\n".join(lines)


def test_every_turn_of_every_journey() -> None:
    script = read_script(ROOT / "bot" / "tests" / "journeys")
    assert len(script.journeys) >= 40
    played = asyncio.run(play(Settings(), script))
    failed = [p for p in played if any(turn.outcome.failures for turn in p.turns)]
    assert not failed, "\n\n".join(map(transcript, failed))
