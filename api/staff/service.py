"""Accounts, signing in and out, and the audit log (SPEC section 10)."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pwdlib import PasswordHash
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.staff.model import Role, normal_username
from api.staff.storage import (
    AuditEntry,
    Staff,
    StaffSession,
    count_audit,
    end_session,
    end_sessions_before,
    end_sessions_of,
    session_with_staff,
    staff_by_username,
)
from foundation.clock import Clock
from foundation.errors import Conflict, InvalidInput, NotFound, NotSignedIn, TooManyRequests
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

THROTTLE_WINDOW = timedelta(minutes=15)
SLIDE_AFTER = timedelta(minutes=5)
FIRST_ACCOUNTS = (
    ("admin", "系统管理员", Role.ADMIN),
    ("supervisor", "王主管", Role.SUPERVISOR),
    ("agent1", "小林", Role.AGENT),
    ("agent2", "小陈", Role.AGENT),
    ("trainer", "李老师", Role.TRAINER),
    ("hq", "总部客诉中心", Role.HQ),
)


@dataclass(frozen=True)
class SignedIn:
    """A fresh sign-in; the token is told once and kept nowhere."""

    staff: Staff
    token: str


@dataclass(frozen=True)
class NewAccount:
    """A fresh account or password; the password is told once and kept nowhere."""

    staff: Staff
    password: str


class StaffService:
    """Use cases of staff accounts."""

    def __init__(self, settings: Settings, clock: Clock, work: UnitOfWork) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._hasher = PasswordHash.recommended()
        self._lasts = timedelta(hours=settings.staff_session_hours)
        self._nobody: str | None = None

    async def sign_in(self, username: str, password: str, address: str) -> SignedIn:
        """Open a session.

        Raises:
            TooManyRequests: too many failures with this name from this address.
            NotSignedIn: wrong name or password, or the account is inactive.
        """
        name = username.strip().lower()[:40]
        now = self._clock.now()
        async with self._work.reading() as session:
            failures = await count_audit(
                session, "sign_in_failed", name, address, now - THROTTLE_WINDOW
            )
            staff = await staff_by_username(session, name)
        if failures >= self._settings.sign_in_attempts:
            raise TooManyRequests(int(THROTTLE_WINDOW.total_seconds()))
        right = await asyncio.to_thread(self._matches, password, staff)
        if staff is None or not staff.active or not right:
            async with self._work.begin() as session:
                self.audit(session, None, "sign_in_failed", name, address=address)
            raise NotSignedIn("wrong user name or password")
        token = secrets.token_urlsafe(32)
        async with self._work.begin() as session:
            await end_sessions_before(session, now)
            session.add(
                StaffSession(
                    token_hash=_digest(token),
                    staff_id=staff.id,
                    created_at=now,
                    expires_at=now + self._lasts,
                )
            )
            self.audit(session, staff, "sign_in", name, address=address)
        return SignedIn(staff, token)

    async def sign_out(self, token: str, staff: Staff, address: str) -> None:
        """End the session of `token`."""
        async with self._work.begin() as session:
            await end_session(session, _digest(token))
            self.audit(session, staff, "sign_out", staff.username, address=address)

    async def by_token(self, token: str) -> Staff:
        """Whose session this is; its expiry moves on with use.

        Raises:
            NotSignedIn: unknown or expired token, or an inactive account.
        """
        now = self._clock.now()
        async with self._work.reading() as session:
            found = await session_with_staff(session, _digest(token))
        if found is None or found[0].expires_at <= now or not found[1].active:
            raise NotSignedIn("sign in again")
        signed_in, staff = found
        if now + self._lasts - signed_in.expires_at > SLIDE_AFTER:
            async with self._work.begin() as session:
                again = await session.get(StaffSession, signed_in.token_hash)
                if again is not None:
                    again.expires_at = now + self._lasts
        return staff

    async def create(
        self, username: str, display_name: str, role: str, *, by: Staff | None = None
    ) -> NewAccount:
        """A new account with a random password.

        Raises:
            InvalidInput: bad user name, empty display name or unknown role.
            Conflict: the user name is taken.
        """
        name = normal_username(username)
        if not display_name.strip():
            raise InvalidInput("a display name is needed", field="display_name")
        if role not in list(Role):
            raise InvalidInput("unknown role", field="role", allowed=list(Role))
        password = _password()
        hashed = await asyncio.to_thread(self._hasher.hash, password)
        async with self._work.begin() as session:
            if await staff_by_username(session, name):
                raise Conflict("this user name is taken", username=name)
            staff = Staff(
                id=new_id("staff"),
                username=name,
                display_name=display_name.strip()[:80],
                role=role,
                password_hash=hashed,
                active=True,
                skills=[],
                created_at=self._clock.now(),
            )
            session.add(staff)
            self.audit(session, by, "staff_created", name, role=role)
        return NewAccount(staff, password)

    async def reset_password(self, username: str, *, by: Staff | None = None) -> NewAccount:
        """A new random password; every open session of the account ends.

        Raises:
            NotFound: no such account.
        """
        password = _password()
        hashed = await asyncio.to_thread(self._hasher.hash, password)
        async with self._work.begin() as session:
            staff = await staff_by_username(session, username.strip().lower())
            if staff is None:
                raise NotFound("staff", username)
            staff.password_hash = hashed
            await end_sessions_of(session, staff.id)
            self.audit(session, by, "password_reset", staff.username)
        return NewAccount(staff, password)

    async def set_skills(
        self, staff_id: str, skills: Sequence[str], *, by: Staff | None = None
    ) -> Staff:
        """What somebody knows, in place of what was said before.

        Raises:
            NotFound: no such account.
        """
        async with self._work.begin() as session:
            staff = await session.get(Staff, staff_id, with_for_update=True)
            if staff is None:
                raise NotFound("staff", staff_id)
            staff.skills = list(skills)
            self.audit(session, by, "staff_skills", staff.username, skills=list(skills))
        return staff

    async def create_first_accounts(self) -> list[NewAccount]:
        """On an empty table, one account per role (two agents); else nothing."""
        async with self._work.reading() as session:
            known = (await session.execute(select(func.count()).select_from(Staff))).scalar_one()
        if known:
            return []
        return [await self.create(*account) for account in FIRST_ACCOUNTS]

    def audit(
        self,
        session: AsyncSession,
        staff: Staff | None,
        action: str,
        subject: str,
        *,
        address: str = "",
        **detail: Any,
    ) -> None:
        """Append one entry in the caller's transaction."""
        session.add(
            AuditEntry(
                at=self._clock.now(),
                actor_id=staff.id if staff else None,
                actor=staff.display_name if staff else "",
                action=action,
                subject=subject[:120],
                address=address[:64],
                detail=detail,
            )
        )

    def _matches(self, password: str, staff: Staff | None) -> bool:
        """Takes as long for an unknown name as for a known one."""
        if staff is None:
            self._nobody = self._nobody or self._hasher.hash(secrets.token_urlsafe(8))
        return self._hasher.verify(password, staff.password_hash if staff else self._nobody or "")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _password() -> str:
    return secrets.token_urlsafe(9)
