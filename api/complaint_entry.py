"""How complaints come in over the API: one by one, from a conversation, as a table."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from api.schemas.complaints import ComplaintDraft, ComplaintIn
from bot.actions.complaint import category_of
from complaints.model import Actor
from complaints.service import ComplaintService
from complaints.storage import Complaint
from conversations.desk import mask_phone
from conversations.model import Level, Sender
from conversations.storage import Conversation, Customer, get_conversation, messages_after
from foundation.errors import FrontlineError, InvalidInput

ON_THE_LINE = frozenset({"hotline", "store"})
"""Channels on which the customer is present when an agent registers his complaint."""
MAX_ROWS = 2000
SUMMARY_MESSAGES = 5
_ENTERED = (
    "product", "model", "order_no", "customer_name", "phone", "contact", "occurred_at", "place",
    "category", "no_evidence_reason",
)  # fmt: skip
_SLOTS = {
    "product": ("complaint_product", "product"),
    "model": ("model",),
    "order_no": ("complaint_order_no", "order_no"),
    "occurred_at": ("complaint_when", "date_time"),
}


class Entry:
    """Opens complaints for members of staff; each in the caller's transaction."""

    def __init__(self, complaints: ComplaintService) -> None:
        self._complaints = complaints

    async def take_in(
        self, session: AsyncSession, body: ComplaintIn, actor: Actor
    ) -> tuple[Complaint, bool]:
        """The complaint, and whether it is new: the same key gives the same one.

        Raises:
            Conflict: the key came with another body before.
            InvalidInput, NotFound: nothing is said, an unknown word or conversation.
        """
        caller = actor.id or ""
        digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        known = await self._complaints.of_key(session, caller, body.idempotency_key, digest)
        if known is not None:
            return known, False
        complaint = await self._open(session, body, actor)
        await session.flush()
        self._complaints.remember_key(session, caller, body.idempotency_key, digest, complaint.no)
        if body.register_now:
            present = complaint.channel in ON_THE_LINE
            await self._complaints.handling.register(session, complaint.no, actor, present=present)
        return complaint, True

    async def draft(self, session: AsyncSession, conversation_id: str) -> ComplaintDraft:
        """What a conversation knows, with the phone masked."""
        conversation = await get_conversation(session, conversation_id)
        known = await _known(session, conversation)
        phone = known.pop("phone")
        return ComplaintDraft(
            conversation_id=conversation_id,
            channel=conversation.channel,
            phone_masked=mask_phone(phone),
            **known,
        )

    async def _open(self, session: AsyncSession, body: ComplaintIn, actor: Actor) -> Complaint:
        given: dict[str, Any] = {name: getattr(body, name) for name in _ENTERED}
        given["summary"] = body.summary
        channel, customer_id, sensitive = str(body.channel), None, body.sensitive
        if body.conversation_id:
            conversation = await get_conversation(session, body.conversation_id, lock=True)
            known = await _known(session, conversation)
            given |= {name: value for name, value in known.items() if not given.get(name)}
            channel, customer_id = conversation.channel, conversation.customer_id
            sensitive = sensitive or conversation.triage_level == Level.SENSITIVE
        given = {name: value for name, value in given.items() if value}
        summary = given.pop("summary", "")
        if body.external_id:
            given["external_id"] = body.external_id
        return await self._complaints.open(
            session,
            channel=channel,
            summary=summary,
            priority=body.priority,
            conversation_id=body.conversation_id,
            customer_id=customer_id,
            sensitive=sensitive,
            actor=actor,
            **given,
        )


async def _known(session: AsyncSession, conversation: Conversation) -> dict[str, str]:
    """Facts for a complaint from a conversation: its customer, the bot's slots, what he said."""
    customer = await session.get_one(Customer, conversation.customer_id)
    slots = (conversation.handover or {}).get("slots") or {}
    messages = await messages_after(session, conversation.id, 0)
    said = [m.text for m in messages if m.sender == Sender.CUSTOMER and m.text.strip()]
    summary = "\n".join(said[-SUMMARY_MESSAGES:])
    found = {
        name: next((str(slots[slot]) for slot in names if slots.get(slot)), "")
        for name, names in _SLOTS.items()
    }
    return {
        **found,
        "summary": summary,
        "customer_name": customer.name,
        "phone": customer.phone,
        "category": category_of(summary),
    }


def rows_of(content: bytes) -> list[tuple[int, ComplaintIn | list[str]]]:
    """The rows of a CSV table with a header: each a complaint, or the reasons why it is none.

    Raises:
        InvalidInput: not UTF-8, no header that we know, or more than 2,000 rows.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("the table is not UTF-8", field="file") from error
    reader = csv.DictReader(io.StringIO(text))
    try:
        if "summary" not in (reader.fieldnames or ()):
            raise InvalidInput("the header needs at least `summary`", field="file")
        rows = list(reader)
    except csv.Error as error:
        raise InvalidInput("not a CSV table", field="file") from error
    if len(rows) > MAX_ROWS:
        raise InvalidInput("too many rows", field="file", most=MAX_ROWS)
    digest = hashlib.sha256(content).hexdigest()[:16]
    return [(n, _row(row, f"csv:{digest}:{n}")) for n, row in enumerate(rows, 1)]


def _row(row: dict[str | Any, Any], key: str) -> ComplaintIn | list[str]:
    given = {k: v.strip() for k, v in row.items() if isinstance(k, str) and isinstance(v, str)}
    given = {k: v for k, v in given.items() if v}
    try:
        made = ComplaintIn.model_validate(
            {"idempotency_key": key, "channel": "api", "register": False, **given}
        )
    except ValidationError as error:
        return [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return made if made.summary else ["summary: missing"]


def reasons_of(error: FrontlineError) -> list[str]:
    """Why a row was not taken."""
    field = error.detail.get("field")
    return [f"{field}: {error.message}" if field else error.message]
