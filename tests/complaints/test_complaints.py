"""Opening and finding complaints on each backend."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.assessment import likely_priority
from complaints.model import Priority, complaint_number, normal_number
from complaints.service import ComplaintService
from complaints.storage import timeline
from foundation.clock import FixedClock
from foundation.errors import InvalidInput, NotFound
from foundation.settings import Settings
from foundation.transactions import UnitOfWork


@dataclass(frozen=True)
class Report:
    """An emergency as conversations tell it."""

    conversation_id: str = "conv_1"
    customer_id: str = "cust_1"
    channel: str = "web"
    category: str = "gas_leak"
    summary: str = "厨房漏气了"


@pytest.fixture
def service(settings: Settings, clock: FixedClock) -> ComplaintService:
    return ComplaintService(settings, clock)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("TS20251105-0042", "TS20251105-0042"),
        ("ts2025 1105 42", "TS20251105-0042"),
        ("ＴＳ20251105-42", None),
        ("TS20251105—0042号", "TS20251105-0042"),
        ("TS2025110512345", "TS20251105-12345"),
        ("WX20251105-0042", None),
        ("42", None),
    ],
)
def test_numbers_are_read_however_they_are_typed(typed: str, number: str | None) -> None:
    assert normal_number(typed) == number


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 999_999))
def test_a_number_reads_back_as_itself(day: date, n: int) -> None:
    number = complaint_number(day, n)
    assert normal_number(number.lower().replace("-", " ")) == number


async def test_numbers_are_unique_when_many_open_at_once(
    work: UnitOfWork, service: ComplaintService
) -> None:
    async def one(n: int) -> str:
        async with work.begin() as session:
            return (await service.open(session, channel="web", summary=f"第{n}件")).no

    numbers = await asyncio.gather(*(one(n) for n in range(12)))
    assert sorted(numbers) == [f"TS20251105-{n:04d}" for n in range(1, 13)]


async def test_an_emergency_opens_one_complaint_and_later_reports_join_it(
    work: UnitOfWork, service: ComplaintService
) -> None:
    async with work.begin() as session:
        first = await service.open_emergency(session, Report())
    async with work.begin() as session:
        again = await service.open_emergency(session, Report(category="fire_smoke", summary="冒烟"))
        other = await service.open_emergency(session, Report(conversation_id="conv_2"))
    assert first == again
    assert other != first
    async with work.reading() as session:
        complaint = await service.find(session, first)
        acts = await timeline(session, first)
    assert (complaint.priority, complaint.hazard, complaint.state) == (
        "urgent", "gas_leak", "received",
    )  # fmt: skip
    assert [(a.act, a.reason) for a in acts] == [("received", ""), ("emergency_again", "冒烟")]
    assert acts[1].detail == {"hazard": "fire_smoke"}


async def test_the_day_of_a_number_is_the_organisations(
    work: UnitOfWork, service: ComplaintService, clock: FixedClock
) -> None:
    clock.advance(hours=15)
    async with work.begin() as session:
        complaint = await service.open(session, channel="web", summary="夜里")
    assert re.fullmatch("TS20251106-0001", complaint.no)


async def test_complaints_are_found_by_number_phone_and_customer(
    work: UnitOfWork, service: ComplaintService, clock: FixedClock
) -> None:
    async with work.begin() as session:
        first = await service.open(
            session,
            channel="web",
            summary="修了三次",
            phone=" 13800001234 ",
            customer_id="cust_1",
            facts={"订单": "AX2024110500123"},
        )
        clock.advance(minutes=1)
        second = await service.open(session, channel="web", summary="又坏", phone="13800001234")
    async with work.reading() as session:
        assert (await service.find(session, first.no.lower().replace("-", " "))).no == first.no
        by_phone = await service.by_phone(session, "13800001234")
        assert [c.no for c in by_phone] == [second.no, first.no]
        assert await service.by_phone(session, " ") == []
        assert [c.no for c in await service.of_customer(session, "cust_1", "conv_9")] == [first.no]
        [entry] = await timeline(session, first.no)
        assert entry.detail == {"订单": "AX2024110500123"}
        with pytest.raises(NotFound):
            await service.find(session, "TS20251105-9999")


async def test_a_complaint_needs_what_happened_and_a_known_category(
    work: UnitOfWork, service: ComplaintService
) -> None:
    async with work.begin() as session:
        with pytest.raises(InvalidInput):
            await service.open(session, channel="web", summary="  ")
        with pytest.raises(InvalidInput):
            await service.open(session, channel="web", summary="坏了", category="weather")


async def test_a_timeline_entry_cannot_be_changed_or_removed(
    work: UnitOfWork, service: ComplaintService
) -> None:
    async with work.begin() as session:
        complaint = await service.open(session, channel="web", summary="坏了")
    for change in ("edit", "delete"):
        with pytest.raises(TypeError, match="immutable"):
            async with work.begin() as session:
                [entry] = await timeline(session, complaint.no)
                if change == "edit":
                    entry.reason = "没坏"
                else:
                    await session.delete(entry)
                await session.flush()


@pytest.mark.parametrize(
    ("summary", "priority"),
    [
        ("师傅打孔把墙里的水管打穿了", Priority.IMPORTANT),
        ("空调滴水把楼下吊顶泡了", Priority.IMPORTANT),
        ("同一个毛病修了三次还是不制冷", Priority.IMPORTANT),
        ("报修两个星期还没人来", Priority.IMPORTANT),
        ("家里有老人，冬天没有热水", Priority.IMPORTANT),
        ("师傅说话很冲，爱答不理", Priority.GENERAL),
        ("冰箱送来少了一个抽屉", Priority.GENERAL),
    ],
)
def test_what_weighs_more_is_important(summary: str, priority: Priority) -> None:
    assert likely_priority(summary) is priority


def test_what_is_sensitive_is_important() -> None:
    assert likely_priority("没人回电话", sensitive=True) is Priority.IMPORTANT
