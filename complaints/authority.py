"""Who may decide about which amount (SPEC section 5, compensation). Pure; amounts in fen.

Sums count, never single amounts: what a decision would bring the complaint to in all, and the
customer to within the window, must both lie within the decider's limit. So splitting a sum over
requests, complaints or authors gains nothing. Whoever asked never approves; what lies within the
author's own limit is granted by that limit and needs no approval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from complaints.money import fen_of, spoken
from foundation.settings import Settings

ANY_CATEGORY = "*"
ROLE_TITLES = {"agent": "客服", "supervisor": "主管", "hq": "总部"}

Limit = int | None
"""Highest sum in fen; None is without limit."""


class Ground(StrEnum):
    """Why somebody may or may not decide."""

    WITHIN_LIMIT = "within_limit"
    OWN_REQUEST = "own_request"
    OVER_LIMIT = "over_limit"
    NO_AUTHORITY = "no_authority"
    SECOND_PERSON = "second_person"


@dataclass(frozen=True)
class Person:
    """A member of staff as authority sees him."""

    id: str
    role: str


@dataclass(frozen=True)
class Granted:
    """What has been granted so far, in fen: on this complaint ever, to its customer in the window.

    The two overlap; each is held against the limit by itself.
    """

    complaint: int = 0
    customer: int = 0

    def sum_with(self, amount: int) -> int:
        """The larger of the two sums once `amount` is added."""
        return max(self.complaint, self.customer) + amount


@dataclass(frozen=True)
class Verdict:
    """Whether this person may decide, why, and who else may.

    `limit` and `left` are the person's (fen; None is without limit), `total` is what the sum would
    be, `roles` are those whose limit covers it, lowest first, `words` say it in Chinese.
    """

    allowed: bool
    ground: Ground
    words: str
    limit: Limit
    left: Limit
    total: int
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Authority:
    """The matrix role × category → limit, and the most one person grants alone (all in fen)."""

    limits: Mapping[str, Mapping[str, Limit]]
    alone: int = field(default=0)

    @classmethod
    def of(cls, settings: Settings) -> Authority:
        """The matrix of the settings, which are in yuan."""
        limits = {
            role: {
                category: None if yuan is None else fen_of(yuan) for category, yuan in row.items()
            }
            for role, row in settings.compensation_authority.items()
        }
        return cls(limits, fen_of(settings.compensation_alone_max))

    def limit(self, role: str, *categories: str) -> Limit:
        """The lowest of a role's limits for `categories`; 0 for a role outside the matrix.

        A complaint that nobody has classified (`""`) is held to the role's lowest limit.
        """
        row = self.limits.get(role, {})
        found: list[Limit] = []
        for category in categories or ("",):
            if category:
                found.append(row.get(category, row.get(ANY_CATEGORY, 0)))
            else:
                found += row.values() or (0,)
        capped = [limit for limit in found if limit is not None]
        return min(capped) if capped else None

    def roles_for(self, total: int, *categories: str) -> tuple[str, ...]:
        """Roles that may approve a sum of `total`, the lowest first."""
        fitting = [role for role in self.limits if covers(self.limit(role, *categories), total)]
        return tuple(sorted(fitting, key=lambda role: _height(self.limit(role, *categories))))

    def grant(
        self, author: Person, categories: Sequence[str], granted: Granted, amount: int
    ) -> Verdict:
        """Whether the author's own limit covers the sum, so that nobody need approve it.

        Above `alone` a second person is needed whatever the limit.
        """
        own = self.limit(author.role, *categories)
        limit = self.alone if own is None else min(own, self.alone)
        total = granted.sum_with(amount)
        ground = _ground(limit, total)
        if ground is Ground.OVER_LIMIT and covers(own, total):
            ground = Ground.SECOND_PERSON
        return self._verdict(ground, limit, granted, total, categories)

    def approve(
        self,
        person: Person,
        author_id: str,
        categories: Sequence[str],
        granted: Granted,
        amount: int,
    ) -> Verdict:
        """Whether `person` may approve a request of `author_id` over `amount`."""
        limit = self.limit(person.role, *categories)
        total = granted.sum_with(amount)
        ground = Ground.OWN_REQUEST if person.id == author_id else _ground(limit, total)
        return self._verdict(ground, limit, granted, total, categories)

    def deny(self, person: Person, author: Person, categories: Sequence[str], total: int) -> bool:
        """Whether `person` may refuse the request: never his own, and only from above.

        Refusing spends nothing, so a limit higher than the author's is enough.
        """
        limit = self.limit(person.role, *categories)
        fits = limit != 0 and covers(limit, total)
        return person.id != author.id and (fits or self.above(person, author, categories))

    def above(self, person: Person, author: Person, categories: Sequence[str]) -> bool:
        """Whether `person`'s limit is higher than the author's."""
        own = _height(self.limit(person.role, *categories))
        return own > _height(self.limit(author.role, *categories))

    def _verdict(
        self, ground: Ground, limit: Limit, granted: Granted, total: int, categories: Sequence[str]
    ) -> Verdict:
        roles = self.roles_for(total, *categories)
        return Verdict(
            allowed=ground is Ground.WITHIN_LIMIT,
            ground=ground,
            words=_words(ground, limit, total, roles),
            limit=limit,
            left=None if limit is None else max(0, limit - granted.sum_with(0)),
            total=total,
            roles=roles,
        )


@dataclass(frozen=True)
class Piece:
    """An earlier request for the same complaint or customer that is granted or waits."""

    request_id: str
    author_id: str
    amount: int


@dataclass(frozen=True)
class Split:
    """Pieces that each fit a limit which their sum passes (fen)."""

    pieces: tuple[str, ...]
    total: int
    limit: int
    one_author: bool

    @property
    def words(self) -> str:
        """What the decider is told."""
        who = "同一申请人" if self.one_author else "不同申请人"
        return (
            f"疑似拆分：{who}连同本次共 {len(self.pieces) + 1} 笔，合计 {spoken(self.total)}，"
            f"单笔都没有超过 {spoken(self.limit)}"
        )


def split_of(limit: Limit, author_id: str, amount: int, earlier: Sequence[Piece]) -> Split | None:
    """The split that a new request of `amount` would complete; None if it is none.

    `limit` is what the author may grant himself. A piece above it went to somebody higher in the
    open and is no part of a split.
    """
    if limit is None or limit == 0 or amount > limit:
        return None
    small = [piece for piece in earlier if piece.amount <= limit]
    total = amount + sum(piece.amount for piece in small)
    if not small or total <= limit:
        return None
    return Split(
        pieces=tuple(piece.request_id for piece in small),
        total=total,
        limit=limit,
        one_author=all(piece.author_id == author_id for piece in small),
    )


def covers(limit: Limit, total: int) -> bool:
    """Whether a limit reaches a sum."""
    return limit is None or (limit > 0 and total <= limit)


def _height(limit: Limit) -> tuple[bool, int]:
    return limit is None, limit or 0


def _ground(limit: Limit, total: int) -> Ground:
    if limit == 0:
        return Ground.NO_AUTHORITY
    return Ground.WITHIN_LIMIT if covers(limit, total) else Ground.OVER_LIMIT


def _words(ground: Ground, limit: Limit, total: int, roles: tuple[str, ...]) -> str:
    who = "、".join(ROLE_TITLES.get(role, role) for role in roles)
    ask = f"须由{who}审批" if who else "目前没有岗位可以审批"
    match ground:
        case Ground.WITHIN_LIMIT:
            cap = "不设上限" if limit is None else f"权限 {spoken(limit)}"
            return f"累计 {spoken(total)}，在权限内（{cap}）"
        case Ground.OWN_REQUEST:
            return "本人提出的申请不能自己审批"
        case Ground.SECOND_PERSON:
            return f"累计 {spoken(total)}，超过单人可定的 {spoken(limit or 0)}，须由另一人审批"
        case Ground.OVER_LIMIT:
            return f"累计 {spoken(total)}，超过权限 {spoken(limit or 0)}，{ask}"
        case Ground.NO_AUTHORITY:
            return f"该岗位没有补偿权限，{ask}"
