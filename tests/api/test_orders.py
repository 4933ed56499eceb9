"""Orders over HTTP: told by another system, seen by the desk, answered from by the bot."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.bot_actions import Orders
from api.wiring import Parts
from tests.api.conftest import API, SignIn, Visitor

NUMBER = "AX2025091500264"
BODY = {
    "phone": "138 0000 1234",
    "product": "滚筒洗衣机",
    "bought_on": "2025-10-22",
    "state": "已退货",
    "refund": "退款处理中",
    "logistics": "快递员 13911112222 已取件",
}


async def test_an_order_is_told_twice_and_read(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    feed, agent = await sign_in("supervisor"), await sign_in("agent")
    url = f"{API}/orders/{NUMBER}"
    first = await http.put(url, json=BODY, headers=feed.auth)
    again = await http.put(f"{API}/orders/ax2025091500264", json=BODY, headers=feed.auth)
    assert (first.status_code, again.status_code) == (201, 200)
    read = await http.get(url, headers=agent.auth)
    assert read.status_code == 200
    assert first.json() == again.json() == read.json()
    assert read.json()["phone_masked"] == "138****1234"
    assert "13800001234" not in read.text


@pytest.mark.parametrize(
    ("number", "change", "field"),
    [
        ("TS20251105", {}, "order_no"),
        (NUMBER, {"refund": "退" * 501}, "refund"),
        (NUMBER, {"bought_on": "昨天"}, "bought_on"),
    ],
)
async def test_what_is_no_order_is_refused_by_field(
    http: httpx.AsyncClient, sign_in: SignIn, number: str, change: dict[str, Any], field: str
) -> None:
    feed = await sign_in("admin")
    url = f"{API}/orders/{number}"
    response = await http.put(url, json={**BODY, **change}, headers=feed.auth)
    assert response.status_code == 422
    assert field in response.text


async def test_an_unknown_order_is_not_found(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    agent = await sign_in()
    response = await http.get(f"{API}/orders/{NUMBER}", headers=agent.auth)
    assert (response.status_code, response.json()["detail"]["kind"]) == (404, "order")


async def test_the_desk_sees_the_customers_orders(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    feed, agent = await sign_in("supervisor"), await sign_in("agent")
    await http.put(f"{API}/orders/{NUMBER}", json=BODY, headers=feed.auth)
    other = {**BODY, "phone": "13900000000"}
    await http.put(f"{API}/orders/AX2025110300266", json=other, headers=feed.auth)
    detail = (await http.get(f"{API}/conversations/{visitor.id}", headers=agent.auth)).json()
    [order] = detail["orders"]
    assert (order["order_no"], order["refund"]) == (NUMBER, "退款处理中")
    assert "phone" not in str(order.keys())


async def test_the_bot_reads_orders_without_personal_data(
    visitor: Visitor, parts: Parts, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    feed = await sign_in("supervisor")
    await http.put(f"{API}/orders/{NUMBER}", json=BODY, headers=feed.auth)
    desk = Orders(parts.work, parts.orders)
    found = await desk.find("ax2025 0915 00264")
    assert found is not None
    assert found.logistics == "快递员 [手机号] 已取件"
    assert [order.no for order in await desk.of_customer(visitor.id, [])] == [NUMBER]
    assert await desk.of_customer("conv_unknown", ["13912345678"]) == []
    assert await desk.find("AX2025000000000") is None
