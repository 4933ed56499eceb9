"""Pictures that customers send: fetched from the platform and stored like uploads."""

from __future__ import annotations

from conversations.channels.wechat.errors import PlatformRefused
from conversations.channels.wechat.platform import Platform
from conversations.channels.wechat.ports import Files
from conversations.channels.wechat.tokens import AccessTokens
from conversations.storage import Attachment
from foundation.wechat_accounts import WechatAccount

STALE_TOKEN = frozenset({40001, 40014, 42001})


class Pictures:
    """Fetches, and uploads what agents send back."""

    def __init__(self, platform: Platform, tokens: AccessTokens, files: Files) -> None:
        self._platform = platform
        self._tokens = tokens
        self._files = files

    async def fetch(self, account: WechatAccount, openid: str, media_id: str) -> Attachment:
        """The stored picture; its record is the caller's to add.

        Raises:
            PlatformRefused: it is gone.
            Unavailable: not now.
            InvalidInput, TooLarge: it is no picture that we take.
        """
        token = await self._tokens.get(account)
        try:
            content = await self._platform.fetch_media(token, media_id)
        except PlatformRefused as refusal:
            if refusal.errcode not in STALE_TOKEN:
                raise
            token = await self._tokens.get(account, bad=token)
            content = await self._platform.fetch_media(token, media_id)
        return await self._files.write("", f"{media_id[:20]}", content)

    async def upload(self, account: WechatAccount, token: str, attachment: Attachment) -> str:
        """The media id of a kept picture. Raises as `Platform.upload_image`, and `NotFound`."""
        content = await self._files.read(attachment)
        return await self._platform.upload_image(token, attachment.name, attachment.mime, content)
