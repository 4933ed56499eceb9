"""The WeChat channel of one process, wired."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from api.tokens import Tokens
from api.uploads import Uploads
from conversations.channels.wechat.channel import WechatChannel
from conversations.channels.wechat.inbox import Inbox
from conversations.channels.wechat.passive import PassiveReplies
from conversations.channels.wechat.pictures import Pictures
from conversations.channels.wechat.platform import Platform
from conversations.channels.wechat.posting import WechatPost
from conversations.channels.wechat.tokens import AccessTokens
from conversations.channels.wechat.working import InboxWorker
from conversations.handover import Handover
from conversations.intake import Intake
from conversations.storage import Attachment
from conversations.turns import TurnRunner
from foundation.clock import Clock
from foundation.errors import NotFound
from foundation.settings import Settings
from foundation.transactions import UnitOfWork


@dataclass(frozen=True)
class Wechat:
    """What routes and the dispatcher reach for."""

    channel: WechatChannel
    post: WechatPost
    inbox: InboxWorker


class KeptFiles:
    """Uploads, as the channel uses them."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    async def write(self, conversation_id: str, name: str, content: bytes) -> Attachment:
        """See `conversations.channels.wechat.ports.Files`."""
        return await self._uploads.write(conversation_id, name, content)

    async def read(self, attachment: Attachment) -> bytes:
        """See `conversations.channels.wechat.ports.Files`."""
        found = await self._uploads.find(attachment.id)
        try:
            return await asyncio.to_thread(found.path.read_bytes)
        except FileNotFoundError as error:
            raise NotFound("attachment", attachment.id) from error


class PublicLinks:
    """Addresses for customers, where a public address is set."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self._base = settings.public_url.rstrip("/")
        self._tokens = tokens

    def file(self, attachment_id: str) -> str:
        """A kept file."""
        return self._base and self._base + self._tokens.link(attachment_id)

    def kept_messages(self, conversation_id: str) -> str:
        """The page of what could not be sent."""
        if not self._base:
            return ""
        token = self._tokens.for_conversation(conversation_id)
        return f"{self._base}/channels/kept-messages?token={token}"


def build_wechat(
    settings: Settings,
    clock: Clock,
    work: UnitOfWork,
    http: httpx.AsyncClient,
    tokens: Tokens,
    uploads: Uploads,
    intake: Intake,
    handover: Handover,
    runner: TurnRunner,
) -> Wechat:
    """Put the channel's parts together."""
    accounts = {account.name: account for account in settings.wechat_accounts}
    links = PublicLinks(settings, tokens)
    platform = Platform(settings, http)
    access = AccessTokens(settings, clock, work, platform)
    pictures = Pictures(platform, access, KeptFiles(uploads))
    inbox = Inbox(clock, work)
    worker = InboxWorker(
        settings, clock, work, accounts, intake, pictures, busy=lambda: runner.busy
    )
    passive = PassiveReplies(settings, clock, work, links)
    return Wechat(
        channel=WechatChannel(settings, clock, accounts, inbox, worker, passive),
        post=WechatPost(
            settings, clock, work, accounts, platform, access, pictures, links, handover
        ),
        inbox=worker,
    )
