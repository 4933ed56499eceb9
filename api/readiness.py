"""Which parts are ready, asked of each part itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Check = Callable[[], Awaitable[str | None]]
CHECK_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class PartState:
    """`detail` says what is wrong. `required`: without it the process should get no traffic."""

    ready: bool
    detail: str
    required: bool


@dataclass(frozen=True)
class _Part:
    check: Check
    required: bool


class Readiness:
    """A register of checks. A check gives None, or what is wrong."""

    def __init__(self) -> None:
        self._parts: dict[str, _Part] = {}

    def add(self, name: str, check: Check, *, required: bool = True) -> None:
        """Register a part; one that is not `required` degrades the service without stopping it."""
        self._parts[name] = _Part(check, required)

    async def states(self) -> dict[str, PartState]:
        """All parts, asked at once, each within 2 s."""
        found = await asyncio.gather(*(_ask(part) for part in self._parts.values()))
        return dict(zip(self._parts, found, strict=True))


async def _ask(part: _Part) -> PartState:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            problem = await part.check()
    except Exception as error:
        problem = type(error).__name__
    return PartState(problem is None, problem or "", part.required)
