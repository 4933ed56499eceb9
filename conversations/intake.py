"""The way in: persist first, then acknowledge. Sending twice keeps one message."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from conversations import texts
from conversations.handover import Handover
from conversations.judging import Judging
from conversations.model import Kind, Reply, Sender, State
from conversations.speaking import append, notify, say
from conversations.storage import (
    Attachment,
    Conversation,
    Customer,
    Message,
    find_by_client_id,
    find_customer,
    get_conversation,
)
from foundation.clock import Clock
from foundation.errors import Conflict, InvalidInput, NotFound
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.transactions import UnitOfWork, announce

CLIENT_ID_CHARS = 80


@dataclass(frozen=True)
class Received:
    """The kept message and whether this call kept it (False: it was there already)."""

    message: Message
    fresh: bool


class Intake:
    """Starts conversations and takes in what customers and agents say."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        work: UnitOfWork,
        handover: Handover,
        judging: Judging,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._handover = handover
        self._judging = judging

    async def start(
        self, channel: str, *, external_id: str | None = None, name: str = "", phone: str = ""
    ) -> Conversation:
        """A new conversation with its greeting; a known `external_id` keeps its customer."""
        async with self._work.begin() as session:
            conversation = await self.open(
                session, channel, external_id=external_id, name=name, phone=phone
            )
            self.greet(session, conversation)
        return conversation

    async def open(
        self,
        session: AsyncSession,
        channel: str,
        *,
        external_id: str | None = None,
        name: str = "",
        phone: str = "",
    ) -> Conversation:
        """A new conversation in the caller's transaction, without a word said."""
        now = self._clock.now()
        customer = external_id and await find_customer(session, channel, external_id)
        if not customer:
            customer = Customer(
                id=new_id("cust"),
                channel=channel,
                external_id=external_id or new_id("visitor"),
                created_at=now,
            )
            session.add(customer)
        customer.name = name.strip()[:80] or customer.name or ""
        customer.phone = phone.strip()[:40] or customer.phone or ""
        await session.flush()
        conversation = Conversation(
            id=new_id("conv"),
            customer_id=customer.id,
            channel=channel,
            state=State.BOT,
            epoch=0,
            episode=1,
            last_seq=0,
            read_seq=0,
            created_at=now,
            updated_at=now,
        )
        session.add(conversation)
        await session.flush()
        return conversation

    def greet(self, session: AsyncSession, conversation: Conversation) -> None:
        """Say hello and what can be asked."""
        greeting = texts.GREETING.format(company=self._settings.company_name)
        say(session, conversation, Reply(greeting), self._clock.now())

    async def receive(
        self,
        conversation_id: str,
        text: str,
        client_message_id: str,
        attachment_id: str | None = None,
    ) -> Received:
        """Keep one customer message, once per `client_message_id`.

        Longer text than the limit is cut, and the customer is told. A closed conversation opens
        a new episode.

        Raises:
            NotFound: unknown conversation or attachment.
            InvalidInput: nothing in it, or a `client_message_id` that is empty or too long.
        """
        text = _checked(text, client_message_id, attachment_id)
        self._judging.begin(text[: self._settings.message_max_chars])
        try:
            async with self._work.begin() as session:
                message = await self.take(
                    session, conversation_id, text, client_message_id, attachment_id
                )
                return Received(message, fresh=True)
        except IntegrityError:
            async with self._work.reading() as session:
                known = await find_by_client_id(session, conversation_id, client_message_id)
            if known is None:
                raise
            return Received(known, fresh=False)

    def expect(self, text: str) -> None:
        """Begin to judge what is about to be taken."""
        self._judging.begin(clean(text)[: self._settings.message_max_chars])

    async def take(
        self,
        session: AsyncSession,
        conversation_id: str,
        text: str,
        client_message_id: str,
        attachment_id: str | None = None,
        *,
        answer: str = "",
    ) -> Message:
        """Keep one customer message in the caller's transaction.

        `answer` is for what no machine can read: it is said at once while the bot owns the
        conversation, and nothing is left to work.

        Raises:
            NotFound: unknown conversation or attachment.
            IntegrityError: this `client_message_id` was kept before.
        """
        now = self._clock.now()
        conversation = await get_conversation(session, conversation_id, lock=True)
        attachment = await _own_attachment(session, conversation_id, attachment_id)
        if conversation.state == State.CLOSED:
            self._handover.reopen(session, conversation)
        limit = self._settings.message_max_chars
        message = append(
            session,
            conversation,
            Message(
                id=new_id("msg"),
                conversation_id=conversation_id,
                sender=Sender.CUSTOMER,
                kind=_kind(attachment),
                text=text[:limit],
                buttons=[],
                attachment_id=attachment_id,
                client_message_id=client_message_id,
                processed_at=now if answer else None,
                created_at=now,
            ),
        )
        if len(text) > limit:
            notify(session, conversation, texts.CUT_NOTICE.format(limit=limit), now)
        if not answer:
            announce(session, "work", conversation_id=conversation_id)
        elif conversation.state == State.BOT:
            reply = Reply(answer, Kind.NOTICE, sender=Sender.SYSTEM)
            say(session, conversation, reply, now, in_reply_to=message.id, part=1)
        return message

    async def speak_as_agent(
        self,
        conversation_id: str,
        staff_id: str,
        display_name: str,
        text: str,
        client_message_id: str,
        attachment_id: str | None = None,
    ) -> Received:
        """Keep and send what the holding agent says; ownership is checked now, not when typed.

        Raises:
            NotFound: unknown conversation or attachment.
            Conflict: this agent does not hold the conversation (any more).
            InvalidInput: nothing in it, or a `client_message_id` that is empty or too long.
        """
        text = _checked(text, client_message_id, attachment_id)
        async with self._work.begin() as session:
            conversation = await get_conversation(session, conversation_id, lock=True)
            known = await find_by_client_id(session, conversation_id, client_message_id)
            if known is not None:
                return Received(known, fresh=False)
            owned = conversation.ownership
            if not owned.may_speak(Sender.AGENT, owned.epoch, staff_id):
                raise Conflict(
                    "you do not hold this conversation; accept it first",
                    state=conversation.state,
                    assigned_to=conversation.assigned_to,
                )
            attachment = await _own_attachment(session, conversation_id, attachment_id)
            conversation.suspected_until = None
            message = append(
                session,
                conversation,
                Message(
                    id=new_id("msg"),
                    conversation_id=conversation_id,
                    sender=Sender.AGENT,
                    kind=_kind(attachment),
                    text=text[: self._settings.message_max_chars],
                    buttons=[],
                    attachment_id=attachment_id,
                    author_id=staff_id,
                    author=display_name,
                    client_message_id=client_message_id,
                    created_at=self._clock.now(),
                ),
            )
            conversation.read_seq = conversation.last_seq
            return Received(message, fresh=True)


def clean(text: str) -> str:
    """The text without NUL, other control characters and outer blanks."""
    return "".join(c for c in text if c in "\n\t" or (c.isprintable() or ord(c) > 0x9F)).strip()


def _checked(text: str, client_message_id: str, attachment_id: str | None) -> str:
    """The clean text of a message that may be kept."""
    if not 1 <= len(client_message_id) <= CLIENT_ID_CHARS:
        raise InvalidInput(
            f"client_message_id needs 1 to {CLIENT_ID_CHARS} characters", field="client_message_id"
        )
    text = clean(text)
    if not text and attachment_id is None:
        raise InvalidInput("a message needs text or an attachment", field="text")
    return text


def _kind(attachment: Attachment | None) -> Kind:
    if attachment is None:
        return Kind.TEXT
    return Kind.IMAGE if attachment.mime.startswith("image/") else Kind.FILE


async def _own_attachment(
    session: AsyncSession, conversation_id: str, attachment_id: str | None
) -> Attachment | None:
    if attachment_id is None:
        return None
    found = await session.get(Attachment, attachment_id)
    if found is None or found.conversation_id != conversation_id:
        raise NotFound("attachment", attachment_id)
    return found
