"""What a message or event of the platform means to us, pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conversations.channels.wechat import texts
from conversations.channels.wechat.inbound import Inbound
from conversations.intake import clean

_UNREADABLE = {
    "video": (texts.VIDEO, texts.VIDEO_UNSEEN),
    "shortvideo": (texts.VIDEO, texts.VIDEO_UNSEEN),
    "file": (texts.FILE, texts.FILE_UNTAKEN),
}


@dataclass(frozen=True)
class Meaning:
    """What to do about it; nothing at all when every field is empty.

    `text`: the customer's words. `answer`: what to say because no machine can read it.
    `image`: a media id to be fetched. `menu_id`: the one-tap answer that was tapped.
    """

    text: str = ""
    answer: str = ""
    image: str = ""
    menu_id: str = ""
    greets: bool = False
    leaves: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether nobody has to be told."""
        return self == Meaning()


def meaning_of(heard: Inbound, menu: Mapping[str, str]) -> Meaning:
    """Read one message or event; `menu` gives the words of menu keys."""
    match heard.kind:
        case "event":
            found = _event(heard, menu)
        case "text" if clean(heard.content):
            found = Meaning(text=clean(heard.content), menu_id=heard.menu_id)
        case "image" if heard.media_id:
            found = Meaning(image=heard.media_id)
        case "voice":
            spoken = clean(heard.recognition)
            found = Meaning(spoken) if spoken else Meaning(texts.VOICE, texts.VOICE_UNHEARD)
        case "location":
            found = Meaning(_place(heard))
        case "link":
            found = Meaning(texts.LINK.format(title=heard.title, url=heard.url).strip())
        case _:
            found = Meaning(*_UNREADABLE.get(heard.kind, (texts.OTHER, texts.UNKNOWN)))
    return found


def _place(heard: Inbound) -> str:
    return texts.LOCATION.format(
        label=heard.label or "地图位置", latitude=heard.latitude, longitude=heard.longitude
    )


def _event(heard: Inbound, menu: Mapping[str, str]) -> Meaning:
    match heard.event:
        case "subscribe":
            return Meaning(greets=True)
        case "unsubscribe":
            return Meaning(leaves=True)
        case "CLICK":
            return Meaning(text=menu.get(heard.event_key, heard.event_key))
    return Meaning()
