"""The channel's parts over a database, with a platform that is an object in this process."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from conversations.channels.wechat.envelope import Query
from conversations.channels.wechat.inbound import Inbound
from conversations.channels.wechat.inbox import Inbox, Kept
from conversations.channels.wechat.pictures import Pictures
from conversations.channels.wechat.posting import WechatPost
from conversations.channels.wechat.tokens import AccessTokens
from conversations.channels.wechat.wording import Piece
from conversations.channels.wechat.working import InboxWorker
from conversations.outbox import Dispatcher
from conversations.storage import Message, Outgoing
from foundation.clock import FixedClock
from foundation.errors import FrontlineError
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from foundation.wechat_accounts import WechatAccount
from tests.conversations.conftest import Line, build_line

ACCOUNT = WechatAccount(name="a", app_id="wx1", app_secret="s", token="abc", mode="plain")  # type: ignore[arg-type]


@dataclass
class PlatformObject:
    """Takes messages, or fails as told: an error each, `taken` ones after taking the message."""

    taken: list[tuple[str, Piece]] = field(default_factory=list)
    faults: deque[FrontlineError | None] = field(default_factory=deque)
    fetches: int = 0

    async def fetch_token(self, account: WechatAccount, *, force: bool) -> tuple[str, float]:
        self.fetches += 1
        number = self.fetches
        await asyncio.sleep(0.05)
        return f"token{number}", 7200.0

    async def send(self, token: str, openid: str, piece: Piece) -> None:
        await asyncio.sleep(0)
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            raise fault
        self.taken.append((openid, piece))

    @property
    def said(self) -> str:
        return "\n".join(piece.text for _, piece in self.taken)


class NoLinks:
    """No public address."""

    def file(self, attachment_id: str) -> str:
        return ""

    def kept_messages(self, conversation_id: str) -> str:
        return ""


@dataclass
class Channel:
    """One process's parts of the channel."""

    line: Line
    inbox: Inbox
    worker: InboxWorker
    post: WechatPost
    tokens: AccessTokens
    dispatcher: Dispatcher
    platform: PlatformObject

    async def hears(self, openid: str, text: str, number: int, at: int = 0, **more: Any) -> Kept:
        """A text message arrives."""
        stamp = int(self.line.clock.now().timestamp())
        heard = Inbound(openid, "gh", "text", at or stamp, msg_id=str(number), content=text, **more)
        query = Query("", str(stamp), f"{openid}{number}{text}"[:60])
        return await self.inbox.keep("a", heard, query, text.encode(), may_hold=False)

    async def settle(self) -> None:
        """Work and deliver everything that is due."""
        for _ in range(50):
            await self.worker.idle()
            await self.line.runner.idle()
            tried = await self.dispatcher.deliver_due()
            await self.dispatcher.idle()
            if not tried:
                return
        raise AssertionError("does not settle")

    async def rows(self) -> list[Outgoing]:
        async with self.line.work.reading() as session:
            return list((await session.execute(select(Outgoing).order_by(Outgoing.id))).scalars())

    async def texts(self, sender: str) -> list[str]:
        query = select(Message.text).where(Message.sender == sender).order_by(Message.seq)
        async with self.line.work.reading() as session:
            return list((await session.execute(query)).scalars())


def build_channel(
    work: UnitOfWork, clock: FixedClock, settings: Settings, platform: PlatformObject | None = None
) -> Channel:
    """The parts of one process; several share a database and a platform."""
    line = build_line(work, clock, settings)
    platform = platform or PlatformObject()
    accounts = {"a": ACCOUNT}
    tokens = AccessTokens(settings, clock, work, platform)
    pictures = Pictures(platform, tokens, None)  # type: ignore[arg-type]
    inbox = Inbox(clock, work)
    worker = InboxWorker(settings, clock, work, accounts, line.intake, pictures)
    post = WechatPost(
        settings,
        clock,
        work,
        accounts,
        platform,
        tokens,
        pictures,
        NoLinks(),
        line.handover,  # type: ignore[arg-type]
    )
    dispatcher = Dispatcher(settings, clock, work, {}, {"wechat": post})
    work.events.listen(line.runner._heard)
    return Channel(line, inbox, worker, post, tokens, dispatcher, platform)


@pytest.fixture
def channel(work: UnitOfWork, clock: FixedClock, settings: Settings) -> Channel:
    """The channel on each backend."""
    return build_channel(work, clock, settings)
