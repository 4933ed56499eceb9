"""`frontline eval journeys`: play a file, print progress and the turns that failed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from api.console import told
from api.journeys.runner import Played, PlayedTurn, play, summary
from api.journeys.script import read_script
from foundation.settings import Settings


def run_journeys(settings: Settings, file: Path, errors_path: Path | None = None) -> dict[str, Any]:
    """Figures as `turns checkable passed rate`; failing turns go to the terminal and, as JSONL
    with the transcript so far, to `errors_path`.

    Raises:
        InvalidInput: the file is not a journey file.
        Unavailable: gateway or Rasa did not start.
    """
    script = read_script(file)
    played = asyncio.run(play(settings, script, _tell))
    if errors_path:
        wrong = (line for journey in played for line in _errors(journey))
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in wrong)
        errors_path.write_text(text, encoding="utf-8")
    return summary(played)


def _tell(played: Played) -> None:
    failed = [turn for turn in played.turns if turn.outcome.failures]
    mark = "✘" if failed else "✔"
    told(f"{mark} {played.journey.id} {played.journey.title}")
    for turn in failed:
        told(f"    {turn.number}. {_short(turn.said)}")
        told(f"       → {_short(' / '.join(turn.replies)) or '(silence)'}")
        told(f"       {'; '.join(turn.outcome.failures)}")


def _errors(played: Played) -> list[dict[str, Any]]:
    found = []
    for position, turn in enumerate(played.turns):
        if turn.outcome.failures:
            found.append(
                {
                    "journey": played.journey.id,
                    "turn": turn.number,
                    "said": turn.said,
                    "replies": turn.replies,
                    "failures": turn.outcome.failures,
                    "before": [_line(earlier) for earlier in played.turns[:position]],
                }
            )
    return found


def _line(turn: PlayedTurn) -> dict[str, Any]:
    return {"said": turn.said, "replies": turn.replies}


def _short(text: str, limit: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
