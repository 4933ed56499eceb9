"""What waits to go out to one customer, read for wording."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.channels.wechat import texts
from conversations.channels.wechat.ports import Links
from conversations.channels.wechat.wording import Choice, Waiting, labelled
from conversations.desk import attachments_of
from conversations.outbox import UNDER_WAY
from conversations.storage import Attachment, Message, Outgoing

IMAGES = frozenset({"image/png", "image/jpeg", "image/gif"})
"""Types the platform takes as pictures; other files go as a link."""
ROWS = 50
MENU_STEP = 100
"""A one-tap answer's key is the message's number × 100 + its place."""


async def rows_under_way(session: AsyncSession, conversation_id: str) -> list[Outgoing]:
    """The conversation's unfinished rows in order, locked for this transaction."""
    query = (
        select(Outgoing)
        .where(Outgoing.conversation_id == conversation_id, Outgoing.state.in_(UNDER_WAY))
        .order_by(Outgoing.id)
        .limit(ROWS)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(query)).scalars())


async def messages_of(session: AsyncSession, rows: Sequence[Outgoing]) -> dict[str, Message]:
    """The rows' messages by their id."""
    query = select(Message).where(Message.id.in_([row.message_id for row in rows]))
    return {found.id: found for found in (await session.execute(query)).scalars()}


async def worded(session: AsyncSession, rows: Sequence[Outgoing], links: Links) -> list[Waiting]:
    """The rows as they are said."""
    messages = await messages_of(session, rows)
    files = await attachments_of(session, list(messages.values()))
    found: list[Waiting] = []
    for row in rows:
        message = messages[row.message_id]
        found.append(_waiting(row, message, files.get(message.attachment_id or ""), links))
    return found


def _waiting(row: Outgoing, message: Message, file: Attachment | None, links: Links) -> Waiting:
    text = message.text
    image_id = file.id if file is not None and file.mime in IMAGES else ""
    if file is not None and not image_id:
        link = links.file(file.id)
        told = texts.FILE_LINK.format(link=link) if link else texts.FILE_NO_LINK
        text = f"{text}\n\n{told}".strip()
    choices = tuple(
        Choice(str(message.seq * MENU_STEP + place), button["title"])
        for place, button in enumerate(message.buttons or [])
    )
    said = labelled(message.sender, message.author, text)
    return Waiting(row.id, said, row.sent_chars, choices, image_id)
