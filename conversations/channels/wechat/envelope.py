"""Opening callbacks and sealing replies. Nothing is parsed before its signature holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from conversations.channels.wechat.crypto import MessageCipher, is_signed, signature
from conversations.channels.wechat.errors import NotFromPlatform, UnreadableCallback
from foundation.wechat_accounts import WechatAccount

_ENCRYPTED = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/=\s]+?)(?:\]\]>)?\s*</Encrypt>")
SEALED = (
    "<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
    "<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
    "<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
)


@dataclass(frozen=True)
class Query:
    """The query string of a callback."""

    signature: str = ""
    timestamp: str = ""
    nonce: str = ""
    encrypt_type: str = ""
    msg_signature: str = ""

    @property
    def encrypted(self) -> bool:
        """Whether the platform says that it encrypted the message."""
        return self.encrypt_type == "aes"


@dataclass(frozen=True)
class Opened:
    """The XML of one message; `encrypted` messages get encrypted replies."""

    xml: bytes
    encrypted: bool


class Envelope:
    """The outside of every exchange with one account."""

    def __init__(self, account: WechatAccount, window_s: float) -> None:
        self._token = account.token.get_secret_value()
        self._mode = account.mode
        self._window_s = window_s
        key = account.aes_key.get_secret_value()
        self._cipher = MessageCipher(key, account.app_id) if key else None

    def check(self, query: Query, now: datetime) -> None:
        """Accept a callback that the platform signed within the replay window.

        Raises:
            NotFromPlatform: another signature, or signed too long ago or ahead.
        """
        if not is_signed(query.signature, self._token, query.timestamp, query.nonce):
            raise NotFromPlatform("the signature does not match")
        if not query.timestamp.isascii() or not query.timestamp.isdigit():
            raise NotFromPlatform("the signature does not match")
        if abs(now.timestamp() - int(query.timestamp)) > self._window_s:
            raise NotFromPlatform("the callback is too old; check this machine's clock")

    def open(self, query: Query, body: bytes) -> Opened:
        """The message inside a body whose query was checked.

        Raises:
            NotFromPlatform: the message's own signature is wrong, or it comes unencrypted in safe
                mode.
            UnreadableCallback: it does not decrypt.
        """
        if not query.encrypted or self._mode == "plain" or self._cipher is None:
            if self._mode == "safe":
                raise NotFromPlatform("this account is in safe mode; the message is not encrypted")
            return Opened(body, encrypted=False)
        found = _ENCRYPTED.search(body)
        if found is None:
            raise UnreadableCallback("no encrypted message in the body")
        encrypted = b"".join(found[1].split()).decode()
        if not is_signed(query.msg_signature, self._token, query.timestamp, query.nonce, encrypted):
            raise NotFromPlatform("the message's signature does not match")
        return Opened(self._cipher.decrypt(encrypted), encrypted=True)

    def seal(self, xml: str, nonce: str, now: datetime) -> str:
        """A reply as the platform wants it after an encrypted message."""
        assert self._cipher is not None
        encrypted = self._cipher.encrypt(xml)
        timestamp = str(int(now.timestamp()))
        signed = signature(self._token, timestamp, nonce, encrypted)
        return SEALED.format(
            encrypted=encrypted, signature=signed, timestamp=timestamp, nonce=nonce
        )
