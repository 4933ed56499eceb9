"""Errors of the complaint's life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from foundation.errors import Conflict, InvalidInput


@dataclass(frozen=True)
class Missing:
    """What a guard still wants: the field, and why, in words for the agent."""

    field: str
    why: str


class NotReady(InvalidInput):
    """A guard of a move is not met; `detail.missing` lists what is needed first."""

    code = "not_ready"

    def __init__(self, state: str, wanted: str, missing: Sequence[Missing]) -> None:
        super().__init__(
            f"complaint cannot go from {state} to {wanted} yet: "
            + ", ".join(gap.field for gap in missing),
            state=state,
            wanted=wanted,
            missing=[asdict(gap) for gap in missing],
        )


@dataclass(frozen=True)
class Change:
    """One act that happened since the caller read the complaint."""

    version: int
    at: datetime
    actor: str
    act: str
    reason: str


class Overtaken(Conflict):
    """The complaint changed since the caller read it; `detail.changed` says who did what."""

    def __init__(self, version: int, changed: Sequence[Change]) -> None:
        super().__init__(
            "somebody changed this complaint meanwhile",
            version=version,
            changed=[{**asdict(change), "at": change.at.isoformat()} for change in changed],
        )
