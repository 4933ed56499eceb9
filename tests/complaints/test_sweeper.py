"""Breaches are recorded and escalated once: two workers, kill -9, a missed night."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.ports import Call, Ports
from complaints.service import ComplaintService
from complaints.storage import Complaint, ComplaintClock, Notice, TimelineEntry
from complaints.sweeper import Sweeper
from foundation.clock import FixedClock
from foundation.database import Database
from foundation.events import InProcessEvents
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

MORNING = datetime(2025, 11, 5, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass
class Pager:
    """Remembers whom it called about what."""

    calls: list[tuple[str, str]] = field(default_factory=list)

    async def page(self, session: AsyncSession, calls: Sequence[Call]) -> None:
        self.calls += [(call.complaint.no, call.kind) for call in calls]


@dataclass
class Shop:
    """A service with a pager and a sweeper over one database."""

    work: UnitOfWork
    clock: FixedClock
    settings: Settings
    pager: Pager = field(default_factory=Pager)

    def __post_init__(self) -> None:
        self.service = ComplaintService(self.settings, self.clock, Ports(escalations=self.pager))

    def sweeper(self, batch: int = 7) -> Sweeper:
        return Sweeper(self.settings, self.clock, self.work, self.service, batch=batch)

    async def opens(self, count: int) -> None:
        for _ in range(0, count, 50):
            async with self.work.begin() as session:
                for n in range(min(50, count)):
                    await self.service.open(session, channel="web", summary=f"第{n}件")

    async def breaches(self) -> Counter[int]:
        query = select(TimelineEntry.detail).where(TimelineEntry.act == "clock_breached")
        async with self.work.reading() as session:
            return Counter(d["clock_id"] for d in (await session.execute(query)).scalars())


@pytest.fixture
def shop(work: UnitOfWork, clock: FixedClock, settings: Settings) -> Shop:
    return Shop(work, clock, settings)


async def test_a_clock_warns_then_breaches_once_and_escalates_once(shop: Shop) -> None:
    await shop.opens(1)
    async with shop.work.begin() as session:
        await session.execute(update(Complaint).values(assigned_to="staff_1"))
    for minutes in (44, 2, 20, 300):
        shop.clock.advance(minutes=minutes)
        await shop.sweeper().sweep()
        await shop.sweeper().sweep()
    async with shop.work.reading() as session:
        acts = list((await session.execute(select(TimelineEntry.act))).scalars())
        [complaint] = (await session.execute(select(Complaint))).scalars()
        kinds = list((await session.execute(select(Notice.kind))).scalars())
    assert acts == ["received", "clock_warned", "clock_breached"]
    assert shop.pager.calls == [(complaint.no, "first_response")]
    assert kinds == ["warned", "breached"]
    assert (complaint.overdue, complaint.escalated, complaint.version) == (True, True, 1)


async def test_two_workers_at_once_record_each_breach_once(shop: Shop) -> None:
    await shop.opens(40)
    shop.clock.advance(days=4)
    await asyncio.gather(shop.sweeper(5).sweep(), shop.sweeper(3).sweep())
    await shop.sweeper().sweep()
    counted = await shop.breaches()
    async with shop.work.reading() as session:
        late = select(func.count()).where(ComplaintClock.state == "breached")
        assert (await session.execute(late)).scalar_one() == len(counted) == 120
    assert set(counted.values()) == {1}


async def test_meeting_a_clock_too_late_records_its_breach_too(shop: Shop) -> None:
    from complaints.model import Actor

    await shop.opens(1)
    shop.clock.advance(hours=3)
    actor = Actor("staff_1", "小李", "agent")
    async with shop.work.begin() as session:
        await shop.service.handling.register(session, "TS20251105-0001", actor, 1, present=True)
    assert set((await shop.breaches()).values()) == {1}
    assert [kind for _, kind in shop.pager.calls] == ["first_response"]
    await shop.sweeper().sweep()
    assert len(shop.pager.calls) == 1


async def test_a_clock_that_jumps_back_undoes_nothing(shop: Shop) -> None:
    await shop.opens(3)
    shop.clock.advance(hours=2)
    await shop.sweeper().sweep()
    shop.clock.advance(hours=-2)
    await shop.sweeper().sweep()
    shop.clock.advance(hours=2)
    await shop.sweeper().sweep()
    assert set((await shop.breaches()).values()) == {1}


async def test_complaints_from_before_there_were_clocks_get_theirs(shop: Shop) -> None:
    await shop.opens(2)
    async with shop.work.begin() as session:
        await session.execute(ComplaintClock.__table__.delete())
        await session.execute(update(Complaint).values(clocks_since=None, next_due_at=None))
    assert await shop.sweeper().adopt() == 2
    assert await shop.sweeper().adopt() == 0
    async with shop.work.reading() as session:
        found = (await session.execute(select(Complaint))).scalars()
        assert all(complaint.next_due_at for complaint in found)


COUNT = 300
KILLED = 3


@asynccontextmanager
async def opened_shop(url: str, folder: Path) -> AsyncIterator[Shop]:
    database = Database(url)
    settings = Settings(_env_file=None, data_dir=folder)
    yield Shop(UnitOfWork(database, InProcessEvents()), FixedClock(MORNING), settings)
    await database.close()


async def test_killed_in_the_middle_of_a_sweep_it_loses_and_doubles_nothing(
    database: Database, tmp_path: Path
) -> None:
    url = database.url.render_as_string(hide_password=False)
    async with opened_shop(url, tmp_path) as shop:
        await shop.opens(COUNT)
        async with shop.work.begin() as session:
            await session.execute(update(Complaint).values(assigned_to="staff_1"))
    for _ in range(KILLED):
        worker = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "tests.complaints.sweeping", url, str(tmp_path)],
            stdout=subprocess.PIPE,
        )
        assert worker.stdout is not None
        worker.stdout.readline()
        worker.stdout.readline()
        await asyncio.sleep(0.03)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    async with opened_shop(url, tmp_path) as shop:
        halfway = len(await shop.breaches())
        shop.clock.advance(days=4)
        await shop.sweeper(50).sweep()
        counted = await shop.breaches()
        async with shop.work.reading() as session:
            told = (await session.execute(select(Notice.complaint_no, Notice.text))).all()
            late = (await session.execute(select(ComplaintClock.escalated_at))).scalars().all()
    assert 0 < halfway < COUNT * 3
    assert len(counted) == COUNT * 3
    assert set(counted.values()) == {1}
    assert set(Counter(map(tuple, told)).values()) == {1}, "nobody is told twice"
    assert len(told) == COUNT * 3
    assert None not in late
