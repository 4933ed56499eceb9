"""Orders: what another system tells, and what the desk sees."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from api.schemas.base import Model, Words
from orders.model import PHONE_CHARS, PRODUCT_CHARS, STATE_CHARS, TEXT_CHARS, OrderFacts

Text = Annotated[Words, Field(max_length=TEXT_CHARS)]


class OrderIn(Model):
    """Everything known of an order; what is left out is emptied. The bot reads `state` and the
    four texts out to whoever names the number: no names, telephones or addresses in them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "phone": "13800001234",
                    "product": "滚筒洗衣机",
                    "bought_on": "2025-10-22",
                    "state": "已退货",
                    "logistics": "退回的货 11月2日 已入库",
                    "refund": "退款处理中",
                    "invoice": "电子发票已冲红",
                    "installation": "",
                }
            ]
        }
    )

    phone: Annotated[Words, Field(max_length=PHONE_CHARS)] = ""
    product: Annotated[Words, Field(max_length=PRODUCT_CHARS)] = ""
    bought_on: date | None = None
    state: Annotated[Words, Field(max_length=STATE_CHARS)] = ""
    logistics: Text = ""
    refund: Text = ""
    invoice: Text = ""
    installation: Text = ""

    def facts(self) -> OrderFacts:
        """As the value the use case takes."""
        return OrderFacts(**self.model_dump())


class OrderBrief(Model):
    """An order of a customer's in the desk."""

    order_no: str = Field(examples=["AX2025102200118"])
    product: str = Field(examples=["滚筒洗衣机"])
    bought_on: date | None
    state: str = Field(examples=["已退货"])
    logistics: str
    refund: str = Field(examples=["退款处理中"])
    invoice: str
    installation: str
    updated_at: datetime


class OrderOut(OrderBrief):
    """An order by its number; the telephone is masked."""

    phone_masked: str = Field(examples=["138****1234"])
