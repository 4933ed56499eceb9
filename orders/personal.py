"""One customer's orders: given out whole, or without him (SPEC section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orders.storage import Order

_TEXTS = ("logistics", "refund", "invoice", "installation")


async def orders_of_person(session: AsyncSession, phones: Sequence[str]) -> list[Order]:
    """Orders with these telephones."""
    query = select(Order).where(Order.phone.in_(phones)).order_by(Order.order_no)
    return list((await session.execute(query)).scalars())


def gathered(orders: Sequence[Order]) -> list[dict[str, Any]]:
    """What we were told of these orders."""
    names = ("order_no", "phone", "product", "state", *_TEXTS)
    return [
        {
            **{name: getattr(order, name) for name in names},
            "bought_on": order.bought_on.isoformat() if order.bought_on else None,
        }
        for order in orders
    ]


def erase(orders: Sequence[Order]) -> None:
    """Take the person out; another system remains the owner of the order itself."""
    for order in orders:
        order.phone = ""
        for name in _TEXTS:
            setattr(order, name, "")
