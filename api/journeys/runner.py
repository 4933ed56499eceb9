"""Plays journeys against a gateway and a Rasa of their own, on a fresh database."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from api.journeys.checks import Outcome, Seen, check
from api.journeys.facts import answer_to
from api.journeys.script import Journey, Script, Turn
from api.journeys.setup import SETTLED, set_up
from api.journeys.stack import gateway, own_settings, rasa, ready
from api.wiring import Parts, build_parts
from complaints.storage import Complaint
from conversations.channels.web.channel import WebChannel
from conversations.model import Kind, Sender, State
from conversations.outbox import Dispatcher
from conversations.storage import Message, get_conversation, messages_after
from foundation.clock import OffsetClock
from foundation.errors import FrontlineError
from foundation.settings import Settings

TURN_S = 15.0
INSERTED_ANSWERS = 6
AGENT = ("staff_journey", "小李")
FILES = {
    "image": (
        "photo.png",
        bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154"
            "78da63fccf50cf000004810180a5f8f0550000000049454e44ae426082"
        ),
    ),
    "video": ("video.mp4", bytes.fromhex("0000001866747970") + b"mp42\0\0\0\0mp42isom"),
}
"""What is uploaded for a kind of attachment; a kind not named here counts as an image."""

WORDLESS = {"audio": "🎤", "sticker": "🙂"}
"""Kinds that no upload takes: said with the text that came along, else with a sign alone."""


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
        parts = _everywhere(build_parts(own, clock=clock), script)
        async with (
            rasa(own),
            gateway(own, parts),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{own.port}", timeout=TURN_S) as client,
        ):
            await ready(client)
            played = []
            for journey in script.journeys:
                clock.set(journey.now)
                played.append(await Player(parts, client, script, journey).play())
                told(played[-1])
            return played


def _everywhere(parts: Parts, script: Script) -> Parts:
    """`parts` that deliver on every channel of the script as the web does: by being read."""
    channels = {journey.channel for journey in script.journeys} | {"web"}
    web = WebChannel(parts.events)
    dispatcher = Dispatcher(
        parts.settings, parts.clock, parts.work, dict.fromkeys(sorted(channels), web)
    )
    return replace(parts, dispatcher=dispatcher)


class Player:
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
        self._last_key = ""
        self._set_up: frozenset[str] = frozenset()
        self._known: dict[str, str] = {}
        self._seen_seq = 0

    async def play(self) -> Played:
        """Set up, play every turn, close the conversation."""
        conversation = await self._parts.intake.start(self._journey.channel)
        self._id = conversation.id
        token = self._parts.tokens.for_conversation(self._id)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._known = await set_up(self._parts, self._journey, conversation.customer_id)
        self._set_up = frozenset(self._known)
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
        again = self._last_key if turn.retry else ""
        self._last_key = turn.msg_id or again or uuid.uuid4().hex
        text, attachment = turn.customer or "", None
        if turn.attachment in WORDLESS:
            text = text or WORDLESS[turn.attachment]
        elif turn.attachment:
            attachment = await self._upload(turn.attachment)
        if text or attachment:
            await self._send_text(text, self._last_key, attachment)

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

    async def _upload(self, kind: str) -> str:
        answer = await self._client.post(
            f"/api/v1/conversations/{self._id}/attachments",
            files={"file": FILES.get(kind, FILES["image"])},
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
                elif event == "complaint_closed":
                    await self._settle(session)
        except FrontlineError as error:
            self._played.turns.append(
                PlayedTurn(0, f"[{event}]", [error.message], Outcome(checkable=False))
            )

    async def _settle(self, session: AsyncSession) -> None:
        """What was set up has been dealt with; without a set-up, what came of this conversation."""
        found = await self._parts.complaints.of_conversation(session, self._id)
        for number in self._set_up or {complaint.no for complaint in found}:
            complaint = await session.get_one(Complaint, number)
            complaint.state = "resolved"
            self._known[number] = complaint.state

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
        created, reopened = await self._complaints()
        shown = [{"category": c.category, "priority": c.priority} for c in (*created, *reopened)]
        return Seen(
            replies=[_shown(m) for m in said if m.kind != Kind.NOTICE],
            notices=[_shown(m) for m in said if m.kind == Kind.NOTICE],
            state=await self._state(),
            level=max(levels, key=_rank) if levels else "routine",
            complaint=shown[0] if shown else None,
            complaint_created=bool(created),
            complaint_reopened=bool(reopened),
        )

    async def _complaints(self) -> tuple[list[Complaint], list[Complaint]]:
        """Complaints made in this conversation, and those settled before that are open again."""
        async with self._parts.work.reading() as session:
            conversation = await get_conversation(session, self._id)
            found = await self._parts.complaints.of_customer(
                session, conversation.customer_id, self._id
            )
        created = [complaint for complaint in found if complaint.no not in self._set_up]
        reopened = [
            complaint
            for complaint in found
            if self._known.get(complaint.no) in SETTLED and complaint.state not in SETTLED
        ]
        return created, reopened


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
