"""Limits on what comes in: body size, and token buckets per customer and per address."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_body
from foundation.errors import TooManyRequests

_REMEMBERED = 50_000


class RateLimit:
    """A token bucket per key: `per_minute` at once, refilled evenly (within `window_s` seconds).

    Each process counts for itself, so several processes together let through that many times more.
    The least recently seen keys are forgotten beyond 50,000.
    """

    def __init__(
        self,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        window_s: float = 60.0,
    ) -> None:
        self._size = float(per_minute)
        self._rate = per_minute / window_s
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Take one token.

        Raises:
            TooManyRequests: the bucket of `key` is empty.
        """
        now = self._clock()
        left, at = self._buckets.pop(key, (self._size, now))
        left = min(self._size, left + (now - at) * self._rate)
        allowed = left >= 1.0
        self._buckets[key] = (left - 1.0 if allowed else left, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if not allowed:
            raise TooManyRequests(max(1, round((1.0 - left) / self._rate)))

    def refund(self, key: str) -> None:
        """Put the token back that a call took without need."""
        if key in self._buckets:
            left, at = self._buckets[key]
            self._buckets[key] = (min(self._size, left + 1.0), at)


class BodyLimit:
    """Refuses bodies over a limit, by their declared length or while they stream in.

    `limit_of(path)` gives the limit in bytes. A body is never read further than its limit.
    """

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int]) -> None:
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with a counting `receive`, or answer 413 at once."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        if _declared(scope) > limit:
            body = error_body("too_large", _message(limit), {"limit": limit, "unit": "bytes"})
            await JSONResponse(body, 413, headers={"Connection": "close"})(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413, _message(limit), headers={"Connection": "close"})
            return message

        await self._app(scope, counted, send)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _message(limit: int) -> str:
    return f"the body is larger than {limit} bytes"
