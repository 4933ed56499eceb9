"""Use cases of orders, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from foundation.clock import Clock
from foundation.errors import InvalidInput, NotFound
from orders.model import (
    PHONE_CHARS,
    PRODUCT_CHARS,
    STATE_CHARS,
    TEXT_CHARS,
    OrderFacts,
    normal_number,
    normal_phone,
)
from orders.storage import Order, keep, orders_by_phone

_LIMITS = {
    "phone": PHONE_CHARS,
    "product": PRODUCT_CHARS,
    "state": STATE_CHARS,
    "logistics": TEXT_CHARS,
    "refund": TEXT_CHARS,
    "invoice": TEXT_CHARS,
    "installation": TEXT_CHARS,
}


class OrderService:
    """Keeps what we are told of orders, and finds it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def put(self, session: AsyncSession, order_no: str, facts: OrderFacts) -> Order:
        """Keep an order as told; telling it again replaces everything said before.

        Raises:
            InvalidInput: not an order number, or a field is too long.
        """
        number = normal_number(order_no)
        if number is None:
            raise InvalidInput("an order number is AX and 6 to 20 digits", field="order_no")
        values = {**_trimmed(facts), "updated_at": self._clock.now()}
        return await keep(session, number, values)

    async def is_known(self, session: AsyncSession, order_no: str) -> bool:
        """Whether we were told of this order before."""
        number = normal_number(order_no)
        return number is not None and await session.get(Order, number) is not None

    async def find(self, session: AsyncSession, order_no: str) -> Order:
        """The order with this number, typed in any way.

        Raises:
            NotFound: not an order number, or we were never told of it.
        """
        number = normal_number(order_no)
        found = await session.get(Order, number) if number else None
        if found is None:
            raise NotFound("order", order_no)
        return found

    async def by_phone(
        self, session: AsyncSession, *phones: str, limit: int = 5
    ) -> Sequence[Order]:
        """Orders with any of these telephones, typed in any way, last bought first."""
        wanted = _known(phones)
        return await orders_by_phone(session, wanted, limit) if wanted else []


def _trimmed(facts: OrderFacts) -> dict[str, Any]:
    values = {name: str(getattr(facts, name)).strip() for name in _LIMITS}
    values["phone"] = normal_phone(values["phone"])
    for name, limit in _LIMITS.items():
        if len(values[name]) > limit:
            raise InvalidInput("this field is too long", field=name, limit=limit)
    return {**values, "bought_on": facts.bought_on}


def _known(phones: Iterable[str]) -> set[str]:
    return {normal_phone(phone) for phone in phones} - {""}
