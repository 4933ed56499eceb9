"""Complaints at size: one sweep of the clocks, and the pages of the list.

`python -m benchmarks.complaints [--size 1000000] [--due 500] [--url URL [--filled]]`. Fills an
empty database (SQLite in a temporary folder, or what URL names) with open complaints, their clocks
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
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.schema import import_tables
from complaints import full_text
from complaints.listing import Filters, Sort, View, board, counts, load_of, page_of
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
REPEATS = 3
COMBINATIONS = 200
OVERDUE, ESCALATED, WAITING, SENSITIVE = 0.03, 0.03, 0.05, 0.002
CLOCKS = ("first_response", "plan", "daily_progress")
WORDS = (
    "冰箱不制冷", "洗衣机漏水", "空调滴水", "师傅态度差", "安装打孔歪了", "退款没到账", "噪音大",
    "修了三次", "配件等了半个月", "送来有划痕", "多收了上门费", "门关不严", "遥控器失灵",
)  # fmt: skip
PRODUCTS = ("冰箱", "洗衣机", "空调", "热水器", "燃气灶", "油烟机", "电视", "净水器")


Row = dict[str, Any]


def complaints(size: int) -> Iterator[Row]:
    """Open complaints, `PER_DAY` a day up to today, in all states that are open."""
    chance = random.Random(7)
    states = [s.value for s in State if s not in (State.ARCHIVED, State.REJECTED)]
    categories, priorities = [c.value for c in Category], [p.value for p in Priority]
    for n in range(size):
        back, count = divmod(size - 1 - n, PER_DAY)
        day = NOW - timedelta(days=back)
        number = complaint_number(day.date(), PER_DAY - count)
        holder = chance.randrange(200)
        overdue = chance.random() < OVERDUE
        minutes = -chance.randrange(5, 4000) if overdue else chance.randrange(5, 4000)
        clock_state = "breached" if overdue else chance.choices(("running", "warned"), (9, 1))[0]
        waits = chance.random() < WAITING
        yield {
            "no": number,
            "key": sort_key(number),
            "channel": chance.choice(("web", "wechat", "hotline", "app")),
            "category": chance.choice(categories),
            "priority": chance.choices(priorities, (1, 20, 79))[0],
            "sensitive": chance.random() < SENSITIVE,
            "state": chance.choice(states),
            "summary": "，".join(chance.sample(WORDS, 3)),
            "product": chance.choice(PRODUCTS),
            "phone": f"139{chance.randrange(10**8):08d}",
            "assigned_to": f"staff_{holder}" if holder < 180 else None,
            "assigned_name": f"客服{holder}" if holder < 180 else "",
            "overdue": overdue,
            "escalated": chance.random() < ESCALATED,
            "waiting_for": "等客户发照片" if waits else "",
            "waiting": waits,
            "next_due_at": NOW + timedelta(minutes=minutes),
            "next_clock": "plan",
            "next_clock_state": clock_state,
            "clocks_since": day,
            "created_at": day,
            "updated_at": day,
        }


def clocks(row: Row, due: bool) -> Iterator[Row]:
    """Three clocks; the first is late where the row says so, and breaches now where it is `due`."""
    for place, kind in enumerate(CLOCKS):
        first = place == 0
        late = first and row["overdue"]
        moment = row["next_due_at"] if late else NOW + timedelta(days=1 + place)
        if first and due:
            moment = NOW - timedelta(minutes=1)
        yield {
            "complaint_no": row["no"],
            "kind": kind,
            "state": "breached" if late and not due else "running",
            "round": 1,
            "life": 1,
            "budget_s": 3600,
            "calendar": "working",
            "started_at": NOW - timedelta(hours=2),
            "running_since": NOW - timedelta(hours=2),
            "warn_at": moment,
            "due_at": moment,
            "next_at": None if late and not due else moment,
        }


def fill(url: str, size: int, due: int) -> None:
    """Insert everything past the services, and index it afterwards."""
    import_tables()
    engine = create_engine(url.replace("+aiosqlite", ""))
    Base.metadata.create_all(engine)
    tables = [Complaint.__table__, ComplaintClock.__table__]
    indexes = [index for table in tables for index in table.indexes]
    with engine.begin() as connection:
        for index in indexes:
            index.drop(connection)
        _pour(connection, size, set(random.Random(3).sample(range(size), due)))
        for index in indexes:
            index.create(connection)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if _on_sqlite(connection) else "VACUUM ANALYZE"))
    engine.dispose()


def _pour(connection: Connection, size: int, late: set[int]) -> None:
    numbered = enumerate(complaints(size))
    while chunk := list(islice(numbered, CHUNK)):
        rows = [row for _, row in chunk]
        _insert(connection, Complaint.__table__, rows)
        _insert(
            connection,
            ComplaintClock.__table__,
            [clock for n, row in chunk for clock in clocks(row, n in late)],
        )
        found = [{"key": row["key"], "words": _words(row)} for row in rows]
        into, value = ("rowid", ":words")
        if not _on_sqlite(connection):
            into, value = "key", "to_tsvector('simple', :words)"
        statement = f"INSERT INTO {full_text.NAME} ({into}, words) VALUES (:key, {value})"
        connection.execute(text(statement), found)


def _insert(connection: Connection, table: Any, rows: list[Row]) -> None:
    """Rows of one shape; what they leave out gets the column's default."""
    defaults = {
        column.name: "[]" if column.default.is_callable else column.default.arg
        for column in table.columns
        if column.default is not None and column.name not in rows[0]
    }
    names = [*rows[0], *defaults]
    values = [(*row.values(), *defaults.values()) for row in rows]
    driver = connection.connection.cursor()
    if _on_sqlite(connection):
        marks = ", ".join("?" * len(names))
        texts = ([_as_text(value) for value in row] for row in values)
        driver.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", texts)
        return
    with driver.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)


