"""What happens when a complaint is archived: the file kept, a case drafted, the tier looked at."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.archive.draft import case_draft
from complaints.archive.file import keep, with_money
from complaints.storage import Complaint
from complaints.tiering import Tiering
from conversations.storage import Customer
from foundation.clock import Clock
from knowledge_base.redaction import redact
from knowledge_base.service import CaseLibrary

AUTHOR = "投诉归档"


class Archiving:
    """`complaints.ports.Archive`, in the transaction that archives."""

    def __init__(self, clock: Clock, library: CaseLibrary, tiering: Tiering) -> None:
        self._clock = clock
        self._library = library
        self._tiering = tiering

    async def archived(
        self, session: AsyncSession, complaint: Complaint, file: dict[str, Any]
    ) -> None:
        """Keep the complete file, draft a case without personal data, keep the customer's tier."""
        whole = await with_money(session, complaint.no, file)
        keep(session, complaint, whole, self._clock)
        draft = case_draft(whole)
        await self._library.create(session, {**masked(draft), "id": draft["id"]}, AUTHOR)
        await refresh_tier(session, self._tiering, complaint)


def masked(value: Any) -> Any:
    """Personal data masked in every text within, also where the library does not look."""
    if isinstance(value, str):
        return redact(value).text
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {name: masked(item) for name, item in value.items()}
    return value


async def refresh_tier(session: AsyncSession, tiering: Tiering, complaint: Complaint) -> None:
    """Work the customer's tier out anew and show it at the desk; nothing for a stranger."""
    if not complaint.customer_id:
        return
    customer = await session.get(Customer, complaint.customer_id)
    if customer is not None:
        customer.tier = await tiering.refresh(session, customer.id, complaint.phone, customer.tier)
