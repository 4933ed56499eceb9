"""Webhooks as admins see them; a secret is in the answer that makes it and nowhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api.schemas.base import Model, Words

Url = Annotated[
    Words,
    Field(min_length=1, max_length=1000, examples=["https://crm.example.com/hooks/frontline"]),
]
Events = Annotated[
    list[Annotated[Words, Field(max_length=60)]],
    Field(
        min_length=1,
        max_length=100,
        examples=[["complaint.received", "complaint.archived"]],
        description='Event types, or `["*"]` for all, also those still to come.',
    ),
]
Description = Annotated[Words, Field(max_length=200, examples=["客户关系系统"])]


class WebhookIn(Model):
    """A webhook to be made."""

    url: Url
    events: Events = Field(default_factory=lambda: ["*"])
    description: Description = ""
    active: bool = True


class WebhookChanges(Model):
    """What is to be other than it is; fields left out stay."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    active: bool | None = None


class WebhookOut(Model):
    """A webhook and how it fares; `off_reason` is `gone` after the receiver answered 410."""

    id: str = Field(examples=["hook_01kb3m5y"])
    url: str = Field(examples=["https://crm.example.com/hooks/frontline"])
    description: str
    events: list[str]
    active: bool
    off_reason: str
    rotated_at: datetime | None
    not_before: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    pending: int
    dead: int
    delivered_at: datetime | None


class WebhookList(Model):
    """All webhooks."""

    items: list[WebhookOut]


class WebhookSecret(Model):
    """A webhook and its secret, shown this once."""

    webhook: WebhookOut
    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class EventTypes(Model):
    """Every type of event there is to be told of."""

    items: list[str] = Field(examples=[["complaint.received", "complaint.clock_breached"]])


class TryOut(Model):
    """One call of the receiver."""

    at: datetime
    status: int | None
    error: str
    took_ms: int


class DeliveryOut(Model):
    """One event on its way to one webhook; `state` is `pending`, `delivered` or `dead`."""

    id: int
    webhook_id: str
    event_id: str = Field(examples=["evt_01kb3m5y"])
    type: str = Field(examples=["complaint.resolved"])
    complaint_no: str | None = Field(examples=["TS20251105-0042"])
    state: str = Field(examples=["delivered"])
    attempts: int
    next_attempt_at: datetime | None
    status: int | None = Field(examples=[200])
    error: str
    excerpt: str
    tries: list[TryOut]
    payload: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None


class DeliveryList(Model):
    """One page of the log; `next_cursor` is null on the last one."""

    items: list[DeliveryOut]
    next_cursor: int | None
