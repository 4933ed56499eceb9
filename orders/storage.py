"""The table of orders and its queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import String, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from orders.model import PHONE_CHARS, PRODUCT_CHARS, STATE_CHARS


class Order(Base):
    """One order. `phone` holds digits alone; `updated_at` is when we were last told of it."""

    __tablename__ = "orders"

    order_no: Mapped[str] = mapped_column(String(24), primary_key=True)
    phone: Mapped[str] = mapped_column(String(PHONE_CHARS), default="", index=True)
    product: Mapped[str] = mapped_column(String(PRODUCT_CHARS), default="")
    bought_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(STATE_CHARS), default="")
    logistics: Mapped[str] = mapped_column(Text, default="")
    refund: Mapped[str] = mapped_column(Text, default="")
    invoice: Mapped[str] = mapped_column(Text, default="")
    installation: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime]


async def keep(session: AsyncSession, order_no: str, values: dict[str, Any]) -> Order:
    """Insert the order or overwrite all its `values`, in one statement."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = (
        insert(Order)
        .values(order_no=order_no, **values)
        .on_conflict_do_update(index_elements=["order_no"], set_=values)
        .returning(Order)
    )
    found = await session.scalars(statement, execution_options={"populate_existing": True})
    return found.one()


async def orders_by_phone(
    session: AsyncSession, phones: Collection[str], limit: int
) -> Sequence[Order]:
    """Orders with one of these telephones, last bought first."""
    query = (
        select(Order)
        .where(Order.phone.in_(phones))
        .order_by(
            Order.bought_on.desc().nulls_last(), Order.updated_at.desc(), Order.order_no.desc()
        )
        .limit(limit)
    )
    return (await session.scalars(query)).all()
