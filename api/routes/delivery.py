"""Messages that wait or could not be sent, the quota that holds them, and sending again."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import DeskStaff, PartsNow
from api.schemas.base import PathKey
from api.schemas.delivery import DeliveryOut, QuotaOut, UndeliveredList, UndeliveredOut
from api.wiring import Parts
from conversations.channels.wechat import quota
from conversations.channels.wechat.storage import contact_for
from conversations.delivery import NOT_SENT, Undelivered, resend, undelivered
from conversations.storage import Conversation, Message, get_conversation
from foundation.errors import NotFound

router = APIRouter(tags=["desk"])


@router.get("/conversations/{conversation_id}/delivery")
async def delivery(conversation_id: PathKey, _staff: DeskStaff, parts: PartsNow) -> DeliveryOut:
    """What may still be sent to this customer, and what has not reached him."""
    async with parts.work.reading() as session:
        return await _delivery(parts, session, await get_conversation(session, conversation_id))


@router.post("/conversations/{conversation_id}/messages/{message_id}/resend")
async def send_again(
    conversation_id: PathKey, message_id: PathKey, staff: DeskStaff, parts: PartsNow
) -> DeliveryOut:
    """Send a message again that was kept aside; 409 when it has arrived or is on its way."""
    async with parts.work.begin() as session:
        conversation = await get_conversation(session, conversation_id)
        message = await session.get(Message, message_id)
        if message is None or message.conversation_id != conversation_id:
            raise NotFound("message", message_id)
        await resend(session, message_id, parts.clock.now())
        parts.staff.audit(session, staff, "resend", message_id, conversation_id=conversation_id)
        await session.flush()
        return await _delivery(parts, session, conversation)


@router.get("/desk/undelivered")
async def list_of_undelivered(_staff: DeskStaff, parts: PartsNow) -> UndeliveredList:
    """Every message that was kept aside, whatever its conversation."""
    async with parts.work.reading() as session:
        found = await undelivered(session)
    return UndeliveredList(items=[_out(entry) for entry in found])


async def _delivery(parts: Parts, session: AsyncSession, conversation: Conversation) -> DeliveryOut:
    found = await undelivered(session, conversation.id, (*NOT_SENT, "pending"))
    contact = await contact_for(session, conversation.id)
    shown = None
    if contact is not None:
        best = quota.best(quota.read(contact.grants), parts.clock.now())
        shown = QuotaOut(left=0, limit=0, until=None)
        if best is not None and contact.subscribed:
            shown = QuotaOut(left=best.left, limit=best.limit, until=best.until)
    return DeliveryOut(quota=shown, undelivered=[_out(entry) for entry in found])


def _out(entry: Undelivered) -> UndeliveredOut:
    return UndeliveredOut(
        message_id=entry.message.id,
        conversation_id=entry.message.conversation_id,
        seq=entry.message.seq,
        sender=entry.message.sender,
        text=entry.message.text,
        state=entry.row.state,
        reason=entry.row.reason,
        attempts=entry.row.attempts,
        last_error=entry.row.last_error,
        created_at=entry.message.created_at,
    )
