"""Which one-tap answer a customer meant: the menu's key he tapped, or the number he wrote."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.channels.wechat.meaning import Meaning
from conversations.channels.wechat.waiting import MENU_STEP
from conversations.channels.wechat.wording import chosen
from conversations.model import Sender
from conversations.storage import Conversation, Message, last_messages

CHOICES_BACK = 12


async def tapped(
    session: AsyncSession, conversation: Conversation, meaning: Meaning
) -> dict[str, str] | None:
    """The one-tap answer that was meant: by the key of a menu, or by its number."""
    if meaning.menu_id.isascii() and meaning.menu_id.isdigit():
        seq, place = divmod(int(meaning.menu_id[:15]), MENU_STEP)
        query = select(Message).where(
            Message.conversation_id == conversation.id, Message.seq == seq
        )
        asked = (await session.execute(query)).scalar_one_or_none()
        if asked is not None and place < len(asked.buttons or []):
            return dict(asked.buttons[place])
    if meaning.answer or not meaning.text:
        return None
    for said in reversed(await last_messages(session, conversation.id, CHOICES_BACK)):
        if said.sender == Sender.CUSTOMER:
            return None
        if said.buttons:
            place_or_none = chosen(meaning.text, len(said.buttons))
            return dict(said.buttons[place_or_none]) if place_or_none is not None else None
    return None


async def words(session: AsyncSession, conversation: Conversation, meaning: Meaning) -> str:
    """What the customer said: the words behind the answer he chose, or his own."""
    button = await tapped(session, conversation, meaning)
    return button["payload"] if button else meaning.text
