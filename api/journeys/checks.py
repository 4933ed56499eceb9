"""Whether a turn went as expected (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

CHECKED = ("state", "level", "contains_any", "contains_groups", "never", "bot_reply", "complaint")


@dataclass(frozen=True)
class Seen:
    """What the gateway did within one turn."""

    replies: list[str]
    notices: list[str]
    state: str
    level: str
    complaint: dict[str, Any] | None = None
    complaint_created: bool = False
    complaint_reopened: bool = False


@dataclass(frozen=True)
class Outcome:
    """The verdict on one turn: `failures` in plain words, none when it passed."""

    checkable: bool
    failures: list[str] = field(default_factory=list)


def is_checkable(expect: dict[str, Any]) -> bool:
    """Whether anything in `expect` can be checked without a judge."""
    return any(key in expect for key in CHECKED)


def check(expect: dict[str, Any], seen: Seen, never_always: Iterable[str]) -> Outcome:
    """Compare one turn with its expectations."""
    said = "\n".join([*seen.replies, *seen.notices])
    failures = [
        *_choice("state", expect.get("state"), seen.state),
        *_choice("level", expect.get("level"), seen.level),
        *_contains(expect, said),
        *(f"said “{word}”" for word in [*expect.get("never", []), *never_always] if word in said),
        *_bot_reply(expect.get("bot_reply"), seen),
        *_complaint(expect.get("complaint"), seen),
    ]
    return Outcome(is_checkable(expect), failures)


def _options(wanted: Any) -> list[str]:
    return [str(w) for w in wanted] if isinstance(wanted, list) else [str(wanted)]


def _choice(what: str, wanted: Any, got: str) -> list[str]:
    if wanted is None or got in _options(wanted):
        return []
    return [f"{what} is {got}, expected {' or '.join(_options(wanted))}"]


def _contains(expect: dict[str, Any], said: str) -> list[str]:
    groups = list(expect.get("contains_groups", []))
    if "contains_any" in expect:
        groups.append(expect["contains_any"])
    return [
        f"none of {'/'.join(map(str, group))} was said"
        for group in groups
        if not any(str(word) in said for word in group)
    ]


def _bot_reply(wanted: str | None, seen: Seen) -> list[str]:
    if wanted == "required" and not (seen.replies or seen.notices):
        return ["nothing was said"]
    if wanted == "none" and (seen.replies or seen.notices):
        return ["something was said where silence was due"]
    if wanted == "none_or_queue_notice" and seen.replies:
        return ["the bot spoke where only a queue notice may come"]
    return []


def _complaint(wanted: dict[str, Any] | None, seen: Seen) -> list[str]:
    if wanted is None:
        return []
    failures = []
    created = wanted.get("created")
    if created is not None and created != seen.complaint_created:
        failures.append("a complaint was created" if not created else "no complaint was created")
    if wanted.get("reopened") and not seen.complaint_reopened:
        failures.append("the complaint was not reopened")
    if seen.complaint:
        for key in ("category", "priority"):
            failures += _choice(f"complaint {key}", wanted.get(key), str(seen.complaint.get(key)))
    return failures
