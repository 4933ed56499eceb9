"""Changes of hands: queue, accept, return, transfer, close. One speaker at any time."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from conversations import texts
from conversations.duty import Duty
from conversations.feeling import feeling_of
from conversations.model import PRIORITY_RANK, Priority, Sender, State
from conversations.rating import invite_rating
from conversations.speaking import notify
from conversations.storage import (
    Callback,
    Conversation,
    get_conversation,
    last_messages,
)
from foundation.clock import Clock
from foundation.errors import Conflict
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.transactions import announce


class Handover:
    """Use cases of ownership. Each expects to run inside the caller's transaction."""

    def __init__(self, settings: Settings, clock: Clock, duty: Duty) -> None:
        self._settings = settings
        self._clock = clock
        self._duty = duty

    async def request_human(
        self, session: AsyncSession, conversation: Conversation, reason: str
    ) -> None:
        """Queue for a human and say how long it takes; off duty, register a call-back."""
        now = self._clock.now()
        if conversation.state != State.BOT:
            return
        if not await self._duty.reachable(session, now):
            self.register_callback(session, conversation, reason)
            off_hours = texts.CALLBACK_OFF_HOURS.format(
                opens=f"{self._settings.office_opens:%H:%M}",
                closes=f"{self._settings.office_closes:%H:%M}",
            )
            notify(session, conversation, off_hours, now)
            return
        await self.enqueue(session, conversation, reason)
        notify(session, conversation, await self.queue_notice(session, conversation), now)

    async def enqueue(self, session: AsyncSession, conversation: Conversation, reason: str) -> None:
        """Move to `queued` with a hand-over summary; says nothing to the customer."""
        now = self._clock.now()
        _apply(session, conversation, State.QUEUED)
        conversation.queued_at = now
        conversation.offered_at = now
        conversation.offers = 1
        conversation.notice_at = now
        conversation.handover = await summarise(session, conversation, reason)
        await session.flush()

    async def refresh_summary(
        self, session: AsyncSession, conversation: Conversation, reason: str
    ) -> None:
        """Summarise again after something grave, keeping what the bot had filled in."""
        known = (conversation.handover or {}).get("slots", {})
        summary = await summarise(session, conversation, reason)
        conversation.handover = {**summary, "slots": known}

    async def queue_notice(self, session: AsyncSession, conversation: Conversation) -> str:
        """What a freshly queued customer is told."""
        if conversation.priority == Priority.URGENT:
            return texts.QUEUED_URGENT
        wait = await self._duty.wait(session, conversation, self._clock.now())
        if wait.position == 1:
            return texts.QUEUED_NEXT.format(minutes=wait.minutes)
        return texts.QUEUED.format(ahead=wait.position - 1, minutes=wait.minutes)

    async def accept(
        self,
        session: AsyncSession,
        conversation_id: str,
        staff_id: str,
        display_name: str,
        epoch: int | None = None,
    ) -> Conversation:
        """An agent takes the conversation from the queue or from the bot.

        Raises:
            Conflict: another agent holds it, or it changed hands since `epoch` was read.
            IllegalMove: it is closed.
        """
        conversation = await get_conversation(session, conversation_id, lock=True)
        if conversation.state == State.HUMAN:
            if conversation.assigned_to == staff_id:
                return conversation
            raise Conflict(
                "another agent holds this conversation",
                assigned_to=conversation.assigned_to,
                assigned_name=conversation.assigned_name,
            )
        if epoch is not None and epoch != conversation.epoch:
            raise Conflict("the conversation changed hands", epoch=conversation.epoch)
        if conversation.handover is None:
            conversation.handover = await summarise(session, conversation, "taken by an agent")
        _apply(session, conversation, State.HUMAN, staff_id)
        conversation.assigned_name = display_name
        conversation.suspected_until = None
        conversation.callback = False
        notify(session, conversation, texts.ACCEPTED.format(name=display_name), self._clock.now())
        return conversation

    async def return_to_bot(
        self, session: AsyncSession, conversation_id: str, staff_id: str
    ) -> Conversation:
        """The holder hands the conversation back to the bot.

        Raises:
            Conflict: `staff_id` does not hold it.
        """
        conversation = await self._held(session, conversation_id, staff_id)
        _apply(session, conversation, State.BOT)
        conversation.handover = None
        notify(session, conversation, texts.RETURNED, self._clock.now())
        return conversation

    async def transfer(
        self, session: AsyncSession, conversation_id: str, staff_id: str, note: str = ""
    ) -> Conversation:
        """The holder puts the conversation back at the head of its class in the queue.

        Raises:
            Conflict: `staff_id` does not hold it.
        """
        conversation = await self._held(session, conversation_id, staff_id)
        await self.enqueue(session, conversation, note or "transferred")
        conversation.queued_at = conversation.created_at
        notify(session, conversation, texts.TRANSFERRED, self._clock.now())
        return conversation

    async def close(
        self, session: AsyncSession, conversation_id: str, staff_id: str, *, override: bool = False
    ) -> Conversation:
        """End the episode; an unanswered emergency page stays open until acknowledged.

        Raises:
            Conflict: another agent holds it and `override` (supervisors) is not set.
            IllegalMove: it is closed already.
        """
        conversation = await get_conversation(session, conversation_id, lock=True)
        if (
            conversation.state == State.HUMAN
            and conversation.assigned_to != staff_id
            and not override
        ):
            raise Conflict(
                "another agent holds this conversation", assigned_to=conversation.assigned_to
            )
        notify(session, conversation, texts.CLOSED, self._clock.now())
        invite_rating(session, conversation, self._clock.now())
        _apply(session, conversation, State.CLOSED)
        conversation.closed_at = self._clock.now()
        conversation.suspected_until = None
        conversation.callback = False
        return conversation

    def reopen(self, session: AsyncSession, conversation: Conversation) -> None:
        """A message after `closed` opens a new episode, owned by the bot, without old marks."""
        _apply(session, conversation, State.BOT)
        conversation.episode += 1
        conversation.closed_at = None
        conversation.handover = None
        conversation.notice_at = None
        set_priority(conversation, Priority.NORMAL)
        conversation.triage_level = "routine"
        conversation.triage_category = ""
        conversation.triage_certainty = None
        conversation.triage_words = []

    async def give_up_waiting(self, session: AsyncSession, conversation: Conversation) -> None:
        """Nobody accepted in time: a call-back is registered and the bot helps meanwhile."""
        self.register_callback(session, conversation, "queue timeout")
        notify(session, conversation, texts.CALLBACK_BUSY, self._clock.now())
        _apply(session, conversation, State.BOT)

    def register_callback(
        self, session: AsyncSession, conversation: Conversation, reason: str
    ) -> None:
        """Promise a call-back, once per conversation until it is done."""
        if conversation.callback:
            return
        conversation.callback = True
        session.add(
            Callback(
                id=new_id("cb"),
                conversation_id=conversation.id,
                reason=reason[:40],
                created_at=self._clock.now(),
            )
        )
        announce(session, "conversation", conversation_id=conversation.id)

    async def _held(
        self, session: AsyncSession, conversation_id: str, staff_id: str
    ) -> Conversation:
        conversation = await get_conversation(session, conversation_id, lock=True)
        if conversation.state != State.HUMAN or conversation.assigned_to != staff_id:
            raise Conflict(
                "you do not hold this conversation",
                state=conversation.state,
                assigned_to=conversation.assigned_to,
            )
        return conversation


