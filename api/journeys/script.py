"""The journey file: what customers say, what staff do, what is expected (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from foundation.errors import InvalidInput

DEFAULT_NOW = datetime.fromisoformat("2025-11-05T10:30:00+08:00")


@dataclass(frozen=True)
class Turn:
    """One customer message (`customer` is not None) or one event by staff or system."""

    customer: str | None
    event: str | None
    attachment: str | None
    msg_id: str | None
    retry: bool
    expect: dict[str, Any]


@dataclass(frozen=True)
class Journey:
    """One conversation from its set-up to its end."""

    id: str
    title: str
    channel: str
    now: datetime
    setup: dict[str, Any]
    facts: dict[str, str]
    turns: list[Turn]


@dataclass(frozen=True)
class Script:
    """All journeys of a file, and words no reply may ever hold."""

    journeys: list[Journey]
    never_always: list[str] = field(default_factory=list)


def read_script(path: Path) -> Script:
    """Parse a journey file, or all `*.yml` of a folder as one.

    Raises:
        InvalidInput: not YAML or not the expected shape; names the journey. An empty folder.
    """
    if path.is_dir():
        return _joined(path, [read_script(file) for file in sorted(path.glob("*.yml"))])
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        journeys = [_journey(item) for item in content["journeys"]]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidInput(f"{path.name} is not a journey file: {error}") from error
    meta = content.get("meta") or {}
    return Script(journeys, [str(word) for word in meta.get("never_always") or []])


def _joined(folder: Path, scripts: list[Script]) -> Script:
    journeys = [journey for script in scripts for journey in script.journeys]
    if not journeys:
        raise InvalidInput(f"{folder.name} holds no journeys (*.yml)")
    return Script(journeys, sorted({word for script in scripts for word in script.never_always}))


def _journey(item: dict[str, Any]) -> Journey:
    setup = item.get("setup") or {}
    facts = {str(k): str(v) for k, v in (setup.get("facts") or {}).items()}
    return Journey(
        id=str(item["id"]),
        title=str(item.get("title", "")),
        channel=str(item.get("channel", "web")),
        now=_moment(setup.get("now")),
        setup=setup,
        facts=facts,
        turns=[_turn(turn) for turn in item["turns"]],
    )


def _moment(told: Any) -> datetime:
    """A moment; without a zone it is local time, without an hour it is the default one's."""
    if told is None:
        return DEFAULT_NOW
    moment = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    if not isinstance(told, datetime) and len(str(told)) == len("2025-11-05"):
        moment = datetime.combine(moment, DEFAULT_NOW.timetz())
    return moment if moment.tzinfo else moment.replace(tzinfo=DEFAULT_NOW.tzinfo)


def _turn(item: dict[str, Any]) -> Turn:
    """One turn; a kind of turn that is not known here is an event by that name."""
    speaks = "customer" in item or "attachment" in item
    event = item.get("event") or (None if speaks else " ".join(sorted(item.keys() - {"expect"})))
    if event == "":
        raise KeyError("a turn needs `customer` or `event`")
    repeat = int(item.get("repeat", 1))
    return Turn(
        customer=None if event else str(item.get("customer") or "") * repeat,
        event=event,
        attachment=item.get("attachment"),
        msg_id=str(item["msg_id"]) if item.get("msg_id") is not None else None,
        retry=bool(item.get("retry")),
        expect=item.get("expect") or {},
    )
