"""The sidebar's suggestions for a conversation or a text."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from api.case_search import Opened
from assist.drafts.check import DraftCheck
from assist.suggestions.model import Situation, Suggestions
from assist.suggestions.service import SuggestionService
from conversations.feeling import feeling_of
from conversations.model import Sender
from conversations.storage import Conversation, Customer, last_messages
from foundation.errors import Unavailable
from foundation.transactions import UnitOfWork
from knowledge_base.service import CaseLibrary

LOOKS_BACK = 40


class Sidebar:
    """Suggestions over the production search; ready once the search is."""

    def __init__(self, work: UnitOfWork, library: CaseLibrary, check: DraftCheck) -> None:
        self._work = work
        self._check = check
        self._library = library
        self._service: SuggestionService | None = None

    async def load(self, opened: Opened) -> None:
        """Take over the open engine and the empathy phrases."""
        service = SuggestionService(opened.engine, self._library, opened.encoder, self._check)
        async with self._work.reading() as session:
            await service.load_phrases(session)
        self._service = service

    async def for_conversation(
        self, session: AsyncSession, conversation: Conversation
    ) -> Suggestions:
        """Suggestions for what the customer said lately. Raises `Unavailable`."""
        return await self._ready().suggest(session, await situation_of(session, conversation))

    async def for_text(self, session: AsyncSession, text: str, product: str) -> Suggestions:
        """Suggestions for a text typed by staff. Raises `Unavailable`."""
        situation = Situation(said=(text,), product=product, feeling=feeling_of([text]))
        return await self._ready().suggest(session, situation)

    def phrase_for(self, situation: Situation) -> str:
        """The empathy phrase that fits best; empty where none does, or nothing is loaded yet."""
        return self._service.phrase_for(situation) if self._service else ""

    def _ready(self) -> SuggestionService:
        if self._service is None:
            raise Unavailable("suggestions", "not loaded yet")
        return self._service


async def situation_of(session: AsyncSession, conversation: Conversation) -> Situation:
    """A conversation as the sidebar and the draft check see it."""
    messages = await last_messages(session, conversation.id, LOOKS_BACK)
    said = tuple(m.text for m in messages if m.sender == Sender.CUSTOMER and m.text)
    customer = await session.get_one(Customer, conversation.customer_id)
    slots = (conversation.handover or {}).get("slots") or {}
    return Situation(
        said=said,
        slots={name: value for name, value in slots.items() if isinstance(value, str)},
        feeling=feeling_of(said),
        name=customer.name,
        agent_spoke=any(m.sender == Sender.AGENT for m in messages),
    )
