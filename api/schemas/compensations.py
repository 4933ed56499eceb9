"""Compensation: requests, decisions, authority and remedies. Amounts are yuan."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer

from api.schemas.base import Key, Model, Words
from complaints.compensation.model import MAX_FEN, MAX_REASON, Kind
from complaints.compensation.payouts import MAX_REFERENCE
from complaints.money import FEN_PER_YUAN
from complaints.remedies import Level

MAX_YUAN = MAX_FEN // FEN_PER_YUAN

Yuan = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""Two decimals; a JSON number, which holds any of our amounts exactly when read as a decimal."""
YuanIn = Annotated[
    Decimal, Field(gt=0, le=MAX_YUAN, decimal_places=2, examples=[500.00], allow_inf_nan=False)
]
Reason = Annotated[Words, Field(min_length=1, max_length=MAX_REASON, examples=["修了三次才修好"])]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class CompensationIn(Model):
    """What is asked for. A double refund gives `overcharged`, everything else `amount`."""

    idempotency_key: Key
    kind: Kind
    level: Level = Level.BASIC
    amount: YuanIn | None = None
    overcharged: YuanIn | None = None
    reason: Reason


class DecisionIn(Model):
    """A decision about the request as it was read."""

    version: Version
    reason: Reason


class StaffWithRole(Model):
    """Who asked or decided."""

    id: str
    display_name: str
    role: str


class DecisionOut(Model):
    """How a request ended; `grant`: within the author's own limit, without approval."""

    act: str = Field(examples=["approve"])
    by: StaffWithRole
    at: datetime
    reason: str


class PayoutIn(Model):
    """A payment that was made, now unless told otherwise; a part of the sum is possible."""

    amount: YuanIn
    paid_at: datetime | None = None
    reference: Annotated[
        Words, Field(min_length=1, max_length=MAX_REFERENCE, examples=["FK20251106-018"])
    ]


class PayoutOut(Model):
    """A payment as it was recorded."""

    amount: Yuan
    paid_at: datetime
    reference: str
    by: StaffWithRole
    recorded_at: datetime


class RequestOut(Model):
    """A request as this member of staff sees it; `total` is the sum with it."""

    id: str
    complaint_no: str
    amount: Yuan
    kind: str
    level: str
    reason: str
    overcharged: Yuan | None
    status: str = Field(examples=["pending"])
    version: int
    author: StaffWithRole
    created_at: datetime
    round: int
    total: Yuan
    needs: str | None = Field(examples=["supervisor"])
    may_approve: bool
    may_deny: bool
    may_withdraw: bool
    why: str
    split: str
    decision: DecisionOut | None
    may_pay: bool
    payout: PayoutOut | None


class OwnAuthority(Model):
    """What this member of staff may still grant; a null limit is none."""

    limit: Yuan | None
    left: Yuan | None
    decider: str | None


class CompensationSummary(Model):
    """All money of a complaint."""

    requested: Yuan
    approved: Yuan
    pending: Yuan
    paid: Yuan
    customer_30_days: Yuan
    authority: OwnAuthority
    requests: list[RequestOut]


class ComplaintBrief(Model):
    """The complaint behind a request."""

    no: str
    state: str
    priority: str
    sensitive: bool
    category: str
    product: str
    summary: str


class ApprovalItem(RequestOut):
    """A request in the inbox."""

    complaint: ComplaintBrief


class Approvals(Model):
    """Requests this member of staff may decide, oldest first; `total` counts all."""

    items: list[ApprovalItem]
    total: int


class AuthorityOut(Model):
    """Whether this member of staff may grant an amount on a complaint by himself, and why."""

    allowed: bool
    ground: str = Field(examples=["within_limit"])
    words: str
    limit: Yuan | None
    left: Yuan | None
    total: Yuan
    complaint_total: Yuan
    customer_total: Yuan
    roles: list[str]
    split: str


class LimitsOut(Model):
    """The limits of this member of staff's role by category (`*`: every other)."""

    role: str
    limits: dict[str, Yuan | None]
    alone_max: Yuan
    window_days: int


class RemedyOut(Model):
    """What may be offered; `allowed`: this member of staff may grant its amount by himself."""

    kind: str
    level: str
    title: str
    amount: Yuan | None
    basis: list[str]
    owed: bool
    allowed: bool | None


class Remedies(Model):
    """Suggestions, what is owed first."""

    tier: str
    highest: str
    items: list[RemedyOut]
