"""What triage leads to: advice, pages, the head of the queue (SPEC section 3)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations import texts
from conversations.handover import Handover, set_priority
from conversations.model import (
    Button,
    Certainty,
    Kind,
    Level,
    Priority,
    Reply,
    Sender,
    State,
    Verdict,
    all_clear,
    safety_answer,
)
from conversations.ports import Complaints, EmergencyCase, Knowledge
from conversations.speaking import notify, say
from conversations.storage import Conversation, Message, PageCall, get_conversation
from foundation.clock import Clock
from foundation.errors import NotFound
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.transactions import announce

log = structlog.get_logger(__name__)


class Step(StrEnum):
    """What one inbound message leads to before anybody answers it."""

    CONFIRM = "confirm"
    ASK = "ask"
    CLEAR = "clear"
    SENSITIVE = "sensitive"
    PASS = "pass"


def next_step(
    *, awaiting: bool, level: str, certainty: str | None, category: str, verdict: Verdict, text: str
) -> Step:
    """Decide from the conversation's mark, the verdict on this message and its text.

    `awaiting`: the safety question is open. An emergency confirmed before is not confirmed again
    for the same category, so advice is not repeated at every message.
    """
    answer = safety_answer(text) if awaiting else None
    confirmed = level == Level.EMERGENCY and certainty == Certainty.CONFIRMED
    if answer is True:
        return Step.CONFIRM
    if verdict.level is Level.EMERGENCY and verdict.certainty is Certainty.CONFIRMED:
        known = confirmed and (verdict.category == category or all_clear(text))
        return Step.PASS if known else Step.CONFIRM
    if answer is False:
        return Step.CLEAR
    if verdict.level is Level.EMERGENCY:
        return Step.PASS if confirmed or awaiting else Step.ASK
    if verdict.level is Level.SENSITIVE:
        marked = level in (Level.SENSITIVE, Level.EMERGENCY) and certainty == Certainty.CONFIRMED
        return Step.PASS if marked else Step.SENSITIVE
    return Step.PASS


class Safety:
    """Applies triage to a conversation inside the caller's transaction."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        handover: Handover,
        knowledge: Knowledge,
        complaints: Complaints,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._handover = handover
        self._knowledge = knowledge
        self._complaints = complaints

    async def confirm(
        self, session: AsyncSession, conversation: Conversation, category: str, summary: str
    ) -> None:
        """Act on an emergency: advice, head of the queue, page, complaint."""
        now = self._clock.now()
        conversation.triage_level = Level.EMERGENCY
        conversation.triage_category = category
        conversation.triage_certainty = Certainty.CONFIRMED
        conversation.suspected_until = None
        set_priority(conversation, Priority.URGENT)
        advice = Reply(self._knowledge.safety_advice(category), Kind.SAFETY, sender=Sender.SYSTEM)
        say(session, conversation, advice, now)
        number = await self._complaints.open_emergency(
            session,
            EmergencyCase(
                conversation.id, conversation.customer_id, conversation.channel, category, summary
            ),
        )
        reason = f"emergency: {category}"
        if conversation.state == State.BOT:
            await self._handover.enqueue(session, conversation, reason)
        else:
            await self._handover.refresh_summary(session, conversation, reason)
        notice = texts.EMERGENCY_COMPLAINT.format(number=number)
        if conversation.state == State.QUEUED:
            notice = f"{texts.QUEUED_URGENT}{notice}"
        notify(session, conversation, notice, now)
        if conversation.handover is not None:
            conversation.handover = {**conversation.handover, "complaint_no": number}
        self._page(session, conversation, Level.EMERGENCY, category, summary)
        announce(session, "conversation", conversation_id=conversation.id)

    def ask(
        self, session: AsyncSession, conversation: Conversation, message: Message, category: str
    ) -> None:
        """Ask the one safety question and start its clock.

        Where a human has the conversation he is shown the mark instead and does the asking; if he
        says nothing within that time, it counts as confirmed all the same."""
        now = self._clock.now()
        conversation.triage_level = Level.EMERGENCY
        conversation.triage_category = category
        conversation.triage_certainty = Certainty.SUSPECTED
        conversation.suspected_message_id = message.id
        conversation.suspected_until = now + timedelta(seconds=self._settings.suspected_silence_s)
        announce(session, "conversation", conversation_id=conversation.id)
        if conversation.state == State.HUMAN:
            return
        question = Reply(
            texts.SAFETY_QUESTION,
            Kind.SAFETY_QUESTION,
            (
                Button(texts.SAFETY_YES, texts.SAFETY_YES),
                Button(texts.SAFETY_NO, texts.SAFETY_NO),
            ),
            sender=Sender.SYSTEM,
        )
        say(session, conversation, question, now, in_reply_to=message.id, part=0)

    def clear(self, session: AsyncSession, conversation: Conversation) -> str | None:
        """The customer said no: routine again, the mark kept. Gives the message still to answer."""
        conversation.triage_certainty = Certainty.CLEARED
        conversation.suspected_until = None
        pending = conversation.suspected_message_id
        conversation.suspected_message_id = None
        notify(session, conversation, texts.SAFETY_CLEARED, self._clock.now())
        announce(session, "conversation", conversation_id=conversation.id)
        return pending

    def mark_sensitive(
        self, session: AsyncSession, conversation: Conversation, category: str, summary: str
    ) -> None:
        """Mark and page a supervisor; whoever speaks goes on speaking."""
        conversation.triage_level = Level.SENSITIVE
        conversation.triage_category = category
        conversation.triage_certainty = Certainty.CONFIRMED
        if conversation.priority == Priority.NORMAL:
            set_priority(conversation, Priority.SENSITIVE)
        self._page(session, conversation, Level.SENSITIVE, category, summary)
        announce(session, "conversation", conversation_id=conversation.id)

    async def close_emergency(self, session: AsyncSession, conversation_id: str) -> Conversation:
        """A human ends the emergency; the mark stays visible as cleared."""
        conversation = await get_conversation(session, conversation_id, lock=True)
        conversation.triage_certainty = Certainty.CLEARED
        conversation.suspected_until = None
        set_priority(conversation, Priority.NORMAL)
        announce(session, "conversation", conversation_id=conversation.id)
        return conversation

    async def acknowledge(self, session: AsyncSession, page_id: str, name: str) -> PageCall:
        """Somebody has seen the page; the first one to say so is kept.

        Raises:
            NotFound: unknown page.
        """
        query = select(PageCall).where(PageCall.id == page_id).with_for_update()
        page = (await session.execute(query)).scalar_one_or_none()
        if page is None:
            raise NotFound("page", page_id)
        if page.acknowledged_at is None:
            page.acknowledged_at = self._clock.now()
            page.acknowledged_by = name
            announce(session, "page_acknowledged", page_id=page.id)
        return page

    def _page(
        self,
        session: AsyncSession,
        conversation: Conversation,
        level: Level,
        category: str,
        summary: str,
    ) -> None:
        now = self._clock.now()
        page = PageCall(
            id=new_id("page"),
            conversation_id=conversation.id,
            episode=conversation.episode,
            level=level,
            category=category,
            reason=summary[:300],
            audience="supervisors" if level is Level.SENSITIVE else "everyone",
            created_at=now,
            last_paged_at=now,
        )
        session.add(page)
        announce(session, "page", page_id=page.id)
        log.warning("paged", conversation=conversation.id, level=level, category=category)
