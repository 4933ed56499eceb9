"""Live lines to customers and desks, fed from the database and rung by events.

A customer's line keeps the last sequence number it sent and reads on from there whenever it is
rung, so messages arrive in order and without gaps whichever process wrote them. Desk lines share
one reader that does the same per conversation. A line that cannot keep up is closed; it comes
back and reads what it missed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from pydantic import BaseModel
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.presenting import Presenter
from conversations.desk import overview
from conversations.model import Sender, State
from conversations.storage import PageCall, get_conversation, messages_after, state_of
from foundation.events import Events
from foundation.transactions import UnitOfWork

log = structlog.get_logger(__name__)

PING_S = 20.0
SEND_TIMEOUT_S = 10.0
DESK_BACKLOG = 1000
NEWS_BACKLOG = 10_000
QUEUE_QUIET_S = 0.3
TRY_AGAIN_LATER = 1013
_FOLLOWED = 20_000
_BATCH = 200


def encoded(body: dict[str, Any]) -> str:
    """A frame; models inside become JSON."""
    return orjson.dumps(body, default=_plain).decode()


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(type(value).__name__)


async def send(socket: WebSocket, frame: str) -> None:
    """Send one frame; a line that takes longer than 10 s counts as lost."""
    async with asyncio.timeout(SEND_TIMEOUT_S):
        await socket.send_text(frame)


async def close(socket: WebSocket, code: int) -> None:
    """Close a line that may be gone already."""
    if socket.application_state is WebSocketState.CONNECTED:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(socket.close(code), 1)


class CustomerLine:
    """One customer's socket: `cursor` is the last sequence number sent."""

    def __init__(self, socket: WebSocket, conversation_id: str, cursor: int) -> None:
        self.socket = socket
        self.conversation_id = conversation_id
        self._cursor = cursor
        self._messages_due = True
        self._state_due = True
        self._extra: deque[str] = deque(maxlen=64)
        self._bell = asyncio.Event()
        self._bell.set()

    def ring(self, *, state: bool = False) -> None:
        """There may be something new; `state`: about the conversation itself."""
        self._messages_due = True
        self._state_due = self._state_due or state
        self._bell.set()

    def offer(self, body: dict[str, Any]) -> None:
        """A frame that is not kept anywhere (typing, an answer to the client)."""
        self._extra.append(encoded(body))
        self._bell.set()

    async def run(self, work: UnitOfWork, presenter: Presenter) -> None:
        """Send until the line breaks; looks by itself at each ping."""
        while True:
            try:
                async with asyncio.timeout(PING_S):
                    await self._bell.wait()
            except TimeoutError:
                await send(self.socket, encoded({"type": "ping"}))
                self._messages_due = True
            self._bell.clear()
            if self._messages_due:
                await self._send_new(work, presenter)
            while self._extra:
                await send(self.socket, self._extra.popleft())

    async def _send_new(self, work: UnitOfWork, presenter: Presenter) -> None:
        self._messages_due = False
        state_due, self._state_due = self._state_due, False
        while True:
            async with work.reading() as session:
                found = await messages_after(session, self.conversation_id, self._cursor, _BATCH)
                shown = await presenter.messages(session, found)
            for message in shown:
                await send(self.socket, encoded({"type": "message", "message": message}))
                self._cursor = message.seq
            if len(found) < _BATCH:
                break
        if found and found[-1].sender == Sender.CUSTOMER:
            await self._send_typing(work)
        if state_due:
            async with work.reading() as session:
                conversation = await get_conversation(session, self.conversation_id)
                public = await presenter.public(session, conversation)
            await send(self.socket, encoded({"type": "state", "conversation": public}))

    async def _send_typing(self, work: UnitOfWork) -> None:
        """The bot owes an answer to the newest message."""
        async with work.reading() as session:
            state = await state_of(session, self.conversation_id)
        if state is State.BOT:
            await send(self.socket, encoded({"type": "typing", "sender": Sender.BOT}))


class DeskLine:
    """One desk's socket with a bounded backlog."""

    def __init__(self, socket: WebSocket, staff_id: str) -> None:
        self.socket = socket
        self.staff_id = staff_id
        self._backlog: asyncio.Queue[str] = asyncio.Queue(DESK_BACKLOG)
        self.too_slow = False

    def offer(self, frame: str) -> None:
        """Queue a frame; a full backlog marks the line as too slow."""
        try:
            self._backlog.put_nowait(frame)
        except asyncio.QueueFull:
            self.too_slow = True

    async def run(self, beat: Callable[[], Any]) -> None:
        """Send until the line breaks; `beat()` is awaited with every ping."""
        next_ping = asyncio.get_running_loop().time()
        while not self.too_slow:
            left = next_ping - asyncio.get_running_loop().time()
            if left <= 0:
                next_ping += PING_S
                await beat()
                await send(self.socket, encoded({"type": "ping"}))
                continue
            try:
                async with asyncio.timeout(left):
                    frame = await self._backlog.get()
            except TimeoutError:
                continue
            await send(self.socket, frame)
        await close(self.socket, TRY_AGAIN_LATER)


