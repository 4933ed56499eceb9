"""A request for compensation as a value (SPEC section 5). Pure; amounts in fen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from complaints.model import Category, Responsibility, State
from complaints.remedies import OVERCHARGE_FACTOR, Level
from foundation.errors import Conflict, IllegalMove, InvalidInput, NotAllowed

MAX_FEN = 10_000_000 * 100
MAX_REASON = 1000


class Kind(StrEnum):
    """In which form the customer is compensated."""

    CASH = "cash"
    COUPON = "coupon"
    GIFT = "gift"
    REPAIR = "repair"
    EXTENDED_WARRANTY = "extended_warranty"
    REPLACEMENT = "replacement"
    DOUBLE_REFUND = "double_refund"
    OTHER = "other"


class Status(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """How a request came to its end; `grant` is by the author's own limit, without approval."""

    GRANT = "grant"
    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"


OUTCOME = {
    Act.GRANT: Status.APPROVED,
    Act.APPROVE: Status.APPROVED,
    Act.DENY: Status.DENIED,
    Act.WITHDRAW: Status.WITHDRAWN,
}
TIMELINE = {
    Act.GRANT: "compensation_granted",
    Act.APPROVE: "compensation_approved",
    Act.DENY: "compensation_denied",
    Act.WITHDRAW: "compensation_withdrawn",
}
REQUESTED = "compensation_requested"
ALLOWED: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.APPROVED, Status.DENIED, Status.WITHDRAWN}),
    Status.APPROVED: frozenset(),
    Status.DENIED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}
"""Every move of a request; money granted is not taken back here."""
OPEN_STATES = frozenset(State) - {State.REJECTED, State.ARCHIVED}
"""States of a complaint in which money may be asked for and granted."""


class Forbidden(NotAllowed):
    """This person may not decide; `detail` has ground, why and the roles that may."""

    def __init__(self, ground: str, why: str, roles: tuple[str, ...]) -> None:
        super().__init__(
            "you may not decide about this compensation", ground=ground, why=why, roles=list(roles)
        )


class Stale(Conflict):
    """The request was decided since it was read; `detail` says by whom and when."""

    def __init__(self, version: int, status: str, changed_by: str, changed_at: str) -> None:
        super().__init__(
            "this request was changed meanwhile",
            version=version,
            status=status,
            changed_by=changed_by,
            changed_at=changed_at,
        )


@dataclass(frozen=True)
class Wish:
    """What is asked for. `overcharged` (fen) is given for a double refund, `amount` else."""

    kind: Kind
    level: Level
    reason: str
    amount: int
    overcharged: int | None = None

    @classmethod
    def of(
        cls, kind: Kind, level: Level, reason: str, amount: int | None, overcharged: int | None
    ) -> Wish:
        """A checked wish; a double refund's amount is worked out.

        Raises:
            InvalidInput: no reason, no amount or one out of bounds.
        """
        if kind is Kind.DOUBLE_REFUND:
            if overcharged is None or amount not in (None, OVERCHARGE_FACTOR * overcharged):
                raise InvalidInput("say how much was overcharged", field="overcharged")
            amount = OVERCHARGE_FACTOR * overcharged
        elif overcharged is not None:
            raise InvalidInput("only a double refund has it", field="overcharged")
        if amount is None or not 0 < amount <= MAX_FEN:
            raise InvalidInput("an amount above 0 and below the limit is needed", field="amount")
        return cls(kind, level, checked_reason(reason), amount, overcharged)

    def check_against(self, category: str, responsibility: str | None) -> None:
        """Twice the money back is for overcharging by the company's fault alone.

        Raises:
            InvalidInput: the complaint is about something else, or it is not our fault.
        """
        check_double_refund(self.kind, category, responsibility)


def check_double_refund(kind: str, category: str, responsibility: str | None) -> None:
    """Raise `InvalidInput` if a double refund is asked where the rule is not met."""
    if kind != Kind.DOUBLE_REFUND:
        return
    if category != Category.PRICE_BILLING or responsibility != Responsibility.COMPANY:
        raise InvalidInput(
            "twice the amount is for overcharging by the company's fault",
            field="kind",
            category=category,
            responsibility=responsibility or "",
        )


def check_move(status: str, target: Status) -> None:
    """Raise `IllegalMove` unless a request may go from `status` to `target`."""
    allowed = ALLOWED[Status(status)]
    if target not in allowed:
        raise IllegalMove("compensation", status, target, sorted(allowed))


def checked_reason(reason: str) -> str:
    """The reason without blanks around it.

    Raises:
        InvalidInput: nothing is said, or too much.
    """
    said = reason.strip()
    if not said or len(said) > MAX_REASON:
        raise InvalidInput("a reason is needed", field="reason", max_chars=MAX_REASON)
    return said
