"""Export and erasure of one customer's data."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Model, Words


class PersonIn(Model):
    """Whose data: by telephone, by customer id, or both."""

    phone: Annotated[Words, Field(max_length=40, examples=["13800001234"])] = ""
    customer_id: Annotated[Words, Field(max_length=40)] = ""


class EraseIn(PersonIn):
    """Erasure says why; the reason goes into the audit log."""

    reason: Annotated[Words, Field(min_length=1, max_length=300, examples=["客户书面要求"])]


class Found(Model):
    """How much there is of a customer, or was."""

    customers: int
    conversations: int
    complaints: int
    orders: int
    repairs: int
    files: int = 0