class Hub:
    """All lines of this process. News comes by events; facts come from the database."""

    def __init__(self, work: UnitOfWork, events: Events, presenter: Presenter) -> None:
        self._work = work
        self._events = events
        self._presenter = presenter
        self._customers: dict[str, set[CustomerLine]] = {}
        self._desks: set[DeskLine] = set()
        self._news: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(NEWS_BACKLOG)
        self._told: OrderedDict[str, int] = OrderedDict()
        self._tasks: list[asyncio.Task[None]] = []
        self._queue_timer: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listen to events."""
        self._events.listen(self._heard)
        self._tasks = [asyncio.create_task(self._tell_desks())]

    async def stop(self) -> None:
        """Close every line."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        lines = [line.socket for kept in self._customers.values() for line in kept]
        lines += [line.socket for line in self._desks]
        await asyncio.gather(*(close(socket, 1001) for socket in lines))

    async def serve_customer(
        self, line: CustomerLine, on_frame: Callable[[dict[str, Any]], Any]
    ) -> None:
        """Feed one customer's line until it breaks; `on_frame` gets what the client sends."""
        self._customers.setdefault(line.conversation_id, set()).add(line)
        try:
            await _until_first(line.run(self._work, self._presenter), _read(line.socket, on_frame))
        finally:
            kept = self._customers[line.conversation_id]
            kept.discard(line)
            if not kept:
                del self._customers[line.conversation_id]

    async def serve_desk(
        self,
        line: DeskLine,
        on_frame: Callable[[dict[str, Any]], Any],
        beat: Callable[[], Any],
    ) -> None:
        """Feed one desk's line until it breaks; `beat` is awaited every 20 s."""
        if not self._desks:
            self._told.clear()
        self._desks.add(line)
        try:
            await _until_first(line.run(beat), _read(line.socket, on_frame))
        finally:
            self._desks.discard(line)

    async def _heard(self, topic: str, payload: dict[str, Any]) -> None:
        lines = self._customers.get(payload.get("conversation_id", ""), ())
        for line in list(lines):
            match topic:
                case "message" | "deliver":
                    line.ring()
                case "conversation":
                    line.ring(state=True)
                case "typing" if payload["sender"] != Sender.CUSTOMER:
                    line.offer({"type": "typing", "sender": payload["sender"]})
        if self._desks and topic in _TOLD_TO_DESKS:
            with contextlib.suppress(asyncio.QueueFull):
                self._news.put_nowait((topic, payload))

    async def _tell_desks(self) -> None:
        while True:
            topic, payload = await self._news.get()
            try:
                await _TOLD_TO_DESKS[topic](self, payload)
            except Exception as error:
                log.warning("desk_news_lost", topic=topic, error=type(error).__name__)

    async def _tell_message(self, payload: dict[str, Any]) -> None:
        conversation_id, seq = payload["conversation_id"], payload["seq"]
        told = self._told.pop(conversation_id, seq - 1)
        async with self._work.reading() as session:
            found = await messages_after(session, conversation_id, told, _BATCH)
            shown = await self._presenter.messages(session, found)
            conversation = await get_conversation(session, conversation_id)
            summary = self._presenter.summary(await overview(session, conversation))
        for message in shown:
            self._broadcast({"type": "message", "message": message, "conversation": summary})
        self._told[conversation_id] = found[-1].seq if found else told
        if len(self._told) > _FOLLOWED:
            self._told.popitem(last=False)
        if any(message.sender == Sender.CUSTOMER for message in found):
            self._broadcast({"type": "suggestions", "conversation_id": conversation_id})

    async def _tell_conversation(self, payload: dict[str, Any]) -> None:
        async with self._work.reading() as session:
            conversation = await get_conversation(session, payload["conversation_id"])
            summary = self._presenter.summary(await overview(session, conversation))
        self._broadcast({"type": "conversation", "conversation": summary})
        if self._queue_timer is None:
            loop = asyncio.get_running_loop()
            self._queue_timer = loop.call_later(QUEUE_QUIET_S, self._tell_queue)

    def _tell_queue(self) -> None:
        self._queue_timer = None
        self._broadcast({"type": "queue"})

    async def _tell_page(self, payload: dict[str, Any]) -> None:
        async with self._work.reading() as session:
            page = await session.get_one(PageCall, payload["page_id"])
        done = page.acknowledged_at is not None
        kind = "page_acknowledged" if done else "page"
        self._broadcast({"type": kind, "page": self._presenter.page(page)})

    async def _tell_complaint(self, payload: dict[str, Any]) -> None:
        self._broadcast({"type": "complaint", **payload})

    async def _tell_notice(self, payload: dict[str, Any]) -> None:
        frame = encoded({"type": "notice", **payload})
        for line in list(self._desks):
            if line.staff_id == payload["staff_id"]:
                line.offer(frame)

    async def _tell_typing(self, payload: dict[str, Any]) -> None:
        if payload["sender"] == Sender.CUSTOMER:
            self._broadcast({"type": "typing", "conversation_id": payload["conversation_id"]})

    def _broadcast(self, body: dict[str, Any]) -> None:
        frame = encoded(body)
        for line in list(self._desks):
            line.offer(frame)


_TOLD_TO_DESKS = {
    "message": Hub._tell_message,
    "conversation": Hub._tell_conversation,
    "page": Hub._tell_page,
    "page_acknowledged": Hub._tell_page,
    "typing": Hub._tell_typing,
    "complaint": Hub._tell_complaint,
    "complaint_notice": Hub._tell_notice,
}


async def _read(socket: WebSocket, on_frame: Callable[[dict[str, Any]], Any]) -> None:
    """Hand every well-formed frame on; others are passed over."""
    while True:
        try:
            frame = orjson.loads(await socket.receive_text())
        except (orjson.JSONDecodeError, KeyError):
            continue
        if isinstance(frame, dict):
            await on_frame(frame)


async def _until_first(*parts: Any) -> None:
    """Run parts side by side until one ends; a broken line is no error."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        error = task.exception()
        if error and not isinstance(error, (WebSocketDisconnect, TimeoutError, RuntimeError)):
            raise error
