"""One customer's personal data in conversations: given out whole, or erased (SPEC section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.storage import (
    Attachment,
    Callback,
    Conversation,
    Customer,
    Message,
    Outgoing,
    PageCall,
    Rating,
)


async def customers_of(
    session: AsyncSession, customer_ids: Sequence[str], phones: Sequence[str]
) -> list[Customer]:
    """Customers of these ids or telephones (digits, as they were typed)."""
    query = select(Customer).where(or_(Customer.id.in_(customer_ids), Customer.phone.in_(phones)))
    return list((await session.execute(query.order_by(Customer.id))).scalars())


async def conversations_of(
    session: AsyncSession, customers: Sequence[Customer]
) -> list[Conversation]:
    """All their conversations, oldest first."""
    query = (
        select(Conversation)
        .where(Conversation.customer_id.in_([customer.id for customer in customers]))
        .order_by(Conversation.created_at, Conversation.id)
        .with_for_update()
    )
    return list((await session.execute(query)).scalars())


async def attachments_of(
    session: AsyncSession, conversations: Sequence[Conversation]
) -> list[Attachment]:
    """Files that were sent in these conversations."""
    ids = [conversation.id for conversation in conversations]
    query = select(Attachment).where(Attachment.conversation_id.in_(ids))
    return list((await session.execute(query)).scalars())


async def gathered(
    session: AsyncSession, conversations: Sequence[Conversation]
) -> list[dict[str, Any]]:
    """Every word of these conversations."""
    found = []
    for conversation in conversations:
        said = select(Message).where(Message.conversation_id == conversation.id)
        found.append(
            {
                "id": conversation.id,
                "channel": conversation.channel,
                "created_at": conversation.created_at.isoformat(),
                "messages": [
                    {
                        "at": message.created_at.isoformat(),
                        "sender": message.sender,
                        "text": message.text,
                        "attachment": message.attachment_id,
                    }
                    for message in (await session.execute(said.order_by(Message.seq))).scalars()
                ],
            }
        )
    return found


async def erase(
    session: AsyncSession,
    customers: Sequence[Customer],
    conversations: Sequence[Conversation],
    complaints: Sequence[str],
) -> list[str]:
    """Take the person out, also of calls to people about `complaints`; gives the ids of files whose
    bytes must go.

    Messages stay as empty rows in their order, so that numbers, times and ownership still add up.
    """
    ids = [conversation.id for conversation in conversations]
    files = [found.id for found in await attachments_of(session, conversations)]
    for customer in customers:
        customer.name = customer.phone = ""
        customer.external_id = f"erased:{customer.id}"
        customer.tier = "standard"
    for conversation in conversations:
        conversation.handover = None
        conversation.triage_words = []
    await session.flush()
    for statement in (
        delete(Outgoing).where(Outgoing.conversation_id.in_(ids)),
        update(Message)
        .where(Message.conversation_id.in_(ids))
        .values(text="", buttons=[], attachment_id=None),
        delete(Attachment).where(Attachment.conversation_id.in_(ids)),
        update(PageCall)
        .where(or_(PageCall.conversation_id.in_(ids), PageCall.complaint_no.in_(complaints)))
        .values(reason=""),
        update(Rating).where(Rating.conversation_id.in_(ids)).values(comment=""),
        update(Callback).where(Callback.conversation_id.in_(ids)).values(reason=""),
    ):
        await session.execute(statement.execution_options(synchronize_session=False))
    return files
