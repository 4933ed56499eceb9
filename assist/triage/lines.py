"""The written examples that triage learns from, and the bot's examples that teach intents."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

DATA = Path(__file__).parent / "data"
NLU = Path(__file__).resolve().parents[2] / "bot" / "data" / "nlu"

ROUTINE = "routine"
HAZARDS = (
    "gas_leak",
    "fire_smoke",
    "electric_shock",
    "explosion_battery",
    "injury",
    "carbon_monoxide",
    "water_electric",
    "food_safety",
    "self_harm",
    "batch_failure",
    "structural",
)
SENSITIVE = ("media_exposure", "regulator", "legal")
CLASSES = (ROUTINE, *HAZARDS, *SENSITIVE)

_ANNOTATION = re.compile(r"\[([^\]]+)\]\([a-z_]+\)")
_MAY_HOLD_HAZARDS = frozenset({"report_fault", "file_complaint", "request_human", "give_feedback"})
_UNJUDGED = re.compile(
    r"12315|12345|市监|消协|消保|工商|税务|媒体|曝光|记者|抖音|律师|起诉|法院|告你|告恁|举报|维权|"
    r"电到|触电|漏电|麻手|冒烟|糊味|焦|火花|起火|着火|熏黑|爆|烫|血|n4|鼓"
)


@dataclass(frozen=True)
class Line:
    """One example. `hazard` is one of `CLASSES` or None when nobody judged it; `intent` likewise;
    `source` names the file it stands in."""

    text: str
    hazard: str | None = None
    intent: str | None = None
    source: str = ""


def triage_lines(folder: Path = DATA) -> list[Line]:
    """Every written triage example, in file order."""
    lines: list[Line] = []
    for path in sorted(folder.glob("*.jsonl")):
        for row in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(row)
            routine = record["level"] == ROUTINE
            hazard = ROUTINE if routine else record["category"]
            lines.append(Line(record["text"], hazard, source=path.stem))
    return lines


def intent_lines(folder: Path = NLU) -> list[Line]:
    """Every bot example without its annotations.

    They count as routine for triage too, but for lines of the intents that may hold a hazard or a
    threat and have a word of one: nobody judged those."""
    lines: list[Line] = []
    for path in sorted(folder.glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for block in content["nlu"]:
            if "intent" not in block:
                continue
            for example in block["examples"].splitlines():
                text = _ANNOTATION.sub(r"\1", example.removeprefix("- ").strip())
                if text:
                    hazard = _hazard(text, block["intent"])
                    lines.append(Line(text, hazard, block["intent"], block["intent"]))
    return lines


def _hazard(text: str, intent: str) -> str | None:
    unjudged = intent in _MAY_HOLD_HAZARDS and _UNJUDGED.search(text.lower())
    return None if unjudged else ROUTINE
