"""Orders: another system tells us of them, the desk looks them up."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.access import DeskStaff, OrderFeed, PartsNow
from api.presenting import order_out
from api.schemas.base import PathKey
from api.schemas.orders import OrderIn, OrderOut

router = APIRouter(tags=["orders"])


@router.put(
    "/orders/{order_no}",
    responses={201: {"model": OrderOut, "description": "Heard of for the first time"}},
)
async def put_order(
    order_no: PathKey, body: OrderIn, staff: OrderFeed, parts: PartsNow, response: Response
) -> OrderOut:
    """Keep an order as told; the same call again changes nothing but `updated_at`."""
    async with parts.work.begin() as session:
        known = await parts.orders.is_known(session, order_no)
        order = await parts.orders.put(session, order_no, body.facts())
        if order.bought_on:
            await parts.complaints.observation.bought(
                session, order.phone, order.order_no, order.product, order.bought_on
            )
        parts.staff.audit(session, staff, "put_order", order.order_no, state=order.state)
        response.status_code = 200 if known else 201
        return order_out(order)


@router.get("/orders/{order_no}")
async def read_order(order_no: PathKey, _staff: DeskStaff, parts: PartsNow) -> OrderOut:
    """One order."""
    async with parts.work.reading() as session:
        return order_out(await parts.orders.find(session, order_no))
