"""Working a customer's tier out from his complaints, and keeping it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from complaints.model import UNSOLVED_STATES
from complaints.storage import Complaint, ComplaintLife
from complaints.tiers import Tier, TierPolicy, Trouble, tier_of
from foundation.clock import Clock
from foundation.database import Base
from foundation.settings import Settings


class CustomerTier(Base):
    """A customer's tier: `value` is what he is worth to us, `tier` also minds his complaints."""

    __tablename__ = "customer_tiers"

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(20))
    tier: Mapped[str] = mapped_column(String(20))
    updated_at: Mapped[datetime]


async def troubles_of(session: AsyncSession, customer_id: str | None, phone: str) -> list[Trouble]:
    """Every complaint of a customer, known by his id or his phone as kept."""
    marks = []
    if customer_id:
        marks.append(Complaint.customer_id == customer_id)
    if phone:
        marks.append(Complaint.phone == phone)
    if not marks:
        return []
    reopened = func.max(ComplaintLife.ended_at)
    query = (
        select(Complaint.created_at, Complaint.state, reopened)
        .outerjoin(ComplaintLife, ComplaintLife.complaint_no == Complaint.no)
        .where(or_(*marks))
        .group_by(Complaint.no, Complaint.created_at, Complaint.state)
    )
    return [
        Trouble(opened_at, state in UNSOLVED_STATES, reopened_at)
        for opened_at, state, reopened_at in await session.execute(query)
    ]


class Tiering:
    """Tiers of customers; the complaint's page reads them fresh, the desk as they were kept."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._policy = TierPolicy.of(settings)

    async def tier(
        self, session: AsyncSession, customer_id: str | None, phone: str, known: str = ""
    ) -> Tier:
        """The tier now. `known` is what another system says of a customer never seen here."""
        kept = await session.get(CustomerTier, customer_id) if customer_id else None
        value = _value(kept.value if kept else known)
        troubles = await troubles_of(session, customer_id, phone)
        return tier_of(value, troubles, self._clock.now(), self._policy)

    async def refresh(
        self, session: AsyncSession, customer_id: str, phone: str, known: str = ""
    ) -> Tier:
        """Work the tier out and keep it, with his value beside it so that it is not lost."""
        tier = await self.tier(session, customer_id, phone, known)
        kept = await session.get(CustomerTier, customer_id)
        if kept is None:
            kept = CustomerTier(customer_id=customer_id, value=_value(known))
            session.add(kept)
        kept.tier, kept.updated_at = tier, self._clock.now()
        return tier


def _value(known: str) -> Tier:
    return Tier(known) if known in (Tier.HIGH_VALUE, Tier.POTENTIAL) else Tier.STANDARD
