"""One customer's personal data in the WeChat channel: given out whole, or erased (PIPL)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.channels.wechat.storage import Contact, PlatformCallback


async def contacts_of(session: AsyncSession, conversations: Sequence[str]) -> list[Contact]:
    """The contacts that these conversations belong to."""
    query = select(Contact).where(Contact.conversation_id.in_(conversations))
    return list((await session.execute(query.order_by(Contact.account, Contact.openid))).scalars())


async def gathered(session: AsyncSession, contacts: Sequence[Contact]) -> list[dict[str, Any]]:
    """The platform's name for him and what it told us of him."""
    found = []
    for contact in contacts:
        told = (
            select(PlatformCallback)
            .where(_of([contact]))
            .order_by(PlatformCallback.sent_at, PlatformCallback.id)
        )
        found.append(
            {
                "account": contact.account,
                "openid": contact.openid,
                "subscribed": contact.subscribed,
                "created_at": contact.created_at.isoformat(),
                "callbacks": [
                    {"sent_at": row.sent_at, "payload": row.payload, "reply": row.reply}
                    for row in (await session.execute(told)).scalars()
                ],
            }
        )
    return found


async def erase(session: AsyncSession, contacts: Sequence[Contact]) -> None:
    """Forget the platform's name for him and all it told us; a later message is a stranger's."""
    if not contacts:
        return
    await session.execute(
        delete(PlatformCallback).where(_of(contacts)).execution_options(synchronize_session=False)
    )
    for contact in contacts:
        await session.delete(contact)
    await session.flush()


def _of(contacts: Sequence[Contact]) -> Any:
    return tuple_(PlatformCallback.account, PlatformCallback.openid).in_(
        [(contact.account, contact.openid) for contact in contacts]
    )
