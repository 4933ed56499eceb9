"""Conversation ownership, pure: who may speak, and how it changes hands (SPEC section 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from foundation.errors import IllegalMove


class State(StrEnum):
    """Who owns the conversation."""

    BOT = "bot"
    QUEUED = "queued"
    HUMAN = "human"
    CLOSED = "closed"


MOVES: dict[State, frozenset[State]] = {
    State.BOT: frozenset({State.QUEUED, State.HUMAN, State.CLOSED}),
    State.QUEUED: frozenset({State.HUMAN, State.BOT, State.CLOSED}),
    State.HUMAN: frozenset({State.BOT, State.QUEUED, State.CLOSED}),
    State.CLOSED: frozenset({State.BOT}),
}


class Sender(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class Kind(StrEnum):
    """How a message is shown."""

    TEXT = "text"
    IMAGE = "image"
    FILE = "file"
    CHOICES = "choices"
    NOTICE = "notice"
    SAFETY = "safety"
    SAFETY_QUESTION = "safety_question"


class Level(StrEnum):
    """Triage level (SPEC section 3)."""

    EMERGENCY = "emergency"
    SENSITIVE = "sensitive"
    ROUTINE = "routine"


class Certainty(StrEnum):
    """How sure triage is; `cleared` means the customer denied or a human ended it."""

    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    CLEARED = "cleared"


class Priority(StrEnum):
    """Order of the queue."""

    URGENT = "urgent"
    SENSITIVE = "sensitive"
    NORMAL = "normal"


PRIORITY_RANK = {Priority.URGENT: 0, Priority.SENSITIVE: 1, Priority.NORMAL: 2}


@dataclass(frozen=True)
class Verdict:
    """What triage says of one message. `words` are the customer's words that decided."""

    level: Level = Level.ROUTINE
    category: str = ""
    certainty: Certainty | None = None
    score: float = 0.0
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ownership:
    """State and epoch; the epoch grows by one at each change of hands.

    A reply composed under an older epoch must not be sent.
    """

    state: State
    epoch: int
    assigned_to: str | None = None

    def move(self, target: State, assigned_to: str | None = None) -> Ownership:
        """The ownership after a move.

        Raises:
            IllegalMove: if `target` is not in `MOVES[self.state]`.
        """
        if target not in MOVES[self.state]:
            raise IllegalMove("conversation", self.state, target, sorted(MOVES[self.state]))
        holder = assigned_to if target is State.HUMAN else None
        return Ownership(target, self.epoch + 1, holder)

    def may_speak(self, sender: Sender, epoch: int, author_id: str | None = None) -> bool:
        """Whether `sender`, having composed under `epoch`, may speak now.

        System notices and safety advice are always allowed; the customer always is.
        """
        if sender in (Sender.SYSTEM, Sender.CUSTOMER):
            return True
        if epoch != self.epoch:
            return False
        if sender is Sender.BOT:
            return self.state is State.BOT
        return self.state is State.HUMAN and author_id == self.assigned_to


@dataclass(frozen=True)
class Button:
    """A one-tap answer."""

    title: str
    payload: str

    def as_dict(self) -> dict[str, str]:
        """JSON form."""
        return {"title": self.title, "payload": self.payload}


@dataclass(frozen=True)
class Reply:
    """One message to be said to the customer."""

    text: str
    kind: Kind = Kind.TEXT
    buttons: tuple[Button, ...] = ()
    sender: Sender = Sender.BOT


@dataclass(frozen=True)
class BotTurn:
    """The outcome of one turn of the bot.

    `handoff` is the reason when the bot wants a human; `emergency` a hazard its own rules saw;
    `signal` why a human is to be offered (`conversations.signals.Signal`).
    """

    replies: tuple[Reply, ...] = ()
    handoff: str | None = None
    emergency: str | None = None
    memory: dict[str, Any] = field(default_factory=dict)
    signal: str | None = None


YES = frozenset({"有", "有的", "有啊", "是", "是的", "对", "嗯", "嗯嗯", "yes", "y", "/safety_yes"})
NO = frozenset(
    {"没有", "没", "无", "没有的", "没有啊", "没事", "都没有", "不是", "冇", "沒有", "no", "n",
     "/safety_no"}
)  # fmt: skip


AGREED = frozenset(
    {"好", "好的", "好啊", "好吧", "行", "行吧", "可以", "要", "要的", "需要", "嗯", "嗯嗯", "是",
     "是的", "对", "ok", "转吧", "转", "叫吧", "来吧", "好嘅", "得", "中", "麻烦了", "那就转吧",
     "快点", "当然"}
)  # fmt: skip


def agrees(text: str) -> bool:
    """Whether a message is a plain yes to an offer."""
    return text.strip(" 。.!！~～,，").lower() in AGREED


def safety_answer(text: str) -> bool | None:
    """The customer's answer to the safety question: yes, no, or None when it is neither."""
    bare = text.strip(" 。.!！~～,，").lower()
    if bare in YES:
        return True
    if bare in NO:
        return False
    return None


_ALL_CLEAR = re.compile(
    r"没事[了啦]|沒事[了啦]|冇事[了喇啦]?|好[了啦]|灭了|滅[了咗]|关[了掉好]|關[了掉好]|处理[好完]了|不[冒漏]了|散了|唔使理"
)


def all_clear(text: str) -> bool:
    """Whether a short message says that it is over; it ends nothing, and is no new emergency."""
    return len(text) <= 20 and bool(_ALL_CLEAR.search(text))


def waiting_minutes(position: int, agents: int, handling_minutes: float) -> int:
    """Expected wait in minutes (at least 1) at `position` (1 = next) with `agents` working."""
    return max(1, round(position * handling_minutes / max(1, agents)))


def silence_over(deadline: datetime | None, now: datetime) -> bool:
    """Whether the time to answer the safety question has run out."""
    return deadline is not None and now >= deadline


def backoff(attempt: int, chance: float = 1.0) -> timedelta:
    """Delay before delivery attempt `attempt` + 1: 1, 2, 4 … s, at most 5 minutes.

    `chance` (0 to 1) takes off up to half of it, so that what failed together does not come back
    together.
    """
    return timedelta(seconds=min(300.0, 2.0 ** max(0, attempt - 1)) * (0.5 + chance / 2))
