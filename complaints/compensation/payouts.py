"""The money that was paid out for a granted request: recorded once, never more than granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from complaints.compensation.model import Status
from complaints.compensation.storage import CompensationRequest
from foundation.database import Base
from foundation.errors import IllegalMove, InvalidInput

MAX_REFERENCE = 80
PAID = "compensation_paid"


class CompensationPayout(Base):
    """One payment: when, how much (fen), under which reference, who recorded it. Never changed."""

    __tablename__ = "compensation_payouts"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    request_id: Mapped[str] = mapped_column(
        ForeignKey("compensation_requests.id"), primary_key=True
    )
    amount: Mapped[int] = mapped_column(BigInteger)
    paid_at: Mapped[datetime]
    reference: Mapped[str] = mapped_column(String(MAX_REFERENCE))
    actor_id: Mapped[str] = mapped_column(String(40))
    actor_name: Mapped[str] = mapped_column(String(80))
    actor_role: Mapped[str] = mapped_column(String(20))
    recorded_at: Mapped[datetime]


@event.listens_for(CompensationPayout, "before_update")
@event.listens_for(CompensationPayout, "before_delete")
def _refuse(_mapper: Any, _connection: Any, _payout: CompensationPayout) -> None:
    raise TypeError("payouts are immutable")


@dataclass(frozen=True)
class Paid:
    """What somebody says was paid (fen)."""

    amount: int
    paid_at: datetime
    reference: str

    def check_against(self, request: CompensationRequest, now: datetime) -> None:
        """Whether this can be a payment of that request.

        Raises:
            IllegalMove: it has not been granted.
            InvalidInput: more than granted, nothing, without a reference, or at an impossible time.
        """
        if request.status != Status.APPROVED or request.decided_at is None:
            raise IllegalMove("compensation", request.status, "paid", [])
        if not 0 < self.amount <= request.amount:
            raise InvalidInput("no more is paid than was granted", field="amount")
        if not request.decided_at <= self.paid_at <= now:
            raise InvalidInput("paid between the decision and now", field="paid_at")
        if not 0 < len(self.reference.strip()) <= MAX_REFERENCE:
            raise InvalidInput("a payment has a reference", field="reference")


async def payouts_of(
    session: AsyncSession, request_ids: Sequence[str]
) -> dict[str, CompensationPayout]:
    """Payments by request."""
    query = select(CompensationPayout).where(CompensationPayout.request_id.in_(request_ids))
    found = (await session.execute(query)).scalars() if request_ids else ()
    return {payout.request_id: payout for payout in found}
