"""What the platform tells us, as a value. DTD, entities and deep or odd XML are refused."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Any, Self
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from conversations.channels.wechat.errors import UnreadableCallback

OPENID_CHARS = 64
_FIELD_CHARS = 8000
_TAGS = {
    "FromUserName": "openid",
    "ToUserName": "to",
    "MsgType": "kind",
    "MsgId": "msg_id",
    "Content": "content",
    "MediaId": "media_id",
    "Recognition": "recognition",
    "Location_X": "latitude",
    "Location_Y": "longitude",
    "Label": "label",
    "Title": "title",
    "Description": "description",
    "Url": "url",
    "Event": "event",
    "EventKey": "event_key",
    "bizmsgmenuid": "menu_id",
}
GRANTS = {"subscribe": "subscribe", "SCAN": "scan", "CLICK": "menu", "scancode_push": "menu",
          "scancode_waitmsg": "menu"}  # fmt: skip
"""Events after which the platform lets us write, by the name of their allowance."""


@dataclass(frozen=True)
class Inbound:
    """One message or event. Fields the platform left out are empty."""

    openid: str
    to: str
    kind: str
    sent_at: int
    msg_id: str = ""
    content: str = ""
    media_id: str = ""
    recognition: str = ""
    latitude: str = ""
    longitude: str = ""
    label: str = ""
    title: str = ""
    description: str = ""
    url: str = ""
    event: str = ""
    event_key: str = ""
    menu_id: str = ""

    @property
    def key(self) -> str:
        """The same for every repetition: MsgId, or sender + time (+ which event) without one."""
        if self.msg_id:
            return f"m{self.msg_id}"[:80]
        words = "\x1f".join((self.openid, str(self.sent_at), self.kind, self.event, self.event_key))
        return f"e{hashlib.sha256(words.encode()).hexdigest()[:48]}"

    @property
    def order(self) -> int:
        """Number within one second: message ids grow."""
        return min(int(self.msg_id), 2**63 - 1) if self.msg_id.isdigit() else 0

    @property
    def grant(self) -> str:
        """Which allowance of customer-service messages it opens, if any."""
        return GRANTS.get(self.event, "") if self.kind == "event" else "message"

    def as_dict(self) -> dict[str, Any]:
        """JSON form; empty fields are left out."""
        return {name: value for name, value in asdict(self).items() if value not in ("", 0)}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        """Back from the JSON form."""
        known = {field.name for field in fields(cls)}
        blank = {"openid": "", "to": "", "kind": "", "sent_at": 0}
        return cls(**{**blank, **{k: v for k, v in kept.items() if k in known}})


def parse(xml: bytes) -> Inbound:
    """Read one message.

    Raises:
        UnreadableCallback: not XML, with a DTD or entities, or without sender, kind or time.
    """
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UnreadableCallback("the message is not the platform's XML") from error
    found = {name: (root.findtext(tag) or "").strip()[:_FIELD_CHARS] for tag, name in _TAGS.items()}
    stamp = (root.findtext("CreateTime") or "").strip()
    whole = found["openid"] and found["kind"] and stamp.isascii() and stamp.isdigit()
    if not whole or len(found["openid"]) > OPENID_CHARS or len(stamp) > 10:
        raise UnreadableCallback("the message names no sender, kind or time")
    return Inbound(sent_at=int(stamp), **found)


def text_reply(inbound: Inbound, text: str, stamp: int) -> str:
    """The XML of a passive text reply; `]]>` cannot end the section early."""
    safe = text.replace("]]>", "]]]]><![CDATA[>")
    return (
        f"<xml><ToUserName><![CDATA[{inbound.openid}]]></ToUserName>"
        f"<FromUserName><![CDATA[{inbound.to}]]></FromUserName>"
        f"<CreateTime>{stamp}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{safe}]]></Content></xml>"
    )
