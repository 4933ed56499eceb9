"""The bot's answer to one message, or what is said instead: never silence."""

from __future__ import annotations

import asyncio
import time

import structlog

from conversations import texts
from conversations.model import BotTurn, Kind, Reply
from conversations.ports import Bot, Knowledge
from conversations.storage import Message
from foundation.errors import Unavailable
from foundation.metrics import BOT_TURNS
from foundation.settings import Settings

log = structlog.get_logger(__name__)

LEAST_FOR_LIBRARY_S = 0.3
"""What the library gets even where the bot has used up the whole budget."""


class BotTurns:
    """Asks the bot, and the library where the bot has nothing; both within one budget."""

    def __init__(self, settings: Settings, bot: Bot, knowledge: Knowledge) -> None:
        self._budget_s = settings.bot_timeout_s
        self._bot = bot
        self._knowledge = knowledge

    async def take(self, sender: str, question: Message, message_id: str) -> BotTurn:
        """One turn that has something in it; a bot that is down, slow or mute means a human."""
        began = time.monotonic()
        try:
            turn = await self._bot.turn(
                sender, _plain(question.text or "/add_evidence"), message_id
            )
            if not (turn.replies or turn.handoff or turn.emergency):
                raise Unavailable("bot", "empty answer")
        except Unavailable as error:
            log.warning("bot_unavailable", reason=error.detail.get("reason"))
            BOT_TURNS.labels("fallback").inc()
            return await self._instead(question, began + self._budget_s - time.monotonic())
        BOT_TURNS.labels("answered").inc()
        return turn

    async def _instead(self, question: Message, left_s: float) -> BotTurn:
        if not question.text:
            return BotTurn((Reply(texts.IMAGE_RECEIVED),), handoff="bot unavailable")
        answer = await self._from_library(question.text, max(left_s, LEAST_FOR_LIBRARY_S))
        if answer is None:
            return BotTurn((Reply(texts.APOLOGY),), handoff="bot unavailable")
        return BotTurn(
            (answer, Reply(texts.FALLBACK_HANDOFF, Kind.NOTICE)), handoff="bot unavailable"
        )

    async def _from_library(self, text: str, left_s: float) -> Reply | None:
        """None also when the library fails in any way or takes too long."""
        try:
            async with asyncio.timeout(left_s):
                return await self._knowledge.fallback(text)
        except Exception as error:
            log.error("library_failed", error=type(error).__name__)
            return None


def _plain(text: str) -> str:
    """Customer text must never reach the bot as a command such as `/restart`."""
    return "／" + text[1:] if text.startswith("/") and text != "/add_evidence" else text
