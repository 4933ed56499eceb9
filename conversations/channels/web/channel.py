"""The web channel: customers read from the database, so delivery is telling their sockets."""

from __future__ import annotations

from conversations.storage import Conversation, Message
from foundation.events import Events


class WebChannel:
    """Announces messages to connected widgets; a widget that is away fetches them later."""

    def __init__(self, events: Events) -> None:
        self._events = events

    async def deliver(self, conversation: Conversation, message: Message) -> None:
        """Tell every process that this message is ready for the customer's socket."""
        await self._events.publish(
            "deliver",
            {"conversation_id": conversation.id, "message_id": message.id, "seq": message.seq},
        )
