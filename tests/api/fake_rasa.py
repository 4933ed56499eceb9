"""A Rasa on a real socket that answers well, badly, late or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

Events = dict[str, list[dict[str, Any]]]
Answer = Callable[["Turn"], Awaitable[Any]]


class Hung(Exception):
    """The connection ends here."""


@dataclass
class Turn:
    """A turn to be answered: raw bytes may be written, what is returned is sent as JSON."""

    rasa: FakeRasa
    sender: str
    text: str
    message_id: str
    writer: asyncio.StreamWriter

    async def drop(self, content: bytes = b"") -> None:
        """Send exactly this and close."""
        self.writer.write(content)
        await self.writer.drain()
        raise Hung


async def echo(turn: Turn) -> Any:
    """What a Rasa in order says here, with what it remembers of the conversation."""
    before = sum(event["event"] == "user" for event in turn.rasa.events.get(turn.sender, []))
    return [{"recipient_id": turn.sender, "text": f"{before + 1}. {turn.text}"}]


@dataclass
class FakeRasa:
    """Several may share `events`, as real ones share the tracker store."""

    answer: Answer = echo
    events: Events = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Die: what is connected loses its connection, nothing more is taken."""
        if self._server:
            self._server.close()
            self._server = None
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line[15:]) for line in head.split("\r\n")
                 if line.lower().startswith("content-length:")),
                0,
            )  # fmt: skip
            body = json.loads(await reader.readexactly(length)) if length else {}
            path = unquote(urlsplit(head.split(" ")[1]).path)
            found = await self._route(path, body, writer)
            content = json.dumps(found, ensure_ascii=False).encode()
            writer.write(http(content))
            await writer.drain()
        except (Hung, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _route(self, path: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
        if path == "/status":
            return {"model_file": "fake"}
        if path.startswith("/conversations/"):
            return {"slots": {"product": "冰箱"}, "events": self.events.get(path.split("/")[2], [])}
        turn = Turn(self, body["sender"], body["message"], body["metadata"]["message_id"], writer)
        self.asked.append(turn.text)
        said = await self.answer(turn)
        if isinstance(said, list):
            events = self.events.setdefault(turn.sender, [])
            metadata = {"message_id": turn.message_id}
            events.append({"event": "user", "text": turn.text, "metadata": metadata})
            events += [{"event": "bot", **item} for item in said if isinstance(item, dict)]
        return said


def http(content: bytes, status: str = "200 OK") -> bytes:
    """A whole HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content
