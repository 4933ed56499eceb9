"""How complaints come in over the API: one by one, from a conversation, as rows of a table."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.complaint_tables import BY_CONTENT, CALLER, Problem, Row, complaint_of
from api.schemas.complaints import ComplaintDraft, ComplaintIn
from bot.actions.complaint import category_of
from complaints.model import Actor
from complaints.service import ComplaintService
from complaints.storage import Complaint, EntryKey
from conversations.desk import mask_phone
from conversations.model import Level, Sender
from conversations.storage import Conversation, Customer, get_conversation, messages_after
from foundation.errors import Conflict, FrontlineError
from foundation.transactions import UnitOfWork

ON_THE_LINE = frozenset({"hotline", "store"})
"""Channels on which the customer is present when an agent registers his complaint."""
SUMMARY_MESSAGES = 5
KEYS_AT_ONCE = 500
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
        self, session: AsyncSession, body: ComplaintIn, actor: Actor, caller: str = ""
    ) -> tuple[Complaint, bool]:
        """The complaint, and whether it is new: the same key gives the same one. Keys are those of
        `caller`, or of the person.

        Raises:
            Conflict: the key came with another body before.
            InvalidInput, NotFound: nothing is said, an unknown word or conversation.
        """
        caller = caller or actor.id or ""
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


@dataclass(frozen=True)
class RowResult:
    """What became of a row: the complaint's number, or why there is none."""

    row: int
    no: str = ""
    fresh: bool = False
    problems: tuple[Problem, ...] = ()


class RowEntry:
    """Takes rows of tables in, each in a transaction of its own: whole or not at all."""

    def __init__(self, work: UnitOfWork, complaints: ComplaintService) -> None:
        self._work = work
        self._entry = Entry(complaints)

    async def take_in(self, rows: Sequence[Row], actor: Actor) -> list[RowResult]:
        """Judged rows, one after the other."""
        return [await self._take(row, actor) for row in rows]

    async def _take(self, row: Row, actor: Actor) -> RowResult:
        made = row.problems or complaint_of(row)
        if isinstance(made, list):
            return RowResult(row.number, problems=tuple(made))
        for attempt in (1, 2):
            try:
                async with self._work.begin() as session:
                    before = await session.get(EntryKey, (CALLER, row.key))
                    if before is not None and row.key.startswith(BY_CONTENT):
                        return RowResult(row.number, before.complaint_no)
                    complaint, fresh = await self._entry.take_in(session, made, actor, CALLER)
                return RowResult(row.number, complaint.no, fresh)
            except Conflict:
                return RowResult(row.number, problems=(Problem("", "other_content"),))
            except FrontlineError as error:
                field = str(error.detail.get("field", ""))
                return RowResult(row.number, problems=(Problem(field, "invalid"),))
            except IntegrityError:
                # A colleague imported the same row at this very moment: it is there now.
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    async def known(self, rows: Sequence[Row]) -> dict[str, str]:
        """Keys of those rows that came in before, with the number each became."""
        keys = [row.key for row in rows if not row.problems]
        found: dict[str, str] = {}
        async with self._work.reading() as session:
            for start in range(0, len(keys), KEYS_AT_ONCE):
                query = select(EntryKey.key, EntryKey.complaint_no).where(
                    EntryKey.caller == CALLER, EntryKey.key.in_(keys[start : start + KEYS_AT_ONCE])
                )
                found |= {row.key: row.complaint_no for row in await session.execute(query)}
        return found
