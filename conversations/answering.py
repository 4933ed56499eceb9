"""The bot's turn: what it says, what stands in for it, and what is offered besides."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from conversations import texts
from conversations.bot_turn import BotTurns
from conversations.handover import Handover
from conversations.model import BotTurn, Certainty, Level, Reply, Sender, State, agrees
from conversations.offers import FIRST_TO_LOOK_AT, Offers
from conversations.ports import Bot
from conversations.safety import Safety
from conversations.speaking import say_all
from conversations.storage import Conversation, Message, get_conversation
from foundation.clock import Clock
from foundation.metrics import DROPPED_REPLIES
from foundation.transactions import UnitOfWork

log = structlog.get_logger(__name__)


class Answering:
    """Gets an answer for one message and keeps it, if the bot still owns the conversation."""

    def __init__(
        self,
        clock: Clock,
        work: UnitOfWork,
        handover: Handover,
        safety: Safety,
        offers: Offers,
        bot: Bot,
        bot_turns: BotTurns,
    ) -> None:
        self._clock = clock
        self._work = work
        self._handover = handover
        self._safety = safety
        self._offers = offers
        self._bot = bot
        self._bot_turns = bot_turns

    async def answer(self, message: Message, question: Message, epoch: int, sender: str) -> None:
        """Work `message`, whose `question` (itself or one before) the bot has to answer.

        Nothing is said if the ownership has moved on since `epoch`."""
        turn, recent = await asyncio.gather(
            self._turn_of_bot(message, question, sender), self._recent(message)
        )
        async with self._work.begin() as session:
            conversation = await get_conversation(session, message.conversation_id, lock=True)
            kept = await session.get_one(Message, message.id)
            if kept.processed_at is not None:
                return
            kept.processed_at = self._clock.now()
            kept.level = kept.level or Level.ROUTINE
            if not conversation.ownership.may_speak(Sender.BOT, epoch):
                DROPPED_REPLIES.inc()
                return
            replies = turn.replies
            if not (turn.handoff or turn.emergency):
                replies = await self._offers.after(session, conversation, recent, turn)
            say_all(session, conversation, kept, replies, self._clock.now())
            await self._after_bot(session, conversation, question, turn)
            handed_over = conversation.handover is not None
        if handed_over:
            await self._remember(message.conversation_id, sender, turn)

    async def _turn_of_bot(self, message: Message, question: Message, sender: str) -> BotTurn:
        """What the bot says, what stands in for it, or a hand-over that was agreed to."""
        if agrees(question.text):
            async with self._work.reading() as session:
                if await self._offers.accepted(session, question):
                    return BotTurn(handoff="customer accepted the offer")
        return await self._bot_turns.take(sender, question, message.id)

    async def _recent(self, message: Message) -> list[Message]:
        if message.seq < FIRST_TO_LOOK_AT:
            return []
        async with self._work.reading() as session:
            return await self._offers.recent(session, message)

    async def _after_bot(
        self,
        session: AsyncSession,
        conversation: Conversation,
        question: Message,
        turn: BotTurn,
    ) -> None:
        """Hand-off, and the bot's own emergency rules: the second layer asks where the gateway's
        triage saw nothing, and fetches a human where the customer has said no before."""
        if turn.emergency and conversation.triage_certainty != Certainty.CLEARED:
            self._safety.ask(session, conversation, question, turn.emergency)
        elif turn.emergency or turn.handoff:
            reason = turn.handoff or f"possible {turn.emergency}"
            await self._handover.request_human(session, conversation, reason)

    async def give_up(self, message: Message) -> None:
        """Something of ours fails again and again on this message: say so and fetch a human."""
        log.error("turn_given_up", message=message.id)
        async with self._work.begin() as session:
            conversation = await get_conversation(session, message.conversation_id, lock=True)
            kept = await session.get_one(Message, message.id)
            if kept.processed_at is not None:
                return
            kept.processed_at = self._clock.now()
            if conversation.state == State.BOT:
                say_all(session, conversation, kept, (Reply(texts.APOLOGY),), self._clock.now())
                await self._handover.request_human(session, conversation, "turn failed")

    async def _remember(self, conversation_id: str, sender: str, turn: BotTurn) -> None:
        """Add what the bot knows to the hand-over summary, if it can still be asked."""
        memory = turn.memory or await self._bot.memory(sender)
        if not memory:
            return
        async with self._work.begin() as session:
            conversation = await get_conversation(session, conversation_id, lock=True)
            if conversation.handover is not None:
                conversation.handover = {**conversation.handover, "slots": memory}