def set_priority(conversation: Conversation, priority: Priority) -> None:
    """Set the priority and its rank in the queue."""
    conversation.priority = priority
    conversation.priority_rank = PRIORITY_RANK[priority]


def _apply(
    session: AsyncSession,
    conversation: Conversation,
    target: State,
    staff_id: str | None = None,
) -> None:
    owned = conversation.ownership.move(target, staff_id)
    conversation.state = owned.state
    conversation.epoch = owned.epoch
    conversation.assigned_to = owned.assigned_to
    if target is not State.HUMAN:
        conversation.assigned_name = ""
    if target is not State.QUEUED:
        conversation.queued_at = None
        conversation.offered_at = None
    announce(session, "conversation", conversation_id=conversation.id)


async def summarise(
    session: AsyncSession, conversation: Conversation, reason: str
) -> dict[str, Any]:
    """The hand-over summary: what was asked and tried, triage, feeling and reason."""
    recent = await last_messages(session, conversation.id, 30)
    asked = [m.text for m in recent if m.sender == Sender.CUSTOMER and m.text]
    tried = [m.text for m in recent if m.sender == Sender.BOT and m.in_reply_to and m.text]
    return {
        "reason": reason,
        "asked": [_short(text, 120) for text in asked[-5:]],
        "tried": [_short(text, 80) for text in tried[-4:]],
        "slots": {},
        "feeling": feeling_of(asked),
        "triage": {
            "level": conversation.triage_level,
            "category": conversation.triage_category,
            "certainty": conversation.triage_certainty,
            "words": conversation.triage_words,
        },
    }


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