def _as_text(value: Any) -> Any:
    """A moment as SQLAlchemy keeps it in SQLite."""
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value


def _on_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _words(row: Row) -> str:
    return " ".join(full_text.words(f"{row['no']} {row['product']} {row['summary']}"))


Spent = tuple[float, float]
ME = "staff_7"
NARROWING: dict[str, tuple[Row, ...]] = {
    "state": ({"states": ("verified",)}, {"states": ("planned", "executing")}),
    "priority": ({"priorities": ("urgent",)}, {"priorities": ("important", "urgent")}),
    "category": ({"category": "delivery"},),
    "channel": ({"channel": "hotline"}, {"channel": "store"}),
    "sensitive": ({"sensitive": True}, {"sensitive": False}),
    "holder": ({"assigned_to": "staff_40"}, {"assigned_to": "nobody"}),
    "product": ({"product": "净水器"}, {"product": "扫地机器人"}),
    "days": (
        {"since": date(2025, 6, 1)},
        {"since": date(2025, 3, 3), "until": date(2025, 3, 3)},
    ),
}
WORDS_SOUGHT = (
    "冰箱不制冷", "洗衣机漏水 修了三次 多收了上门费", "冰", "ts2025", "修了三次 燃气灶",
    "打孔歪了 制冷", "扫地机器人", "TS20251105-0042", "13900000001",
)  # fmt: skip


def pages() -> dict[str, list[Filters]]:
    """Every tab in both orders, by itself, with each thing that narrows it, with several of them
    (drawn by chance), and with words."""
    chance = random.Random(11)
    every = [(view, sort) for view in View for sort in Sort]
    single = [
        Filters(view=view, sort=sort, **narrow)
        for view, sort in every
        for choices in NARROWING.values()
        for narrow in choices
    ]
    several = []
    for _ in range(COMBINATIONS):
        names = chance.sample(list(NARROWING), chance.randint(2, 6))
        narrow = {k: v for name in names for k, v in chance.choice(NARROWING[name]).items()}
        view, sort = chance.choice(every)
        several.append(Filters(view=view, sort=sort, **narrow))
    words = [
        Filters(view=view, sort=sort, q=q)
        for view, sort in every
        for q in WORDS_SOUGHT
    ]  # fmt: skip
    return {
        "each tab, both orders": [Filters(view=view, sort=sort) for view, sort in every],
        "a tab and one filter": single,
        "a tab and two to six filters": several,
        "a tab and words": words,
        "words and two to six filters": [
            replace(filters, q=chance.choice(WORDS_SOUGHT)) for filters in several
        ],
    }


