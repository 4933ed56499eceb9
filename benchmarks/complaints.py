"""Complaints at size: one sweep of the clocks, and the pages of the list.

`python -m benchmarks.complaints [--size 1000000] [--due 500] [--url URL]`. Fills an empty database
(SQLite in a temporary folder, or the PostgreSQL that URL names) with open complaints, their clocks
and full text, and then times what the service itself does. The aims: a sweep within 1 s, the 95th
percentile of a page within 50 ms, at a million.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import insert, text

from api.schema import import_tables
from complaints import full_text
from complaints.listing import Filters, Sort, View, counts, page_of
from complaints.model import Category, Priority, State, complaint_number, sort_key
from complaints.service import ComplaintService
from complaints.storage import Complaint, ComplaintClock
from complaints.sweeper import Sweeper
from foundation.clock import FixedClock
from foundation.database import Base, Database
from foundation.events import InProcessEvents
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

NOW = datetime(2025, 11, 5, 3, 0, tzinfo=UTC)
PER_DAY = 2500
CHUNK = 5000
REPEATS = 60
CLOCKS = ("first_response", "plan", "daily_progress")
WORDS = (
    "冰箱不制冷", "洗衣机漏水", "空调滴水", "师傅态度差", "安装打孔歪了", "退款没到账", "噪音大",
    "修了三次", "配件等了半个月", "送来有划痕", "多收了上门费", "门关不严", "遥控器失灵",
)  # fmt: skip
PRODUCTS = ("冰箱", "洗衣机", "空调", "热水器", "燃气灶", "油烟机", "电视", "净水器")


def complaints(size: int) -> Iterator[dict[str, Any]]:
    """Open complaints, `PER_DAY` a day up to today, in all states that are open."""
    chance = random.Random(7)
    states = [s for s in State if s not in (State.ARCHIVED, State.REJECTED)]
    for n in range(size):
        back, count = divmod(size - 1 - n, PER_DAY)
        day = NOW - timedelta(days=back)
        number = complaint_number(day.date(), PER_DAY - count)
        holder = chance.randrange(200)
        yield {
            "no": number,
            "key": sort_key(number),
            "channel": chance.choice(("web", "wechat", "hotline", "app")),
            "category": chance.choice(list(Category)),
            "priority": chance.choices(list(Priority), (1, 20, 79))[0],
            "state": chance.choice(states),
            "summary": "，".join(chance.sample(WORDS, 3)),
            "product": chance.choice(PRODUCTS),
            "phone": f"139{chance.randrange(10**8):08d}",
            "assigned_to": f"staff_{holder}" if holder < 180 else None,
            "assigned_name": f"客服{holder}" if holder < 180 else "",
            "overdue": chance.random() < 0.03,
            "escalated": chance.random() < 0.03,
            "waiting_for": "等客户发照片" if chance.random() < 0.05 else "",
            "next_due_at": NOW + timedelta(minutes=chance.randrange(5, 4000)),
            "next_clock": "plan",
            "next_clock_state": "running",
            "clocks_since": day,
            "created_at": day,
            "updated_at": day,
        }


def clocks(number: str, due: bool) -> Iterator[dict[str, Any]]:
    """Three running clocks; of a complaint that is `due` the first breaches now."""
    for place, kind in enumerate(CLOCKS):
        moment = (
            NOW - timedelta(minutes=1) if due and place == 0 else NOW + timedelta(days=1 + place)
        )
        yield {
            "complaint_no": number,
            "kind": kind,
            "state": "running",
            "round": 1,
            "life": 1,
            "budget_s": 3600,
            "calendar": "working",
            "started_at": NOW - timedelta(hours=2),
            "running_since": NOW - timedelta(hours=2),
            "stretches": [],
            "warn_at": moment,
            "due_at": moment,
            "next_at": moment,
            "earlier": [],
            "history": [],
        }


async def fill(database: Database, size: int, due: int) -> None:
    """Insert everything in chunks."""
    import_tables()
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    late = set(random.Random(3).sample(range(size), due))
    words = (
        "INSERT INTO complaint_search (key, words) VALUES (:key, to_tsvector('simple', :words))"
        if not database.is_sqlite
        else "INSERT INTO complaint_search (rowid, words) VALUES (:key, :words)"
    )
    rows: list[dict[str, Any]] = []
    for n, row in enumerate(complaints(size)):
        rows.append({**row, "due": n in late})
        if len(rows) == CHUNK or n == size - 1:
            async with database.transaction() as session:
                own = [{k: v for k, v in r.items() if k != "due"} for r in rows]
                await session.execute(insert(Complaint), own)
                await session.execute(
                    insert(ComplaintClock), [c for r in rows for c in clocks(r["no"], r["due"])]
                )
                found = [
                    {"key": r["key"], "words": _words(r)}
                    for r in rows
                ]  # fmt: skip
                await session.execute(text(words), found)
            rows.clear()
    async with database.engine.begin() as connection:
        await connection.execute(text("ANALYZE"))


def _words(row: dict[str, Any]) -> str:
    return " ".join(full_text.words(f"{row['no']} {row['product']} {row['summary']}"))


PAGES: dict[str, Filters] = {
    "open, newest": Filters(),
    "open, due first": Filters(sort=Sort.DUE),
    "mine": Filters(view=View.MINE),
    "unassigned": Filters(view=View.UNASSIGNED),
    "overdue, due first": Filters(view=View.OVERDUE, sort=Sort.DUE),
    "overdue, newest": Filters(view=View.OVERDUE),
    "one state": Filters(states=(State.VERIFIED,)),
    "urgent": Filters(priorities=(Priority.URGENT,)),
    "category and priority": Filters(
        category=Category.DELIVERY, priorities=(Priority.IMPORTANT, Priority.URGENT)
    ),
    "full text, common": Filters(q="冰箱不制冷"),
    "full text, three words": Filters(q="洗衣机漏水 修了三次 多收了上门费"),
    "phone": Filters(q="13900000001"),
    "number": Filters(q="TS20251105-0042"),
}


async def timed(act: Callable[[], Awaitable[Any]], repeats: int) -> list[float]:
    """Milliseconds of each call, the first one apart."""
    await act()
    spent = []
    for _ in range(repeats):
        began = time.perf_counter()
        await act()
        spent.append((time.perf_counter() - began) * 1000)
    return spent


async def run(size: int, due: int, url: str, folder: Path) -> None:
    """Fill, sweep, list, and print."""
    console = Console()
    database = Database(url or f"sqlite+aiosqlite:///{folder / 'complaints.db'}")
    work = UnitOfWork(database, InProcessEvents())
    settings = Settings(_env_file=None, data_dir=folder)
    clock = FixedClock(NOW)
    began = time.perf_counter()
    await fill(database, size, due)
    console.print(
        f"{size:,} open complaints, {size * 3:,} clocks: {time.perf_counter() - began:.0f} s"
    )
    sweeper = Sweeper(settings, clock, work, ComplaintService(settings, clock))
    idle_clock = FixedClock(NOW - timedelta(hours=1))
    idle = Sweeper(settings, idle_clock, work, ComplaintService(settings, idle_clock))
    nothing = await timed(idle.sweep, 20)
    began = time.perf_counter()
    done = await sweeper.sweep()
    busy = time.perf_counter() - began
    console.print(
        f"sweep: nothing due {statistics.median(nothing):.1f} ms, {done} breaches {busy:.2f} s"
    )
    table = Table("page of 50", "p50 ms", "p95 ms", title=f"{size:,} open complaints")
    everything: list[float] = []
    for name, filters in PAGES.items():

        async def page(filters: Filters = filters) -> None:
            async with work.reading() as session:
                await page_of(session, filters, "staff_7")

        spent = await timed(page, REPEATS)
        everything += spent
        table.add_row(name, *_percentiles(spent))
    table.add_row("all pages", *_percentiles(everything))

    async def tabs() -> None:
        async with work.reading() as session:
            await counts(session, "staff_7")

    table.add_row("counts of all tabs", *_percentiles(await timed(tabs, 20)))
    console.print(table)
    await database.close()


def _percentiles(spent: list[float]) -> tuple[str, str]:
    ordered = sorted(spent)
    return f"{statistics.median(ordered):.1f}", f"{ordered[int(len(ordered) * 0.95)]:.1f}"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=500)
    parser.add_argument("--url", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(arguments.size, arguments.due, arguments.url, Path(folder)))


if __name__ == "__main__":
    main()
