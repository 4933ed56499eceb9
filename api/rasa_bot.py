"""The Rasa bot behind a time budget, circuit breakers and idempotent recovery.

There may be several Rasa servers over one tracker store. A conversation always goes to the same
one, which has its tracker in memory, and to the next in its own order while that one is down.

Rasa's REST channel does not dedupe, so each message carries its id in the metadata; when a turn may
have been worked already (this process died before it could keep the replies), Rasa's tracker is
asked first and what it said then is used again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from hashlib import blake2b
from typing import Any

import httpx
import structlog

from api.rasa_answers import as_dict, as_rest, as_turn, dicts
from api.rasa_worker import BROKEN, RasaWorker
from conversations.model import BotTurn
from foundation.errors import Unavailable
from foundation.metrics import BOT_SECONDS
from foundation.settings import Settings

log = structlog.get_logger(__name__)

HEADROOM_S = 0.4
MEMORY_TIMEOUT_S = 0.8
_REMEMBERED = 10_000


class RasaBot:
    """`conversations.ports.Bot` over Rasa's HTTP API."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        self._workers = {url: RasaWorker(url, settings, client) for url in settings.rasa_urls}
        self._budget = max(0.1, settings.bot_timeout_s - HEADROOM_S)
        self._first_seen: OrderedDict[str, None] = OrderedDict()
        self._reviving: set[asyncio.Task[None]] = set()

    async def turn(self, sender: str, text: str, message_id: str) -> BotTurn:
        """One turn within the budget.

        A server that cannot be reached hands over to the next; one that fails after it has been
        asked does not, since its actions may have done something already.

        Raises:
            Unavailable: all are down, or one is slow or gives a broken answer.
        """
        try:
            async with asyncio.timeout(self._budget):
                with BOT_SECONDS.time():
                    return await self._first_reached(sender, text, message_id)
        except TimeoutError as error:
            raise Unavailable("bot", type(error).__name__) from error

    async def _first_reached(self, sender: str, text: str, message_id: str) -> BotTurn:
        reason = "circuit open"
        for worker in self._in_order(sender):
            if not self._may_ask(worker):
                continue
            asked = False
            try:
                turn = await self._recovered(worker, sender, message_id)
                if turn is None:
                    asked = True
                    turn = await worker.ask(sender, text, message_id)
            except (*BROKEN, asyncio.CancelledError) as error:
                unreached = isinstance(error, httpx.ConnectError)
                worker.breaker.record(ok=False, sure=unreached and len(self._workers) > 1)
                if isinstance(error, asyncio.CancelledError):
                    raise
                reason = type(error).__name__
                if asked and not unreached:
                    raise Unavailable("bot", reason) from error
                log.warning("bot_server_passed_over", url=worker.url, reason=reason)
            else:
                worker.breaker.record(ok=True)
                return turn
        raise Unavailable("bot", reason)

    def _in_order(self, sender: str) -> list[RasaWorker]:
        return [self._workers[url] for url in ranked(sender, list(self._workers))]

    def _may_ask(self, worker: RasaWorker) -> bool:
        """Where others can answer meanwhile, no customer tries whether a server is back."""
        if worker.breaker.closed or len(self._workers) == 1:
            return worker.breaker.take_try()
        if worker.breaker.take_try():
            task = asyncio.create_task(worker.revive())
            self._reviving.add(task)
            task.add_done_callback(self._revived)
        return False

    def _revived(self, task: asyncio.Task[None]) -> None:
        self._reviving.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("bot_server_not_revived", reason=type(error).__name__)

    async def memory(self, sender: str) -> dict[str, Any]:
        """Filled slots, or nothing when Rasa does not answer soon."""
        reachable = [worker for worker in self._in_order(sender) if worker.breaker.closed]
        if not reachable:
            return {}
        try:
            async with asyncio.timeout(MEMORY_TIMEOUT_S):
                tracker = await reachable[0].tracker(sender)
        except BROKEN:
            return {}
        slots = tracker.get("slots") or {}
        if not isinstance(slots, dict):
            return {}
        return {name: value for name, value in slots.items() if _worth_telling(name, value)}

    async def ready(self) -> str | None:
        """None when every server has a model loaded and has answered once, else what is wrong."""
        workers = list(self._workers.values())
        problems = await asyncio.gather(*(worker.ready() for worker in workers))
        wrong = [p for p in problems if p]
        if not wrong:
            return None
        return wrong[0] if len(workers) == 1 else f"{len(wrong)} of {len(workers)}: {wrong[0]}"

    async def _recovered(self, worker: RasaWorker, sender: str, message_id: str) -> BotTurn | None:
        """What Rasa answered to this message earlier, when we may have lost the answer.

        Only messages this process has not seen being sent need the look, and only the first of a
        conversation in this process can be such a one."""
        if sender in self._first_seen:
            self._first_seen.move_to_end(sender)
            return None
        tracker = await worker.tracker(sender)
        self._first_seen[sender] = None
        if len(self._first_seen) > _REMEMBERED:
            self._first_seen.popitem(last=False)
        said: list[dict[str, Any]] | None = None
        for event in dicts(tracker.get("events")):
            if event.get("event") == "user":
                known = as_dict(event.get("metadata")).get("message_id")
                said = [] if known == message_id else None
            elif said is not None and event.get("event") == "bot":
                said.append(as_rest(event))
        if said:
            log.info("turn_recovered", message=message_id)
            return as_turn(said)
        return None


def ranked(sender: str, urls: list[str]) -> list[str]:
    """The servers in the order in which a conversation asks them: by the highest hash of both, so
    that one server less moves its own conversations alone. Every process finds the same order."""
    conversation = sender.rpartition(":")[0] or sender

    def weight(url: str) -> bytes:
        return blake2b(f"{url} {conversation}".encode(), digest_size=8).digest()

    return sorted(urls, key=weight, reverse=True)


def _worth_telling(name: str, value: object) -> bool:
    hidden = {"session_started_metadata", "requested_slot"}
    return value not in (None, "", [], {}) and name not in hidden and not name.startswith("last_")
