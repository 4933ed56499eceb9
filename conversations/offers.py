"""Offering a person before the customer has to ask, with the time it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from conversations import texts
from conversations.duty import Duty
from conversations.handover import Handover
from conversations.model import BotTurn, Button, Kind, Reply, Sender
from conversations.signals import Signal, signal_of
from conversations.storage import Conversation, Message, last_messages
from foundation.clock import Clock
from foundation.settings import Settings

LOOKS_BACK = 24
EPISODE = timedelta(minutes=30)
NOT_AGAIN_WITHIN = 6
FIRST_TO_LOOK_AT = 5
"""Sequence number of a customer's message before which no signal can have gathered."""

_ASK = {
    Signal.REPEATED: texts.OFFER_REPEATED,
    Signal.ANGER: texts.OFFER_ANGER,
    Signal.COMPLAINT: texts.OFFER_COMPLAINT,
}
_HUMAN = Button("转人工", "转人工")
_NOT_NOW = Button("先不用", "先不用")
_COMPLAIN = Button("登记投诉", "我要投诉")
_ANSWERS = {
    Signal.REPEATED: (_HUMAN, _NOT_NOW),
    Signal.ANGER: (_HUMAN, _NOT_NOW),
    Signal.COMPLAINT: (_HUMAN,),
}


class Offers:
    """Looks at a conversation as it stands and offers a person where it goes wrong."""

    def __init__(self, settings: Settings, clock: Clock, duty: Duty, handover: Handover) -> None:
        self._settings = settings
        self._clock = clock
        self._duty = duty
        self._handover = handover

    async def recent(self, session: AsyncSession, message: Message) -> list[Message]:
        """What was said of late up to `message`, oldest first."""
        since = message.created_at - EPISODE
        latest = await last_messages(session, message.conversation_id, LOOKS_BACK)
        return [m for m in latest if m.seq <= message.seq and m.created_at >= since]

    async def after(
        self,
        session: AsyncSession,
        conversation: Conversation,
        recent: Sequence[Message],
        turn: BotTurn,
    ) -> tuple[Reply, ...]:
        """What the customer is told: the turn's replies, with an offer where one is called for.

        The offer of a complaint stands before the form's first question. None is made twice within
        a few messages; off duty a call-back is registered instead."""
        said = [m.text for m in recent if m.sender == Sender.CUSTOMER]
        signal = signal_of(said) or (Signal(turn.signal) if turn.signal else None)
        offer = await self._offer(session, conversation, recent, signal) if signal else None
        if offer is None:
            return turn.replies
        place = 1 if signal is Signal.COMPLAINT else len(turn.replies)
        return (*turn.replies[:place], offer, *turn.replies[place:])

    async def _offer(
        self,
        session: AsyncSession,
        conversation: Conversation,
        recent: Sequence[Message],
        signal: Signal,
    ) -> Reply | None:
        if signal is Signal.INSULTS:
            return _system(texts.BOUNDARY, _HUMAN)
        if conversation.callback or any(map(_is_offer, recent[-2 * NOT_AGAIN_WITHIN :])):
            return None
        now = self._clock.now()
        if await self._duty.reachable(session, now):
            wait = await self._duty.wait(session, conversation, now)
            return _system(_ASK[signal].format(minutes=wait.minutes), *_ANSWERS[signal])
        self._handover.register_callback(session, conversation, signal)
        hours = {
            "opens": f"{self._settings.office_opens:%H:%M}",
            "closes": f"{self._settings.office_closes:%H:%M}",
        }
        if signal is Signal.COMPLAINT:
            return _system(texts.OFF_HOURS_COMPLAINT.format(**hours))
        return _system(texts.OFFER_OFF_HOURS.format(**hours), _COMPLAIN)

    async def accepted(self, session: AsyncSession, message: Message) -> bool:
        """Whether `message`, a plain yes, follows an offer of a person that asked for one."""
        latest = await last_messages(session, message.conversation_id, LOOKS_BACK)
        before = [m for m in latest if m.seq < message.seq]
        return bool(before) and _is_offer(before[-1]) and _NOT_NOW.as_dict() in before[-1].buttons


def _system(text: str, *buttons: Button) -> Reply:
    return Reply(text, Kind.CHOICES if buttons else Kind.NOTICE, buttons, Sender.SYSTEM)


def _is_offer(message: Message) -> bool:
    return message.sender == Sender.SYSTEM and message.kind == Kind.CHOICES
