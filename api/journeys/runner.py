"""Plays journeys against a gateway and a Rasa of their own, on a fresh database."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from api.journeys.checks import Outcome, Seen, check
from api.journeys.facts import answer_to
from api.journeys.script import Journey, Script, Turn
from api.journeys.stack import gateway, own_settings, rasa, ready
from api.wiring import Parts, build_parts
from conversations.model import Kind, Sender, State
from conversations.storage import Message, get_conversation, messages_after
from foundation.clock import OffsetClock
from foundation.errors import FrontlineError
from foundation.settings import Settings

TURN_S = 15.0
INSERTED_ANSWERS = 6
AGENT = ("staff_journey", "小李")
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fc"
    "cf50cf000004810180a5f8f0550000000049454e44ae426082"
)


@dataclass
class PlayedTurn:
    """One turn as it went."""

    number: int
    said: str
    replies: list[str]
    outcome: Outcome


@dataclass
class Played:
    """One journey as it went."""

    journey: Journey
    turns: list[PlayedTurn] = field(default_factory=list)


def summary(played: list[Played]) -> dict[str, Any]:
    """Flat figures over all journeys: turns, checkable, passed, rate (0-1)."""
    turns = [turn for journey in played for turn in journey.turns]
    checkable = [turn for turn in turns if turn.outcome.checkable]
    passed = sum(not turn.outcome.failures for turn in checkable)
    rate = round(passed / len(checkable), 4) if checkable else None
    return {"turns": len(turns), "checkable": len(checkable), "passed": passed, "rate": rate}


async def play(
    settings: Settings, script: Script, told: Callable[[Played], None] = lambda _: None
) -> list[Played]:
    """Play every journey in turn; `told` hears each when it is over.

    Raises:
        Unavailable: gateway or Rasa did not become ready.
    """
    with tempfile.TemporaryDirectory(prefix="frontline-journeys-") as folder:
        own = own_settings(settings, Path(folder))
        clock = OffsetClock(script.journeys[0].now)
        parts = build_parts(own, clock=clock)
        async with (
            rasa(own),
            gateway(own, parts),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{own.port}", timeout=TURN_S) as client,
        ):
            await ready(client)
            played = []
            for journey in script.journeys:
                clock.set(journey.now)
                played.append(await _Player(parts, client, script, journey).play())
                told(played[-1])
            return played


class _Player:
    """One journey: a customer over HTTP, staff through the same services the desk uses."""

    def __init__(
        self, parts: Parts, client: httpx.AsyncClient, script: Script, journey: Journey
    ) -> None:
        self._parts = parts
        self._client = client
        self._never = script.never_always
        self._journey = journey
        self._played = Played(journey)
        self._used: set[str] = set()
        self._id = ""
        self._headers: dict[str, str] = {}
        self._seen_seq = 0

    async def play(self) -> Played:
        answer = await self._client.post("/api/v1/conversations", json={"channel": "web"})
        answer.raise_for_status()
        started = answer.json()
        self._id = started["conversation"]["id"]
        self._headers = {"Authorization": f"Bearer {started['token']}"}
        await self._new_messages()
        for number, turn in enumerate(self._journey.turns, start=1):
            await self._play_turn(number, turn)
        await self._close()
        return self._played

    async def _play_turn(self, number: int, turn: Turn) -> None:
        if turn.event is not None:
            await self._happen(turn.event)
            said = f"[{turn.event}]"
        else:
            said = turn.customer or f"[{turn.attachment}]"
            await self._send(turn)
        messages = await self._new_messages()
        outcome = check(turn.expect, await self._seen(messages), self._never)
        for _ in range(INSERTED_ANSWERS):
            if not outcome.failures or not _waits_for_facts(turn):
                break
            answer = answer_to(_last_words(messages), self._journey.facts, self._used)
            if answer is None:
                break
            await self._send_text(answer, uuid.uuid4().hex)
            said = f"{said} ⟨{answer}⟩"
            messages += await self._new_messages()
            outcome = check(turn.expect, await self._seen(messages), self._never)
        replies = [_shown(message) for message in messages if message.sender != Sender.CUSTOMER]
        self._played.turns.append(PlayedTurn(number, said, replies, outcome))

    async def _send(self, turn: Turn) -> None:
        key = turn.msg_id or uuid.uuid4().hex
        attachment = await self._upload() if turn.attachment else None
        if turn.customer or attachment:
            await self._send_text(turn.customer or "", key, attachment)

    async def _send_text(self, text: str, key: str, attachment: str | None = None) -> None:
        body = {"client_message_id": key, "text": text, "attachment_id": attachment}
        answer = await self._client.post(
            f"/api/v1/conversations/{self._id}/messages",
            json={name: value for name, value in body.items() if value is not None},
            headers=self._headers,
        )
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            answer.raise_for_status()
        if answer.is_success:
            await self._worked(answer.json()["message"]["id"])

    async def _upload(self) -> str:
        answer = await self._client.post(
            f"/api/v1/conversations/{self._id}/attachments",
            files={"file": ("photo.png", _PNG, "image/png")},
            headers=self._headers,
        )
        answer.raise_for_status()
        return str(answer.json()["attachment"]["id"])

    async def _worked(self, message_id: str) -> None:
        async with asyncio.timeout(TURN_S):
            while True:
                async with self._parts.work.reading() as session:
                    message = await session.get_one(Message, message_id)
                if message.processed_at is not None:
                    return
                await asyncio.sleep(0.02)

    async def _new_messages(self) -> list[Message]:
        async with self._parts.work.reading() as session:
            fresh = await messages_after(session, self._id, self._seen_seq)
        if fresh:
            self._seen_seq = fresh[-1].seq
        return fresh

    async def _happen(self, event: str) -> None:
        handover, work = self._parts.handover, self._parts.work
        staff_id, name = AGENT
        try:
            async with work.begin() as session:
                if event == "agent_joins":
                    await handover.accept(session, self._id, staff_id, name)
                elif event == "agent_closes":
                    await handover.close(session, self._id, staff_id, override=True)
                elif event == "agent_returns_to_bot":
                    await handover.return_to_bot(session, self._id, staff_id)
        except FrontlineError as error:
            self._played.turns.append(
                PlayedTurn(0, f"[{event}]", [error.message], Outcome(checkable=False))
            )

    async def _close(self) -> None:
        async with self._parts.work.begin() as session:
            detail = await self._state()
            if detail != State.CLOSED:
                await self._parts.handover.close(session, self._id, AGENT[0], override=True)

    async def _state(self) -> str:
        async with self._parts.work.reading() as session:
            return (await get_conversation(session, self._id)).state

    async def _seen(self, messages: list[Message]) -> Seen:
        said = [message for message in messages if message.sender != Sender.CUSTOMER]
        levels = [message.level for message in messages if message.level]
        created = await self._complaints()
        return Seen(
            replies=[_shown(m) for m in said if m.kind != Kind.NOTICE],
            notices=[_shown(m) for m in said if m.kind == Kind.NOTICE],
            state=await self._state(),
            level=max(levels, key=_rank) if levels else "routine",
            complaint=created[0] if created else None,
            complaint_created=bool(created),
        )

    async def _complaints(self) -> list[dict[str, Any]]:
        async with self._parts.work.reading() as session:
            conversation = await get_conversation(session, self._id)
            found = await self._parts.complaints.of_customer(
                session, conversation.customer_id, self._id
            )
        return [{"category": c.category, "priority": c.priority} for c in found]


def _rank(level: str) -> int:
    return ("routine", "sensitive", "emergency").index(level)


def _shown(message: Message) -> str:
    """What the customer sees: the text and the titles of its buttons."""
    return "\n".join([message.text, *(button["title"] for button in message.buttons)])


def _waits_for_facts(turn: Turn) -> bool:
    created = (turn.expect.get("complaint") or {}).get("created")
    return created is True or bool({"contains_any", "contains_groups"} & turn.expect.keys())


def _last_words(messages: list[Message]) -> str:
    said = [message.text for message in messages if message.sender == Sender.BOT]
    return said[-1] if said else ""