async def timed(act: Callable[[], Awaitable[Any]], repeats: int) -> list[Spent]:
    """Milliseconds of each call, the first one apart: on the clock, and of this process's work
    (SQLite's included), which other people's load does not lengthen."""
    await act()
    spent = []
    for _ in range(repeats):
        began, worked = time.perf_counter(), time.process_time()
        await act()
        spent.append(
            (
                (time.perf_counter() - began) * 1000,
                (time.process_time() - worked) * 1000,
            )
        )
    return spent


async def run(size: int, due: int, url: str, folder: Path, *, filled: bool) -> None:
    """Fill, list, sweep, and print."""
    console = Console()
    url = url or f"sqlite+aiosqlite:///{folder / 'complaints.db'}"
    if not filled:
        began = time.perf_counter()
        await asyncio.to_thread(fill, url, size, due)
        console.print(f"{size:,} open complaints: {time.perf_counter() - began:.0f} s to fill")
    database = Database(url)
    work = UnitOfWork(database, InProcessEvents())
    table = Table(
        "page of 50", "queries", "p50 ms", "p95 ms", "CPU p50", "CPU p95", title=f"{size:,} open"
    )
    everything: list[Spent] = []
    for name, chosen in pages().items():
        spent, slowest = await _list(work, chosen)
        everything += spent
        table.add_row(name, str(len(chosen)), *_percentiles(spent))
        console.print(f"[dim]slowest: {slowest}")
    table.add_row("all pages", str(len(everything) // REPEATS), *_percentiles(everything))
    for name, act in (
        ("counts of all tabs", lambda session: counts(session, ME)),
        ("board of clocks", board),
        ("load of everybody", load_of),
    ):
        table.add_row(name, "", *_percentiles(await timed(partial(_read, work, act), 20)))
    console.print(table)
    await _sweep(console, work, folder)
    await database.close()


async def _list(work: UnitOfWork, chosen: list[Filters]) -> tuple[list[Spent], str]:
    everything: list[Spent] = []
    worst = (0.0, "")
    for filters in chosen:
        spent = await timed(
            partial(_read, work, partial(page_of, filters=filters, staff_id=ME)), REPEATS
        )
        everything += spent
        worst = max(worst, (statistics.median(cpu for _, cpu in spent), repr(filters)))
    return everything, worst[1]


async def _read(work: UnitOfWork, act: Callable[[AsyncSession], Awaitable[Any]]) -> None:
    async with work.reading() as session:
        await act(session)


async def _sweep(console: Console, work: UnitOfWork, folder: Path) -> None:
    settings = Settings(_env_file=None, data_dir=folder)
    earlier, clock = FixedClock(NOW - timedelta(hours=1)), FixedClock(NOW)
    idle = Sweeper(settings, earlier, work, ComplaintService(settings, earlier))
    sweeper = Sweeper(settings, clock, work, ComplaintService(settings, clock))
    nothing = await timed(idle.sweep, 20)
    began, worked = time.perf_counter(), time.process_time()
    done = await sweeper.sweep()
    busy, cpu = time.perf_counter() - began, time.process_time() - worked
    console.print(
        f"sweep: nothing due {statistics.median(wall for wall, _ in nothing):.1f} ms, "
        f"{done} breaches {busy:.2f} s (CPU {cpu:.2f} s)"
    )


def _percentiles(spent: list[Spent]) -> list[str]:
    shown = []
    for column in zip(*spent, strict=True):
        ordered = sorted(column)
        shown += [f"{statistics.median(ordered):.1f}", f"{ordered[int(len(ordered) * 0.95)]:.1f}"]
    return shown


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=500)
    parser.add_argument("--url", default="")
    parser.add_argument("--filled", action="store_true", help="the database of --url is filled")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            run(
                arguments.size,
                arguments.due,
                arguments.url,
                Path(folder),
                filled=arguments.filled,
            )
        )


if __name__ == "__main__":
    main()
