"""Tables and queries of staff accounts, their sign-ins and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, delete, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class Staff(Base):
    """One member of staff who can sign in; `skills` are ids of `complaints/skills.yml`."""

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    username: Mapped[str] = mapped_column(String(40), unique=True)
    display_name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    skills: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]


class StaffSession(Base):
    """One sign-in. Only the hash of its token is kept."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Base):
    """Who did what to what, and from where. Appended, never changed."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_action_subject_at", "action", "subject", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str | None] = mapped_column(String(40), index=True)
    actor: Mapped[str] = mapped_column(String(80), default="")
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


@event.listens_for(AuditEntry, "before_update")
@event.listens_for(AuditEntry, "before_delete")
def _refuse(_mapper: Any, _connection: Any, _entry: AuditEntry) -> None:
    raise TypeError("audit entries are immutable")


async def staff_by_username(session: AsyncSession, username: str) -> Staff | None:
    """The account with this (lower-case) user name."""
    query = select(Staff).where(Staff.username == username)
    return (await session.execute(query)).scalar_one_or_none()


async def all_staff(session: AsyncSession) -> list[Staff]:
    """Every account, by user name."""
    return list((await session.execute(select(Staff).order_by(Staff.username))).scalars())


async def session_with_staff(
    session: AsyncSession, token_hash: str
) -> tuple[StaffSession, Staff] | None:
    """A sign-in and whose it is."""
    query = (
        select(StaffSession, Staff)
        .join(Staff, Staff.id == StaffSession.staff_id)
        .where(StaffSession.token_hash == token_hash)
    )
    row = (await session.execute(query)).one_or_none()
    return (row[0], row[1]) if row else None


async def end_session(session: AsyncSession, token_hash: str) -> None:
    """Forget one sign-in."""
    await session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash))


async def end_sessions_before(session: AsyncSession, now: datetime) -> None:
    """Forget sign-ins that have expired."""
    await session.execute(delete(StaffSession).where(StaffSession.expires_at < now))


async def end_sessions_of(session: AsyncSession, staff_id: str) -> None:
    """Forget every sign-in of one member of staff."""
    await session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))


async def count_audit(
    session: AsyncSession, action: str, subject: str, address: str, since: datetime
) -> int:
    """How often `action` happened to `subject` from `address` since a moment."""
    query = select(func.count()).where(
        AuditEntry.action == action,
        AuditEntry.subject == subject,
        AuditEntry.address == address,
        AuditEntry.at >= since,
    )
    return int((await session.execute(query)).scalar_one())
