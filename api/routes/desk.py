"""The agents' desk: lists, details and changes of hands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import DeskStaff, PartsNow, address_of
from api.presenting import repair_brief
from api.schemas.base import PathKey, SearchWords
from api.schemas.desk import (
    AcceptIn,
    ClearEmergencyIn,
    CloseIn,
    ConversationDetail,
    ConversationPage,
    NoteIn,
    ReadIn,
    RepairBrief,
    Revealed,
    RevealIn,
    TransferIn,
)
from api.staff.model import DESK, OVERRIDE
from api.staff.storage import Staff
from api.wiring import Parts
from conversations.desk import View, counts, history, list_conversations, overview
from conversations.storage import Conversation, Customer, get_conversation
from foundation.errors import Conflict, NotFound
from foundation.transactions import announce

router = APIRouter(tags=["desk"])


@router.get("/desk/conversations")
async def list_of_conversations(
    staff: DeskStaff,
    parts: PartsNow,
    view: Annotated[View, Query()] = View.QUEUE,
    search: SearchWords = "",
) -> ConversationPage:
    """One tab of the list; the queue in serving order, the rest newest first."""
    async with parts.work.reading() as session:
        found = await list_conversations(session, view, staff.id, search)
        return ConversationPage(
            items=[parts.presenter.summary(entry) for entry in found],
            counts=await counts(session, staff.id),
        )


@router.get("/conversations/{conversation_id}")
async def read_conversation(
    conversation_id: PathKey, _staff: DeskStaff, parts: PartsNow
) -> ConversationDetail:
    """Everything the desk shows of one conversation beside its messages."""
    async with parts.work.reading() as session:
        return await _detail(parts, session, await get_conversation(session, conversation_id))


@router.post("/conversations/{conversation_id}/accept")
async def accept(
    conversation_id: PathKey, staff: DeskStaff, parts: PartsNow, body: AcceptIn | None = None
) -> ConversationDetail:
    """Take the conversation from the queue or the bot; 409 when a colleague has it."""
    epoch = body.epoch if body else None
    async with parts.work.begin() as session:
        conversation = await parts.handover.accept(
            session, conversation_id, staff.id, staff.display_name, epoch
        )
        return await _changed(parts, session, staff, "accept", conversation)


@router.post("/conversations/{conversation_id}/return-to-bot")
async def return_to_bot(
    conversation_id: PathKey, staff: DeskStaff, parts: PartsNow, body: NoteIn | None = None
) -> ConversationDetail:
    """The holder hands the conversation back to the bot."""
    async with parts.work.begin() as session:
        conversation = await parts.handover.return_to_bot(session, conversation_id, staff.id)
        note = body.note if body else ""
        return await _changed(parts, session, staff, "return_to_bot", conversation, note=note)


@router.post("/conversations/{conversation_id}/close")
async def close(
    conversation_id: PathKey, staff: DeskStaff, parts: PartsNow, body: CloseIn | None = None
) -> ConversationDetail:
    """End the episode. Supervisors may close what a colleague holds."""
    async with parts.work.begin() as session:
        conversation = await parts.handover.close(
            session, conversation_id, staff.id, override=staff.role in OVERRIDE
        )
        resolution = body.resolution if body else ""
        return await _changed(parts, session, staff, "close", conversation, resolution=resolution)


@router.post("/conversations/{conversation_id}/transfer")
async def transfer(
    conversation_id: PathKey, staff: DeskStaff, parts: PartsNow, body: TransferIn | None = None
) -> ConversationDetail:
    """Back into the queue, or to a colleague at the desk. Supervisors may move what others hold."""
    body = body or TransferIn()
    async with parts.work.begin() as session:
        colleague = await _colleague(parts, session, body.staff_id) if body.staff_id else None
        holder = staff.id
        if staff.role in OVERRIDE:
            current = await get_conversation(session, conversation_id, lock=True)
            holder = current.assigned_to or staff.id
        conversation = await parts.handover.transfer(session, conversation_id, holder, body.note)
        if colleague:
            conversation = await parts.handover.accept(
                session, conversation_id, colleague.id, colleague.display_name
            )
        return await _changed(
            parts, session, staff, "transfer", conversation, to=body.staff_id, note=body.note
        )


@router.post("/conversations/{conversation_id}/clear-emergency")
async def clear_emergency(
    conversation_id: PathKey, body: ClearEmergencyIn, staff: DeskStaff, parts: PartsNow
) -> ConversationDetail:
    """A person ends the emergency mark and says why."""
    async with parts.work.begin() as session:
        conversation = await parts.safety.close_emergency(session, conversation_id)
        return await _changed(
            parts, session, staff, "clear_emergency", conversation, note=body.note
        )


@router.post("/conversations/{conversation_id}/read", status_code=204)
async def mark_read(
    conversation_id: PathKey, body: ReadIn, _staff: DeskStaff, parts: PartsNow
) -> None:
    """An agent has seen everything up to `seq`."""
    async with parts.work.begin() as session:
        conversation = await get_conversation(session, conversation_id, lock=True)
        seen = min(body.seq, conversation.last_seq)
        if seen > conversation.read_seq:
            conversation.read_seq = seen
            announce(session, "conversation", conversation_id=conversation.id)


@router.post("/conversations/{conversation_id}/reveal")
async def reveal(
    conversation_id: PathKey, body: RevealIn, staff: DeskStaff, parts: PartsNow, request: Request
) -> Revealed:
    """Show one masked fact in full; the look goes into the audit log."""
    async with parts.work.begin() as session:
        conversation = await get_conversation(session, conversation_id)
        customer = await session.get_one(Customer, conversation.customer_id)
        parts.staff.audit(
            session,
            staff,
            "reveal",
            customer.id,
            address=address_of(request),
            field=body.field,
            conversation_id=conversation_id,
        )
        return Revealed(value=customer.phone)


async def _colleague(parts: Parts, session: AsyncSession, staff_id: str) -> Staff:
    found = await session.get(Staff, staff_id)
    if found is None or not found.active or found.role not in DESK:
        raise NotFound("staff", staff_id)
    present = await parts.duty.present(session, parts.clock.now())
    if staff_id not in {seen.staff_id for seen in present}:
        raise Conflict("this colleague is not at the desk now", staff_id=staff_id)
    return found


async def _changed(
    parts: Parts,
    session: AsyncSession,
    staff: Staff,
    action: str,
    conversation: Conversation,
    **detail: Any,
) -> ConversationDetail:
    """Note who did what in the audit log and show the outcome."""
    await session.flush()
    parts.staff.audit(
        session, staff, action, conversation.id, state=conversation.state,
        epoch=conversation.epoch, **detail,
    )  # fmt: skip
    return await _detail(parts, session, conversation)


async def _detail(
    parts: Parts, session: AsyncSession, conversation: Conversation
) -> ConversationDetail:
    found = await overview(session, conversation)
    return parts.presenter.detail(
        found,
        await parts.complaints.of_customer(session, conversation.customer_id, conversation.id),
        await _repairs(parts, session, conversation),
        await parts.orders.by_phone(session, found.customer.phone),
        await history(session, conversation),
    )


async def _repairs(
    parts: Parts, session: AsyncSession, conversation: Conversation
) -> list[RepairBrief]:
    found = await parts.repairs.of_conversation(session, conversation.id)
    customer = await session.get_one(Customer, conversation.customer_id)
    known = {booking.no for booking in found}
    by_phone = await parts.repairs.by_phone(session, customer.phone)
    return [repair_brief(b) for b in [*found, *(b for b in by_phone if b.no not in known)]]
