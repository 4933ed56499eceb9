"""Tables and queries of compensation: requests, their decisions, and what has been granted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    func,
    inspect,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from complaints.authority import Granted, Piece
from complaints.compensation.model import Status
from complaints.compensation.ports import CompensatedComplaint
from complaints.model import phone_digits
from complaints.storage import Complaint
from foundation.database import Base
from foundation.errors import NotFound

_LEDGER_LOCK = 0x4D4F4E45


class CompensationRequest(Base):
    """One request. Amounts in fen; `customer_id` and `phone` (digits) are those of its time.

    Only `status`, `version` and `decided_at` ever change.
    """

    __tablename__ = "compensation_requests"
    __table_args__ = (
        UniqueConstraint("complaint_no", "author_id", "idempotency_key"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_compensation_requests_status_created", "status", "created_at"),
        Index("ix_compensation_requests_customer", "customer_id", "decided_at"),
        Index("ix_compensation_requests_phone", "phone", "decided_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"))
    idempotency_key: Mapped[str] = mapped_column(String(80))
    author_id: Mapped[str] = mapped_column(String(40))
    author_name: Mapped[str] = mapped_column(String(80))
    author_role: Mapped[str] = mapped_column(String(20))
    category: Mapped[str] = mapped_column(String(30))
    round: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(12))
    amount: Mapped[int] = mapped_column(BigInteger)
    overcharged: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[str | None] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(40))
    split: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class CompensationDecision(Base):
    """How a request ended: who, why, and what the sums and his limit were then. Never changed."""

    __tablename__ = "compensation_decisions"
    __table_args__ = (
        CheckConstraint("act <> 'approve' OR actor_id <> author_id", name="four_eyes"),
    )

    request_id: Mapped[str] = mapped_column(
        ForeignKey("compensation_requests.id"), primary_key=True
    )
    act: Mapped[str] = mapped_column(String(12))
    author_id: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[str] = mapped_column(String(40))
    actor_name: Mapped[str] = mapped_column(String(80))
    actor_role: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    complaint_granted: Mapped[int] = mapped_column(BigInteger)
    customer_granted: Mapped[int] = mapped_column(BigInteger)
    actor_limit: Mapped[int | None] = mapped_column(BigInteger)


_CHANGING = frozenset({"status", "version", "decided_at"})


@event.listens_for(CompensationRequest, "before_update")
def _refuse_changes(_mapper: Any, _connection: Any, request: CompensationRequest) -> None:
    changed = {a.key for a in inspect(request).attrs if a.history.has_changes()} - _CHANGING
    if changed:
        raise TypeError(f"a request's {', '.join(sorted(changed))} is immutable")


@event.listens_for(CompensationRequest, "before_delete")
@event.listens_for(CompensationDecision, "before_update")
@event.listens_for(CompensationDecision, "before_delete")
def _refuse(_mapper: Any, _connection: Any, _row: Any) -> None:
    raise TypeError("requests and decisions about compensation are kept")


async def hold_ledger(session: AsyncSession) -> None:
    """Let one transaction at a time ask for or decide about money.

    A sum is over several complaints of a customer who is known by several marks, so there is no
    single row to lock; decisions are rare enough for one lock. SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LEDGER_LOCK})


async def request_by_id(
    session: AsyncSession, complaint_no: str, request_id: str
) -> CompensationRequest:
    """A request of this complaint, as it is in the database now.

    Raises:
        NotFound: none such.
    """
    found = await session.get(CompensationRequest, request_id, populate_existing=True)
    if found is None or found.complaint_no != complaint_no:
        raise NotFound("compensation", request_id)
    return found


async def request_by_key(
    session: AsyncSession, complaint_no: str, author_id: str, key: str
) -> CompensationRequest | None:
    """The author's request with this idempotency key."""
    query = select(CompensationRequest).where(
        CompensationRequest.complaint_no == complaint_no,
        CompensationRequest.author_id == author_id,
        CompensationRequest.idempotency_key == key,
    )
    return (await session.execute(query)).scalar_one_or_none()


async def requests_of(session: AsyncSession, complaint_no: str) -> list[CompensationRequest]:
    """Every request of a complaint, newest first."""
    query = (
        select(CompensationRequest)
        .where(CompensationRequest.complaint_no == complaint_no)
        .order_by(CompensationRequest.created_at.desc(), CompensationRequest.id.desc())
    )
    return list((await session.execute(query)).scalars())


async def decisions_of(
    session: AsyncSession, request_ids: Sequence[str]
) -> dict[str, CompensationDecision]:
    """Decisions by request."""
    query = select(CompensationDecision).where(CompensationDecision.request_id.in_(request_ids))
    found = (await session.execute(query)).scalars() if request_ids else ()
    return {decision.request_id: decision for decision in found}


async def pending_with_complaints(
    session: AsyncSession, limit: int
) -> list[tuple[CompensationRequest, Complaint]]:
    """Requests that wait for a decision, oldest first, with their complaints."""
    query = (
        select(CompensationRequest, Complaint)
        .join(Complaint, Complaint.no == CompensationRequest.complaint_no)
        .where(CompensationRequest.status == Status.PENDING)
        .order_by(CompensationRequest.created_at, CompensationRequest.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def count_pending(session: AsyncSession, complaint_no: str) -> int:
    """How many requests of a complaint wait for a decision."""
    query = select(func.count()).where(
        CompensationRequest.complaint_no == complaint_no,
        CompensationRequest.status == Status.PENDING,
    )
    return int((await session.execute(query)).scalar_one())


async def granted(
    session: AsyncSession, complaint: CompensatedComplaint, since: datetime
) -> Granted:
    """What has been granted on a complaint ever and to its customer after `since` (fen).

    The customer is whoever shares the customer id or the phone number, now or at the request.
    """
    approved = CompensationRequest.status == Status.APPROVED
    return Granted(
        await _sum(session, approved, CompensationRequest.complaint_no == complaint.no),
        await _sum(
            session, approved, CompensationRequest.decided_at > since, _same_customer(complaint)
        ),
    )


async def pieces(
    session: AsyncSession, complaint: CompensatedComplaint, since: datetime
) -> list[Piece]:
    """Requests for this complaint or customer since a moment that are granted or wait."""
    query = (
        select(CompensationRequest)
        .where(
            CompensationRequest.status.in_((Status.APPROVED, Status.PENDING)),
            CompensationRequest.created_at > since,
            _same_customer(complaint),
        )
        .order_by(CompensationRequest.created_at, CompensationRequest.id)
    )
    found = (await session.execute(query)).scalars()
    return [Piece(request.id, request.author_id, request.amount) for request in found]


async def _sum(session: AsyncSession, *conditions: ColumnElement[bool]) -> int:
    query = select(func.coalesce(func.sum(CompensationRequest.amount), 0)).where(*conditions)
    return int((await session.execute(query)).scalar_one())


def _same_customer(complaint: CompensatedComplaint) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = [CompensationRequest.complaint_no == complaint.no]
    marks: list[ColumnElement[bool]] = []
    if complaint.customer_id:
        ways.append(CompensationRequest.customer_id == complaint.customer_id)
        marks.append(Complaint.customer_id == complaint.customer_id)
    if digits := phone_digits(complaint.phone):
        ways.append(CompensationRequest.phone == digits)
        marks.append(Complaint.phone.in_({digits, complaint.phone}))
    if marks:
        shared = select(Complaint.no).where(or_(*marks))
        ways.append(CompensationRequest.complaint_no.in_(shared))
    return or_(*ways)
