"""Customer-service messages: the outbox's courier to the platform.

Each platform message takes three steps: claim it and one of the customer's quota (a transaction),
call the platform, record the outcome (a transaction). A process that dies between the first and
the last leaves rows `sending`: nobody can know whether the platform took them, so they become
`doubt` and a person decides, except safety texts, which are sent again.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.channels.wechat import quota, texts
from conversations.channels.wechat.errors import (
    PlatformRefused,
    PlatformSilent,
    PlatformUnreached,
)
from conversations.channels.wechat.passive import finish
from conversations.channels.wechat.pictures import STALE_TOKEN, Pictures
from conversations.channels.wechat.platform import Platform
from conversations.channels.wechat.ports import Links
from conversations.channels.wechat.refusals import (
    COUNT_OVER,
    HELD,
    HOPELESS,
    NO_MENUS,
    URGENT,
    WINDOW_OVER,
    pause_after,
)
from conversations.channels.wechat.storage import AccessToken, Contact, contact_for
from conversations.channels.wechat.tokens import AccessTokens
from conversations.channels.wechat.waiting import rows_under_way, worded
from conversations.channels.wechat.wording import Piece, first_piece
from conversations.handover import Handover
from conversations.model import State, backoff
from conversations.storage import Attachment, Message, Outgoing, get_conversation
from foundation.clock import Clock
from foundation.errors import FrontlineError
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.transactions import UnitOfWork, announce
from foundation.wechat_accounts import WechatAccount

log = structlog.get_logger(__name__)

LEASE_S = 60.0


@dataclass(frozen=True)
class Claim:
    """One platform message under way."""

    account: WechatAccount
    openid: str
    conversation_id: str
    piece: Piece
    image: Attachment | None = None


class WechatPost:
    """Delivers what waits, conversation by conversation."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        work: UnitOfWork,
        accounts: Mapping[str, WechatAccount],
        platform: Platform,
        tokens: AccessTokens,
        pictures: Pictures,
        links: Links,
        handover: Handover,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._accounts = accounts
        self._platform = platform
        self._tokens = tokens
        self._pictures = pictures
        self._links = links
        self._handover = handover
        self._name = new_id("post")
        self._without_menus: set[str] = set()

    async def deliver_waiting(self, conversation_id: str) -> None:
        """Deliver what is due of one conversation, in order, until nothing is or it fails."""
        while claim := await self._claim(conversation_id):
            try:
                await self._call(claim)
            except FrontlineError as error:
                if not await self._failed(claim, error):
                    return
            else:
                await self._sent(claim)

    async def sweep(self) -> None:
        """Settle rows whose sender died under way."""
        now = self._clock.now()
        query = select(Outgoing.id).where(
            Outgoing.state.in_(("sending", "passive")), Outgoing.leased_until < now
        )
        async with self._work.reading() as session:
            lost = list(await session.scalars(query))
        for row_id in lost:
            async with self._work.begin() as session:
                row = await session.get_one(
                    Outgoing, row_id, with_for_update=True, populate_existing=True
                )
                if row.leased_until is None or row.leased_until >= now:
                    continue
                message = await session.get_one(Message, row.message_id)
                row.leased_by, row.leased_until, row.part_chars = None, None, 0
                row.state = "pending" if message.kind in URGENT else "doubt"
                row.reason = "process_died"
                row.next_attempt_at = now
                announce(session, "conversation", conversation_id=row.conversation_id)
                log.warning("wechat_delivery_in_doubt", outbox=row.id, state=row.state)

    async def _claim(self, conversation_id: str) -> Claim | None:
        """The next message with one of the quota taken for it; None when nothing can go now."""
        now = self._clock.now()
        async with self._work.begin() as session:
            contact = await contact_for(session, conversation_id, lock=True)
            rows = _due(await rows_under_way(session, conversation_id), now)
            if not rows:
                return None
            account = self._accounts.get(contact.account) if contact else None
            if contact is None or account is None:
                await self._aside(session, rows, "dead", "no_account")
                return None
            if (reason := _barrier(account, contact)) is not None:
                await self._aside(session, rows, "held", reason)
                return None
            if (until := await _paused(session, account.name, now)) is not None:
                _postpone(rows, until)
                return None
            grants = quota.read(contact.grants)
            left = quota.left(grants, now)
            if left == 0:
                running = quota.best(grants, now) is not None
                await self._aside(session, rows, "held", "quota" if running else "window")
                return None
            piece = await self._worded(session, account, conversation_id, rows, left)
            contact.grants = [grant.as_dict() for grant in quota.spent(grants, now)]
            for row in rows:
                if row.id in piece.touched:
                    row.state, row.via, row.leased_by = "sending", "api", self._name
                    row.leased_until = now + timedelta(seconds=LEASE_S)
                    row.part_chars = piece.reaches if row.id == piece.partial else 0
            image = await session.get(Attachment, piece.image_id) if piece.image_id else None
            return Claim(account, contact.openid, conversation_id, piece, image)

    async def _worded(
        self,
        session: AsyncSession,
        account: WechatAccount,
        conversation_id: str,
        rows: list[Outgoing],
        left: int,
    ) -> Piece:
        """What goes out next. The last one allowed says that more waits, when more does."""
        waiting = await worded(session, rows, self._links)
        limit = self._settings.wechat_text_max_bytes
        menus = account.name not in self._without_menus
        piece, remain = first_piece(waiting, limit, menus=menus)
        if left > 1 or remain == 0:
            return piece
        link = self._links.kept_messages(conversation_id)
        tail = (texts.MORE_WAITS_LINK if link else texts.MORE_WAITS).format(count=remain, link=link)
        return first_piece(waiting, limit, menus=menus, tail=tail)[0]

    async def _call(self, claim: Claim) -> None:
        token = await self._tokens.get(claim.account)
        try:
            await self._hand_over(claim, token)
        except PlatformRefused as refusal:
            if refusal.errcode not in STALE_TOKEN:
                raise
            await self._hand_over(claim, await self._tokens.get(claim.account, bad=token))

    async def _hand_over(self, claim: Claim, token: str) -> None:
        piece = claim.piece
        if claim.image is not None:
            try:
                media_id = await self._pictures.upload(claim.account, token, claim.image)
            except PlatformSilent as error:
                raise PlatformUnreached("wechat", "the picture was not uploaded") from error
            piece = replace(piece, image_id=media_id)
        await self._platform.send(token, claim.openid, piece)

    async def _sent(self, claim: Claim) -> None:
        now = self._clock.now()
        async with self._work.begin() as session:
            for row in await self._own(session, claim):
                finish(row, now)
                row.attempts = 0 if row.state == "pending" else row.attempts + 1
            conversation = await get_conversation(session, claim.conversation_id)
            if conversation.state == State.HUMAN:
                announce(session, "conversation", conversation_id=conversation.id)

    async def _failed(self, claim: Claim, error: FrontlineError) -> bool:
        """Record why it was not taken; whether the next one can be tried at once."""
        code = error.errcode if isinstance(error, PlatformRefused) else 0
        silent = isinstance(error, PlatformSilent)
        log.warning("wechat_send_failed", conversation=claim.conversation_id, reason=error.message)
        now = self._clock.now()
        pause = pause_after(code, now)
        async with self._work.begin() as session:
            contact = await contact_for(session, claim.conversation_id, lock=True)
            rows = await self._own(session, claim)
            for row in rows:
                row.leased_by, row.leased_until, row.part_chars = None, None, 0
                row.last_error = error.message[:300]
            if contact is not None:
                self._settle_quota(contact, code, silent, now)
            if code in HELD:
                await self._aside(session, rows, "held", HELD[code])
            elif code in HOPELESS:
                await self._aside(session, rows, "dead", HOPELESS[code])
            elif code == NO_MENUS and claim.account.name not in self._without_menus:
                self._without_menus.add(claim.account.name)
                _postpone(rows, now)
                return True
            elif pause is not None:
                _postpone(rows, pause)
            elif silent and not self._settings.wechat_resend_unanswered:
                await self._aside(session, rows, "doubt", "no_answer")
            else:
                await self._again(session, rows, now, gives_up=silent or code > 0)
        if pause is not None:
            await self._tokens.pause(claim.account.name, pause)
        return code in HOPELESS

    def _settle_quota(self, contact: Contact, code: int, silent: bool, now: datetime) -> None:
        grants = quota.read(contact.grants)
        if code == COUNT_OVER:
            grants = quota.exhausted(grants)
        elif code == WINDOW_OVER:
            grants = ()
        elif not silent:
            grants = quota.spent(grants, now, -1)
        contact.grants = [grant.as_dict() for grant in grants]

    async def _again(
        self, session: AsyncSession, rows: list[Outgoing], now: datetime, *, gives_up: bool
    ) -> None:
        """Try later. While the platform is down or busy, as long as the customer's window is open:
        what is wrong is not the message."""
        attempts = max((row.attempts for row in rows), default=0) + 1
        wait = backoff(attempts, random.random())
        for row in rows:
            row.attempts = attempts
            row.state, row.next_attempt_at = "pending", now + wait
        if gives_up and attempts >= self._settings.outbox_max_attempts:
            await self._aside(session, rows, "dead", "too_many_tries")

    async def _aside(
        self, session: AsyncSession, rows: list[Outgoing], state: str, reason: str
    ) -> None:
        """Keep rows that cannot go now where people see them, and promise another way."""
        for row in rows:
            row.state, row.reason = state, reason
        if not rows:
            return
        conversation = await get_conversation(session, rows[0].conversation_id, lock=True)
        log.warning("wechat_kept_aside", conversation=conversation.id, state=state, reason=reason)
        if reason in ("window", "unsubscribed", "not_reachable", "refused_by_user"):
            self._handover.register_callback(session, conversation, f"wechat {reason}")
        announce(session, "conversation", conversation_id=conversation.id)

    async def _own(self, session: AsyncSession, claim: Claim) -> list[Outgoing]:
        """The claim's rows, as far as they are still ours."""
        query = (
            select(Outgoing)
            .where(
                Outgoing.id.in_(claim.piece.touched),
                Outgoing.state == "sending",
                Outgoing.leased_by == self._name,
            )
            .order_by(Outgoing.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return list((await session.execute(query)).scalars())


def _due(rows: list[Outgoing], now: datetime) -> list[Outgoing]:
    """The leading rows that may go now; none while an earlier one is under way."""
    found: list[Outgoing] = []
    for row in rows:
        if row.state != "pending" or row.next_attempt_at > now:
            break
        found.append(row)
    return found


def _barrier(account: WechatAccount, contact: Contact) -> str | None:
    """Why this customer cannot be written to at all, if so."""
    if not contact.subscribed:
        return "unsubscribed"
    return None if account.customer_service else "no_right"


async def _paused(session: AsyncSession, account: str, now: datetime) -> datetime | None:
    kept = await session.get(AccessToken, account)
    until = kept.paused_until if kept else None
    return until if until is not None and until > now else None


def _postpone(rows: list[Outgoing], until: datetime) -> None:
    for row in rows:
        row.state, row.next_attempt_at = "pending", until
