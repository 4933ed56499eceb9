"""What became of messages on their way to a customer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas.base import Model


class UndeliveredOut(Model):
    """A message that has not reached its customer.

    `held` goes out when the customer writes again; `doubt` may have arrived; `dead` was given up.
    """

    message_id: str
    conversation_id: str
    seq: int
    sender: str = Field(examples=["agent"])
    text: str
    state: Literal["pending", "held", "doubt", "dead"]
    reason: str = Field(examples=["quota"])
    attempts: int
    last_error: str
    created_at: datetime


class QuotaOut(Model):
    """Customer-service messages that the platform still lets us send to this customer."""

    left: int = Field(examples=[3])
    limit: int = Field(examples=[5])
    until: datetime | None


class DeliveryOut(Model):
    """How a conversation's messages get to its customer; `quota` only where there is one."""

    quota: QuotaOut | None
    undelivered: list[UndeliveredOut]


class UndeliveredList(Model):
    """Messages kept aside in all conversations, oldest first, at most 200."""

    items: list[UndeliveredOut]
