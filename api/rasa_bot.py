"""The Rasa bot behind a time budget, a circuit breaker and idempotent recovery.

Rasa's REST channel does not dedupe, so each message carries its id in the metadata; when a turn may
have been worked already (this process died before it could keep the replies), Rasa's tracker is
asked first and what it said then is used again.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Any

import httpx
import structlog

from api.schemas.base import readable
from conversations.model import BotTurn, Button, Kind, Reply
from conversations.signals import Signal
from foundation.errors import Unavailable
from foundation.metrics import BOT_SECONDS
from foundation.settings import Settings

log = structlog.get_logger(__name__)

BROKEN = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError)
"""How a Rasa fails that is down, slow, or answers what it should not."""
HEADROOM_S = 0.4
MEMORY_TIMEOUT_S = 0.8
WARM_UP_S = 20.0
_REMEMBERED = 10_000


class Breaker:
    """Opens after `failures` failures in a row, for `open_s` seconds; then lets one turn try, and
    the rest when that one has succeeded."""

    def __init__(self, failures: int, open_s: float) -> None:
        self._limit = failures
        self._open_s = open_s
        self._failed = 0
        self._open_until = 0.0

    def check(self) -> None:
        """Raise `Unavailable` while open."""
        now = time.monotonic()
        if now < self._open_until:
            raise Unavailable("bot", "circuit open")
        if self._open_until:
            self._open_until = now + self._open_s

    def record(self, *, ok: bool) -> None:
        """Count an outcome."""
        self._failed = 0 if ok else self._failed + 1
        if ok:
            self._open_until = 0.0
        elif self._failed >= self._limit:
            self._open_until = time.monotonic() + self._open_s


class RasaBot:
    """`conversations.ports.Bot` over Rasa's HTTP API."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        self._client = client
        self._url = settings.rasa_url.rstrip("/")
        token = settings.rasa_token.get_secret_value()
        self._query = {"token": token} if token else {}
        self._budget = max(0.1, settings.bot_timeout_s - HEADROOM_S)
        self._breaker = Breaker(settings.bot_breaker_failures, settings.bot_breaker_open_s)
        self._warm = False
        self._first_seen: OrderedDict[str, None] = OrderedDict()

    async def turn(self, sender: str, text: str, message_id: str) -> BotTurn:
        """One turn within the budget.

        Raises:
            Unavailable: down, slow, broken answer, or the breaker is open.
        """
        self._breaker.check()
        try:
            async with asyncio.timeout(self._budget):
                with BOT_SECONDS.time():
                    turn = await self._recovered(sender, message_id)
                    if turn is None:
                        turn = await self._ask(sender, text, message_id)
        except BROKEN as error:
            self._breaker.record(ok=False)
            raise Unavailable("bot", type(error).__name__) from error
        self._breaker.record(ok=True)
        return turn

    async def memory(self, sender: str) -> dict[str, Any]:
        """Filled slots, or nothing when Rasa does not answer soon."""
        try:
            async with asyncio.timeout(MEMORY_TIMEOUT_S):
                tracker = await self._tracker(sender)
        except BROKEN:
            return {}
        slots = tracker.get("slots") or {}
        if not isinstance(slots, dict):
            return {}
        return {name: value for name, value in slots.items() if _worth_telling(name, value)}

    async def ready(self) -> str | None:
        """None when a model is loaded and has answered once, else what is wrong.

        The first turn of a fresh Rasa takes seconds; no customer shall be the one to wait."""
        try:
            response = await self._client.get(
                f"{self._url}/status", params=self._query, timeout=MEMORY_TIMEOUT_S
            )
            response.raise_for_status()
            if not self._warm:
                await self._ask("warm-up", "你好", "warm-up", timeout_s=WARM_UP_S)
                self._warm = True
        except BROKEN as error:
            self._warm = False
            return f"{type(error).__name__}"
        return None

    async def _ask(
        self, sender: str, text: str, message_id: str, timeout_s: float | None = None
    ) -> BotTurn:
        response = await self._client.post(
            f"{self._url}/webhooks/rest/webhook",
            params=self._query,
            json={"sender": sender, "message": text, "metadata": {"message_id": message_id}},
            timeout=timeout_s or self._budget,
        )
        response.raise_for_status()
        return as_turn(response.json())

    async def _recovered(self, sender: str, message_id: str) -> BotTurn | None:
        """What Rasa answered to this message earlier, when we may have lost the answer.

        Only messages this process has not seen being sent need the look, and only the first of a
        conversation in this process can be such a one."""
        if sender in self._first_seen:
            self._first_seen.move_to_end(sender)
            return None
        self._first_seen[sender] = None
        if len(self._first_seen) > _REMEMBERED:
            self._first_seen.popitem(last=False)
        tracker = await self._tracker(sender)
        said: list[dict[str, Any]] | None = None
        for event in _dicts(tracker.get("events")):
            if event.get("event") == "user":
                known = (event.get("metadata") or {}).get("message_id")
                said = [] if known == message_id else None
            elif said is not None and event.get("event") == "bot":
                said.append(_as_rest(event))
        if said:
            log.info("turn_recovered", message=message_id)
            return as_turn(said)
        return None

    async def _tracker(self, sender: str) -> dict[str, Any]:
        response = await self._client.get(
            f"{self._url}/conversations/{sender}/tracker",
            params={**self._query, "include_events": "APPLIED"},
            timeout=self._budget,
        )
        response.raise_for_status()
        tracker = response.json()
        if not isinstance(tracker, dict):
            raise ValueError("not a tracker")
        return tracker


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
    for item in _dicts(said):
        custom = _dict(item.get("custom"))
        if custom.get("handoff") is not None:
            wanted = _dict(custom["handoff"])
            handoff = str(wanted.get("reason") or "requested")
            memory = _dict(wanted.get("slots"))
        if hazard := _dict(custom.get("emergency")):
            emergency = _named(hazard, "category")
        if named := custom.get("signal"):
            signal = Signal(named)
        if text := str(readable(str(item.get("text") or ""))).strip():
            buttons = tuple(
                Button(_named(b, "title"), _named(b, "payload"))
                for b in _dicts(item.get("buttons"))
            )
            kind = Kind.CHOICES if buttons else Kind.TEXT
            replies.append(Reply(text, kind, buttons))
    return BotTurn(tuple(replies), handoff, emergency, memory, signal)


def _named(found: dict[str, Any], name: str) -> str:
    if not found.get(name):
        raise ValueError(f"without {name}")
    return str(found[name])


def _dicts(found: object) -> list[dict[str, Any]]:
    if found is None:
        return []
    if not isinstance(found, list):
        raise ValueError("not a list")
    return [_dict(item) for item in found]


def _dict(found: object) -> dict[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _as_rest(event: dict[str, Any]) -> dict[str, Any]:
    data = _dict(event.get("data"))
    return {
        "text": event.get("text"),
        "buttons": data.get("buttons"),
        "custom": data.get("custom"),
    }


def _worth_telling(name: str, value: object) -> bool:
    hidden = {"session_started_metadata", "requested_slot"}
    return value not in (None, "", [], {}) and name not in hidden and not name.startswith("last_")
