"""Turning what is kept into what is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.schemas.conversations import AttachmentOut, ButtonOut, ConversationPublic, MessageOut
from api.schemas.desk import (
    Assignee,
    ComplaintBrief,
    ConversationDetail,
    ConversationSummary,
    CustomerOut,
    HandoverOut,
    HistoryItem,
    LastMessage,
    PageOut,
    RepairBrief,
    TriageOut,
)
from api.schemas.orders import OrderBrief, OrderOut
from api.tokens import Tokens
from complaints.storage import Complaint
from complaints.texts import CLOCK_TITLES
from conversations.desk import Overview, Past, attachments_of, mask_numbers, mask_phone
from conversations.duty import Duty
from conversations.model import Sender, State
from conversations.storage import Attachment, Conversation, Message, PageCall
from foundation.clock import Clock
from orders.storage import Order
from repairs.storage import RepairBooking

BOT_NAME = "小安"
BRIEF_CHARS = 120
PLACEHOLDERS = {"image": "[图片]", "file": "[文件]"}


class Presenter:
    """Makes response models. `title_of` names a triage category in Chinese."""

    def __init__(
        self, clock: Clock, duty: Duty, tokens: Tokens, title_of: Callable[[str], str]
    ) -> None:
        self._clock = clock
        self._duty = duty
        self._tokens = tokens
        self._title_of = title_of

    async def messages(self, session: AsyncSession, found: Sequence[Message]) -> list[MessageOut]:
        """Messages with their files."""
        files = await attachments_of(session, found)
        return [self._message(message, files) for message in found]

    async def message(self, session: AsyncSession, found: Message) -> MessageOut:
        """One message with its file."""
        return (await self.messages(session, [found]))[0]

    def attachment(self, found: Attachment) -> AttachmentOut:
        """A file with a fresh link."""
        return AttachmentOut(
            id=found.id,
            mime=found.mime,
            size=found.size,
            name=found.name,
            url=self._tokens.link(found.id),
        )

    async def public(self, session: AsyncSession, conversation: Conversation) -> ConversationPublic:
        """A conversation as its customer sees it."""
        wait = None
        if conversation.state == State.QUEUED:
            wait = await self._duty.wait(session, conversation, self._clock.now())
        return ConversationPublic(
            id=conversation.id,
            state=State(conversation.state).value,
            agent_name=conversation.assigned_name,
            queue_position=wait.position if wait else None,
            wait_minutes=wait.minutes if wait else None,
            last_seq=conversation.last_seq,
        )

    def summary(self, found: Overview) -> ConversationSummary:
        """A list entry of the desk."""
        return ConversationSummary(**self._summary_fields(found))

    def detail(
        self,
        found: Overview,
        complaints: Sequence[Complaint],
        repairs: Sequence[RepairBrief],
        orders: Sequence[Order],
        past: Sequence[Past],
    ) -> ConversationDetail:
        """Everything the desk shows beside the messages."""
        conversation = found.conversation
        return ConversationDetail(
            **self._summary_fields(found),
            epoch=conversation.epoch,
            episode=conversation.episode,
            handover=_handover(conversation),
            complaints=[
                ComplaintBrief(no=c.no, priority=c.priority, state=c.state, opened_at=c.created_at)
                for c in complaints
            ],
            repairs=list(repairs),
            orders=[OrderBrief.model_validate(order) for order in orders],
            history=_history(conversation, complaints, past),
        )

    def page(self, found: PageCall) -> PageOut:
        """A call to people."""
        return PageOut(
            id=found.id,
            conversation_id=found.conversation_id,
            complaint_no=found.complaint_no,
            level=found.level,
            category=found.category,
            category_title=CLOCK_TITLES.get(found.category) or self._title_of(found.category),
            reason=mask_numbers(found.reason),
            audience="supervisors" if found.audience == "supervisors" else "everyone",
            times=found.times,
            created_at=found.created_at,
            acknowledged_at=found.acknowledged_at,
            acknowledged_by=found.acknowledged_by,
        )

    def _message(self, found: Message, files: dict[str, Attachment]) -> MessageOut:
        attached = files.get(found.attachment_id or "")
        return MessageOut(
            id=found.id,
            conversation_id=found.conversation_id,
            seq=found.seq,
            sender=found.sender,
            kind=found.kind,
            text=found.text,
            buttons=[ButtonOut(**button) for button in found.buttons or []],
            attachment=self.attachment(attached) if attached else None,
            machine=found.machine,
            author=found.author or (BOT_NAME if found.sender == Sender.BOT else ""),
            client_message_id=found.client_message_id,
            created_at=found.created_at,
        )

    def _summary_fields(self, found: Overview) -> dict[str, Any]:
        conversation, customer = found.conversation, found.customer
        queued = conversation.queued_at if conversation.state == State.QUEUED else None
        waiting = int((self._clock.now() - queued).total_seconds()) if queued else None
        return {
            "id": conversation.id,
            "state": conversation.state,
            "channel": conversation.channel,
            "customer": CustomerOut(
                id=customer.id,
                name=customer.name,
                phone_masked=mask_phone(customer.phone),
                tier=customer.tier,
            ),
            "priority": conversation.priority,
            "triage": triage_mark(conversation),
            "assigned_to": _assignee(conversation),
            "queued_at": queued,
            "waiting_s": max(0, waiting) if waiting is not None else None,
            "last_message": _last(found.last_message),
            "unread": found.unread,
            "callback": conversation.callback,
            "updated_at": conversation.updated_at,
        }


def triage_mark(conversation: Conversation) -> TriageOut:
    """The triage mark of a conversation."""
    return TriageOut(
        level=conversation.triage_level,
        category=conversation.triage_category,
        certainty=conversation.triage_certainty,
        words=conversation.triage_words or [],
    )


def repair_brief(booking: RepairBooking) -> RepairBrief:
    """A repair booking; the slot is local time, such as `11月6日 8:00–10:00`."""
    visit = booking.visit
    slot = f"{visit.day.month}月{visit.day.day}日 {visit.from_hour}:00–{visit.to_hour}:00"
    return RepairBrief(no=booking.no, product=booking.product, slot=slot, state=booking.state)


def order_out(order: Order) -> OrderOut:
    """An order by its number."""
    brief = OrderBrief.model_validate(order).model_dump()
    return OrderOut(**brief, phone_masked=mask_phone(order.phone))


def _assignee(conversation: Conversation) -> Assignee | None:
    if conversation.assigned_to is None:
        return None
    return Assignee(id=conversation.assigned_to, display_name=conversation.assigned_name)


def _last(message: Message | None) -> LastMessage | None:
    if message is None:
        return None
    text = message.text or PLACEHOLDERS.get(message.kind, "")
    return LastMessage(
        sender=message.sender,
        text=mask_numbers(text[:BRIEF_CHARS]),
        created_at=message.created_at,
    )


def _handover(conversation: Conversation) -> HandoverOut | None:
    kept = conversation.handover
    if kept is None:
        return None
    return HandoverOut(
        asked=kept.get("asked") or [],
        tried=kept.get("tried") or [],
        slots={str(name): _said(value) for name, value in (kept.get("slots") or {}).items()},
        feeling=kept.get("feeling") or "calm",
        triage=TriageOut(**(kept.get("triage") or triage_mark(conversation).model_dump())),
        complaint_no=kept.get("complaint_no"),
        reason=kept.get("reason") or "",
    )


def _said(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _history(
    conversation: Conversation, complaints: Sequence[Complaint], past: Sequence[Past]
) -> list[HistoryItem]:
    items = [
        HistoryItem(
            conversation_id=earlier.conversation.id,
            when=earlier.conversation.updated_at,
            summary=mask_numbers(earlier.summary[:BRIEF_CHARS]),
        )
        for earlier in past
    ]
    items += [
        HistoryItem(
            complaint_no=complaint.no,
            when=complaint.created_at,
            summary=mask_numbers(complaint.summary[:BRIEF_CHARS]),
        )
        for complaint in complaints
        if complaint.conversation_id != conversation.id
    ]
    return sorted(items, key=lambda item: item.when, reverse=True)
