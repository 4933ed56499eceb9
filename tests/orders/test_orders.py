"""Orders as told, kept and found again, on each backend."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from foundation.clock import FixedClock
from foundation.database import Database
from foundation.errors import InvalidInput, NotFound
from orders.model import OrderFacts, normal_number, normal_phone
from orders.service import OrderService

NUMBER = "AX2025091500264"
FACTS = OrderFacts(
    phone="+86 138-0000-1234",
    product="滚筒洗衣机",
    bought_on=date(2025, 10, 22),
    state="已退货",
    refund=" 退款处理中 ",
)


@pytest.fixture
def service(clock: FixedClock) -> OrderService:
    return OrderService(clock)


async def test_an_order_is_found_by_number_and_telephone_typed_in_any_way(
    database: Database, service: OrderService, clock: FixedClock
) -> None:
    async with database.transaction() as session:
        assert not await service.is_known(session, NUMBER)
        await service.put(session, "ax 2025-0915-00264", FACTS)
        assert await service.is_known(session, NUMBER)
    async with database.reading() as session:
        order = await service.find(session, "ax2025091500264")
        assert (order.order_no, order.phone, order.refund) == (NUMBER, "13800001234", "退款处理中")
        assert (order.bought_on, order.updated_at) == (date(2025, 10, 22), clock.now())
        for typed in ("138 0000 1234", "8613800001234"):
            assert [o.order_no for o in await service.by_phone(session, typed)] == [NUMBER]
        assert not await service.by_phone(session, "", "没有")


async def test_telling_again_replaces_everything_said_before(
    database: Database, service: OrderService, clock: FixedClock
) -> None:
    for facts in (FACTS, OrderFacts(refund="已到账")):
        async with database.transaction() as session:
            order = await service.put(session, NUMBER, facts)
        clock.advance(hours=1)
    async with database.reading() as session:
        order = await service.find(session, NUMBER)
    assert (order.refund, order.state, order.phone, order.bought_on) == ("已到账", "", "", None)


async def test_telling_at_once_keeps_one(database: Database, service: OrderService) -> None:
    async def put(state: str) -> None:
        async with database.transaction() as session:
            await service.put(session, NUMBER, OrderFacts(phone="13800001234", state=state))

    await asyncio.gather(*(put(f"第{n}次") for n in range(6)))
    async with database.reading() as session:
        assert len(await service.by_phone(session, "13800001234")) == 1


async def test_the_last_bought_comes_first(database: Database, service: OrderService) -> None:
    days = {"AX20250001": date(2025, 3, 1), "AX20250002": None, "AX20250003": date(2025, 11, 1)}
    async with database.transaction() as session:
        for number, day in days.items():
            await service.put(session, number, OrderFacts(phone="13800001234", bought_on=day))
    async with database.reading() as session:
        found = [o.order_no for o in await service.by_phone(session, "13800001234", "13900000000")]
    assert found == ["AX20250003", "AX20250001", "AX20250002"]


async def test_what_is_no_order_is_refused(database: Database, service: OrderService) -> None:
    async with database.transaction() as session:
        for number in ("TS20251105-0042", "AX12", ""):
            with pytest.raises(InvalidInput):
                await service.put(session, number, FACTS)
        with pytest.raises(InvalidInput) as refused:
            await service.put(session, NUMBER, OrderFacts(refund="退" * 501))
        for typed in (NUMBER, "随便", ""):
            with pytest.raises(NotFound):
                await service.find(session, typed)
    assert refused.value.detail == {"field": "refund", "limit": 500}


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("ax2024110500123", "AX2024110500123"),
        ("AX 2024 1105 00123", "AX2024110500123"),
        ("AX", None),
        ("AXW-1080", None),
        ("2024110500123", None),
    ],
)
def test_numbers_are_read_however_they_are_typed(typed: str, number: str | None) -> None:
    assert normal_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("+86 138-0000-1234", "13800001234"),
        ("008613800001234", "13800001234"),
        ("028-8512 3456", "02885123456"),
        ("", ""),
    ],
)
def test_telephones_are_compared_by_their_digits(typed: str, digits: str) -> None:
    assert normal_phone(typed) == digits
