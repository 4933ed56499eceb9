"""Access tokens: one refresher among all processes, by a lease in the database.

Each fetch may end the token before it, so two refreshers would make each other's token invalid.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError

from conversations.channels.wechat.errors import PlatformUnreached
from conversations.channels.wechat.storage import AccessToken
from foundation.clock import Clock
from foundation.errors import Unavailable
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from foundation.wechat_accounts import WechatAccount

log = structlog.get_logger(__name__)

LEASE_S = 15.0
WAIT_S = 12.0
LOOK_S = 0.1
ERROR_PAUSE_S = 5.0


class TokenSource(Protocol):
    """Where a fresh token comes from."""

    async def fetch_token(self, account: WechatAccount, *, force: bool) -> tuple[str, float]:
        """A token and how many seconds it holds.

        Raises:
            PlatformRefused: wrong secret, or this machine's address is not on the white list.
            PlatformUnreached: no connection.
            PlatformSilent: no answer in time.
        """
        ...


class AccessTokens:
    """Gives the token of an account, renewed early, refreshed by one process at a time."""

    def __init__(
        self, settings: Settings, clock: Clock, work: UnitOfWork, source: TokenSource
    ) -> None:
        self._early = timedelta(seconds=settings.wechat_token_early_s)
        self._clock = clock
        self._work = work
        self._source = source
        self._name = new_id("tok")

    async def get(self, account: WechatAccount, *, bad: str = "") -> str:
        """A token that holds; `bad` is one that the platform has just refused (40001, 42001).

        Raises:
            PlatformUnreached: none can be had now.
        """
        waited = 0.0
        while True:
            kept = await self._kept(account.name)
            now = self._clock.now()
            good = _holds(kept, now) and kept is not None and kept.token != bad
            if good and kept is not None and kept.renew_at is not None and now < kept.renew_at:
                return kept.token
            if await self._lease(account.name, now, kept):
                try:
                    return await self._refresh(account, force=bool(bad))
                except Unavailable:
                    if good and kept is not None:
                        return kept.token
                    raise
            if good and kept is not None:
                return kept.token
            if waited >= WAIT_S or _just_failed(kept, now):
                raise PlatformUnreached("wechat", "no access token can be had now")
            await asyncio.sleep(LOOK_S)
            waited += LOOK_S

    async def pause(self, account: str, until: datetime) -> None:
        """Note that the platform takes no more calls until then."""
        async with self._work.begin() as session:
            await session.execute(
                update(AccessToken).where(AccessToken.account == account).values(paused_until=until)
            )

    async def _kept(self, account: str) -> AccessToken | None:
        async with self._work.reading() as session:
            return await session.get(AccessToken, account)

    async def _lease(self, account: str, now: datetime, seen: AccessToken | None) -> bool:
        """Whether this process is the refresher now: nobody else holds the lease, and the token is
        still the one that was seen."""
        if seen is None:
            try:
                async with self._work.begin() as session:
                    session.add(AccessToken(account=account, token="", refreshes=0, last_error=""))
            except IntegrityError:
                log.info("wechat_token_row_made_elsewhere", account=account)
        seen_token = seen.token if seen else ""
        async with self._work.begin() as session:
            done = await session.execute(
                update(AccessToken)
                .where(
                    AccessToken.account == account,
                    AccessToken.token == seen_token,
                    or_(AccessToken.leased_until.is_(None), AccessToken.leased_until < now),
                )
                .values(leased_by=self._name, leased_until=now + timedelta(seconds=LEASE_S))
            )
            return bool(done.rowcount)  # type: ignore[attr-defined]

    async def _refresh(self, account: WechatAccount, *, force: bool) -> str:
        try:
            token, seconds = await self._source.fetch_token(account, force=force)
        except Unavailable as error:
            await self._failed(account.name, error)
            raise PlatformUnreached("wechat", f"no access token: {error.message}") from error
        now = self._clock.now()
        early = min(self._early, timedelta(seconds=seconds / 3))
        async with self._work.begin() as session:
            kept = await session.get_one(AccessToken, account.name)
            kept.token = token
            kept.expires_at = now + timedelta(seconds=seconds)
            kept.renew_at = kept.expires_at - early
            kept.refreshes += 1
            kept.last_error = ""
            kept.leased_by, kept.leased_until = None, None
        log.info("wechat_token_refreshed", account=account.name, seconds=int(seconds))
        return token

    async def _failed(self, account: str, error: Unavailable) -> None:
        """Leave the platform alone for a moment, the others too: the lease is kept that long."""
        log.warning("wechat_token_not_refreshed", account=account, reason=error.message)
        async with self._work.begin() as session:
            kept = await session.get_one(AccessToken, account)
            kept.last_error = error.message[:300]
            kept.leased_until = self._clock.now() + timedelta(seconds=ERROR_PAUSE_S)


def _holds(kept: AccessToken | None, now: datetime) -> bool:
    return bool(kept and kept.token and kept.expires_at is not None and now < kept.expires_at)


def _just_failed(kept: AccessToken | None, now: datetime) -> bool:
    return bool(kept and kept.last_error and kept.leased_until and now < kept.leased_until)
