from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest

from foundation.clock import FixedClock
from foundation.database import Base, Database
from foundation.errors import IllegalMove, InvalidInput, NotFound
from repairs.model import MOVES, RepairRequest, State, Visit, move, normal_number
from repairs.service import RepairService

SATURDAY = Visit(date(2025, 11, 8), 8, 12)
REQUEST = RepairRequest("空调", "不制冷", SATURDAY, "科华北路62号1104", "13800001234")


@pytest.fixture
def service() -> RepairService:
    return RepairService(FixedClock(datetime(2025, 11, 5, 4, 0, tzinfo=UTC)))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    async with opened.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield opened
    await opened.close()


async def test_numbers_are_unique_even_when_booked_at_once(
    database: Database, service: RepairService
) -> None:
    async def book() -> str:
        async with database.transaction() as session:
            return (await service.book(session, REQUEST)).no

    numbers = await asyncio.gather(*(book() for _ in range(8)))
    assert sorted(numbers) == [f"WX20251105-{n:04d}" for n in range(1, 9)]


async def test_a_booking_is_found_moved_and_cancelled(
    database: Database, service: RepairService
) -> None:
    async with database.transaction() as session:
        number = (await service.book(session, REQUEST)).no
    async with database.transaction() as session:
        moved = await service.reschedule(session, "wx 20251105 1", Visit(date(2025, 11, 9), 14, 16))
        assert moved.state == State.RESCHEDULED
    async with database.reading() as session:
        assert (await service.find(session, number)).visit == Visit(date(2025, 11, 9), 14, 16)
        assert [b.no for b in await service.by_phone(session, " 13800001234 ")] == [number]
    async with database.transaction() as session:
        await service.cancel(session, number, "自己好了")
    async with database.transaction() as session:
        with pytest.raises(IllegalMove):
            await service.reschedule(session, number, SATURDAY)


@pytest.mark.parametrize(
    "visit",
    [
        Visit(date(2025, 11, 4), 8, 12),
        Visit(date(2026, 3, 1), 8, 12),
        Visit(date(2025, 11, 8), 7, 9),
        Visit(date(2025, 11, 8), 19, 21),
        Visit(date(2025, 11, 8), 12, 12),
    ],
)
async def test_impossible_visits_are_refused(
    database: Database, service: RepairService, visit: Visit
) -> None:
    request = RepairRequest("空调", "不制冷", visit, "红星路1号", "13800001234")
    async with database.transaction() as session:
        with pytest.raises(InvalidInput):
            await service.book(session, request)


async def test_an_unknown_number_is_not_found(database: Database, service: RepairService) -> None:
    async with database.reading() as session:
        for typed in ("WX20251105-0042", "随便", ""):
            with pytest.raises(NotFound):
                await service.find(session, typed)


@pytest.mark.parametrize("target", list(State))
@pytest.mark.parametrize("state", list(State))
def test_every_pair_of_states(state: State, target: State) -> None:
    if target in MOVES[state]:
        assert move(state, target) is target
    else:
        with pytest.raises(IllegalMove):
            move(state, target)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("wx20251105-0042", "WX20251105-0042"),
        ("WX 2025 1105 42", "WX20251105-0042"),
        ("WX20251105—42", "WX20251105-0042"),
        ("TS20251105-0042", None),
        ("", None),
    ],
)
def test_numbers_are_read_however_they_are_typed(typed: str, number: str | None) -> None:
    assert normal_number(typed) == number
