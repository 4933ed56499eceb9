"""One Rasa server over HTTP, and the breaker that leaves it alone while it fails."""

from __future__ import annotations

import time
from typing import Any

import httpx

from api.rasa_answers import as_turn
from conversations.model import BotTurn
from foundation.settings import Settings

STATUS_TIMEOUT_S = 0.8
WARM_UP_S = 20.0
BROKEN = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError)
"""How a Rasa fails that is down, slow, or answers what it should not."""


class Breaker:
    """Opens after `failures` failures in a row, or one that is `sure`, for `open_s` seconds; is
    then `due`: one turn may try, and the rest follow when that one has succeeded."""

    def __init__(self, failures: int, open_s: float) -> None:
        self._limit = failures
        self._open_s = open_s
        self._failed = 0
        self._open_until = 0.0

    @property
    def closed(self) -> bool:
        """Whether turns may pass."""
        return not self._open_until

    def take_try(self) -> bool:
        """Whether a turn may pass now; one that tries keeps the others out meanwhile."""
        if self.closed:
            return True
        now = time.monotonic()
        if now < self._open_until:
            return False
        self._open_until = now + self._open_s
        return True

    def record(self, *, ok: bool, sure: bool = False) -> None:
        """Count an outcome."""
        self._failed = 0 if ok else self._failed + 1
        if ok:
            self._open_until = 0.0
        elif sure or self._failed >= self._limit:
            self._open_until = time.monotonic() + self._open_s


class RasaWorker:
    """One Rasa server. `failures` and `open_s` are its breaker's."""

    def __init__(self, url: str, settings: Settings, client: httpx.AsyncClient) -> None:
        self.url = url
        self.breaker = Breaker(settings.bot_breaker_failures, settings.bot_breaker_open_s)
        self._client = client
        token = settings.rasa_token.get_secret_value()
        self._query = {"token": token} if token else {}
        self._timeout_s = settings.bot_timeout_s
        self._warm = False

    async def ask(
        self, sender: str, text: str, message_id: str, timeout_s: float | None = None
    ) -> BotTurn:
        """One turn. Raises one of `BROKEN`."""
        response = await self._client.post(
            f"{self.url}/webhooks/rest/webhook",
            params=self._query,
            json={"sender": sender, "message": text, "metadata": {"message_id": message_id}},
            timeout=timeout_s or self._timeout_s,
        )
        response.raise_for_status()
        return as_turn(response.json())

    async def tracker(self, sender: str) -> dict[str, Any]:
        """What it remembers of a conversation. Raises one of `BROKEN`."""
        response = await self._client.get(
            f"{self.url}/conversations/{sender}/tracker",
            params={**self._query, "include_events": "APPLIED"},
            timeout=self._timeout_s,
        )
        response.raise_for_status()
        tracker = response.json()
        if not isinstance(tracker, dict):
            raise ValueError("not a tracker")
        return tracker

    async def ready(self) -> str | None:
        """None when a model is loaded and has answered once, else what is wrong.

        The first turn of a fresh Rasa takes seconds; no customer shall be the one to wait."""
        try:
            response = await self._client.get(
                f"{self.url}/status", params=self._query, timeout=STATUS_TIMEOUT_S
            )
            response.raise_for_status()
            if not self._warm:
                await self.ask("warm-up", "你好", "warm-up", timeout_s=WARM_UP_S)
                self._warm = True
        except BROKEN as error:
            self._warm = False
            return type(error).__name__
        return None

    async def revive(self) -> None:
        """See whether it is back, without a customer having to wait for it."""
        self._warm = False
        problem = await self.ready()
        self.breaker.record(ok=problem is None, sure=True)
