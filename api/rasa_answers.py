"""What Rasa says, as conversations read it. Any other shape is a `ValueError`."""

from __future__ import annotations

from typing import Any

from api.schemas.base import readable
from conversations.model import BotTurn, Button, Kind, Reply
from conversations.signals import Signal


def as_turn(said: list[dict[str, Any]]) -> BotTurn:
    """A turn from Rasa's REST answer; `custom` carries hand-off, emergency and signal
    (bot/README.md).

    Raises:
        ValueError: not the shape Rasa answers with.
    """
    replies: list[Reply] = []
    handoff: str | None = None
    emergency: str | None = None
    memory: dict[str, Any] = {}
    signal: str | None = None
    for item in dicts(said):
        custom = as_dict(item.get("custom"))
        if custom.get("handoff") is not None:
            wanted = as_dict(custom["handoff"])
            handoff = str(wanted.get("reason") or "requested")
            memory = as_dict(wanted.get("slots"))
        if hazard := as_dict(custom.get("emergency")):
            emergency = _named(hazard, "category")
        if named := custom.get("signal"):
            signal = Signal(named)
        if text := str(readable(str(item.get("text") or ""))).strip():
            buttons = tuple(
                Button(_named(b, "title"), _named(b, "payload")) for b in dicts(item.get("buttons"))
            )
            kind = Kind.CHOICES if buttons else Kind.TEXT
            replies.append(Reply(text, kind, buttons))
    return BotTurn(tuple(replies), handoff, emergency, memory, signal)


def _named(found: dict[str, Any], name: str) -> str:
    if not found.get(name):
        raise ValueError(f"without {name}")
    return str(found[name])


def dicts(found: object) -> list[dict[str, Any]]:
    """A list of objects, empty for null. Raises `ValueError`."""
    if found is None:
        return []
    if not isinstance(found, list):
        raise ValueError("not a list")
    return [as_dict(item) for item in found]


def as_dict(found: object) -> dict[str, Any]:
    """An object, empty for null. Raises `ValueError`."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def as_rest(event: dict[str, Any]) -> dict[str, Any]:
    """A bot event of the tracker in the shape of the REST channel."""
    data = as_dict(event.get("data"))
    return {
        "text": event.get("text"),
        "buttons": data.get("buttons"),
        "custom": data.get("custom"),
    }
