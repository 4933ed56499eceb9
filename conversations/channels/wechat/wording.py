"""From kept messages to what goes out: labels, numbered answers, one platform message at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from conversations.channels.wechat import texts
from conversations.channels.wechat.splitting import part_of, size
from conversations.model import Sender

MENU_ITEMS = 20
_NUMBER = re.compile(r"\s*(?:第|选)?\s*(\d{1,2}|[一二三四五六七八九])\s*(?:个|项|号)?[.。、\s]*")
_CHINESE = "一二三四五六七八九"


@dataclass(frozen=True)
class Choice:
    """A one-tap answer; `key` comes back when it is tapped."""

    key: str
    title: str


@dataclass(frozen=True)
class Waiting:
    """One outbox row with its message, ready to be worded. `done`: characters taken before."""

    row: int
    text: str
    done: int = 0
    choices: tuple[Choice, ...] = ()
    image_id: str = ""


@dataclass(frozen=True)
class Piece:
    """One platform message.

    `rows` are finished by it; `partial` is a row it leaves unfinished, `reaches` how far it gets.
    """

    text: str = ""
    image_id: str = ""
    choices: tuple[Choice, ...] = ()
    rows: tuple[int, ...] = ()
    partial: int | None = None
    reaches: int = 0

    @property
    def touched(self) -> tuple[int, ...]:
        """Every row that is under way with it."""
        return self.rows if self.partial is None else (*self.rows, self.partial)


def labelled(sender: str, author: str, text: str) -> str:
    """The text with who wrote it; what a machine wrote always says so (SPEC section 1)."""
    if not text:
        return ""
    if sender == Sender.AGENT:
        return texts.AGENT_LABEL.format(name=author) + text
    return texts.BOT_LABEL + text


def numbered(choices: Sequence[Choice]) -> str:
    """One-tap answers as lines to be answered by number."""
    lines = [f"{number}. {choice.title}" for number, choice in enumerate(choices, 1)]
    return "\n".join([*lines, texts.CHOOSE])


def chosen(text: str, count: int) -> int | None:
    """Which of `count` answers a short reply such as `2`, `第二个` or `２` means, from 0."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    word = found[1]
    number = _CHINESE.index(word) + 1 if word in _CHINESE else int(word)
    return number - 1 if 1 <= number <= count else None


def first_piece(
    waiting: Sequence[Waiting], limit: int, *, menus: bool, tail: str = ""
) -> tuple[Piece, int]:
    """What goes out next, and how many rows are left after it.

    Texts that fit together go together, so that they cost one of the customer's quota. `tail` is
    put behind them when something is left.
    """
    piece, left = _first(waiting, limit, menus)
    if not tail or not left or piece.image_id:
        return piece, left
    piece, left = _first(waiting, limit - size(tail) - 2, menus)
    return replace(piece, text=f"{piece.text}\n\n{tail}"), left


def _first(waiting: Sequence[Waiting], limit: int, menus: bool) -> tuple[Piece, int]:
    head = waiting[0]
    if head.image_id and not _text_left(head, menus):
        return Piece(image_id=head.image_id, rows=(head.row,)), len(waiting) - 1
    text = ""
    rows: list[int] = []
    for entry in waiting:
        if entry.image_id:
            break
        menu = menus and _is_menu(entry)
        more = _text_left(entry, menus)
        joined = f"{text}\n\n{more}" if text and more else text or more
        if size(joined) + (_menu_size(entry) if menu else 0) > limit:
            if not rows:
                return _part(entry, limit, menus, len(waiting))
            break
        text = joined
        rows.append(entry.row)
        if menu:
            left = len(waiting) - len(rows)
            return Piece(text=text, choices=entry.choices, rows=tuple(rows)), left
    if not rows:
        return _part(head, limit, menus, len(waiting))
    return Piece(text=text, rows=tuple(rows)), len(waiting) - len(rows)


def _part(entry: Waiting, limit: int, menus: bool, count: int) -> tuple[Piece, int]:
    """A part of a text that does not fit, or the caption before its image."""
    whole = _whole(entry, menus)
    part, reaches = part_of(whole, entry.done, limit)
    if reaches >= len(whole) and not entry.image_id and not (menus and _is_menu(entry)):
        return Piece(text=part, rows=(entry.row,)), count - 1
    return Piece(text=part, partial=entry.row, reaches=reaches), count


def _whole(entry: Waiting, menus: bool) -> str:
    """The whole text of a row; numbered answers are part of it where there are no menus."""
    if not entry.choices or (menus and _is_menu(entry)):
        return entry.text
    return f"{entry.text}\n\n{numbered(entry.choices)}" if entry.text else numbered(entry.choices)


def _text_left(entry: Waiting, menus: bool) -> str:
    return _whole(entry, menus)[entry.done :].strip()


def _is_menu(entry: Waiting) -> bool:
    return 0 < len(entry.choices) <= MENU_ITEMS


def _menu_size(entry: Waiting) -> int:
    return sum(size(choice.title) + 1 for choice in entry.choices)
