"""Whatever narrows a list, its pages hold what fits, each once, in order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, text

from complaints import full_text
from complaints.listing import Filters, Sort, View, counts, holders, load_of, page_of, pages
from complaints.model import Category, Priority, State, complaint_number, number_days, sort_key
from complaints.storage import Complaint, ComplaintWatcher
from foundation.errors import InvalidInput
from foundation.transactions import UnitOfWork

NOW = datetime(2025, 11, 5, 3, 0, tzinfo=UTC)
ME = "staff_1"
SIZE = 150
SAID = ("冰箱不制冷", "洗衣机漏水", "空调滴水 KFR35", "师傅态度差")
CLOSED = (State.ARCHIVED, State.REJECTED)


def drawn(chance: random.Random) -> list[Complaint]:
    """Complaints of ten days in every state."""
    found = []
    for n in range(SIZE):
        day = NOW - timedelta(days=n % 10)
        no = complaint_number(day.date(), n // 10 + 1)
        state = chance.choice(list(State))
        is_open = state not in CLOSED
        overdue = is_open and chance.random() < 0.2
        found.append(
            Complaint(
                no=no, key=sort_key(no), version=1, round=1, life=1, state=state, is_open=is_open,
                channel=chance.choice(("web", "store")), category=chance.choice(list(Category)),
                priority=chance.choice(list(Priority)), sensitive=chance.random() < 0.1,
                summary=chance.choice(SAID), product=chance.choice(("冰箱", "空调")),
                phone=chance.choice(("13800000001", "13800000002")), customer_name="", place="",
                assigned_to=chance.choice((None, ME, "staff_2")), assigned_name="小李",
                waiting_for=chance.choice(("", "", "发票")), escalated=chance.random() < 0.1,
                overdue=overdue, next_clock_state="breached" if overdue else "running",
                next_due_at=NOW + timedelta(minutes=chance.randrange(50)) if is_open else None,
                model="", order_no="", created_at=day, updated_at=day,
            )
        )  # fmt: skip
    return found


async def kept(work: UnitOfWork, found: Sequence[Complaint]) -> None:
    async with work.begin() as session:
        session.add_all(found)
        await session.flush()
        for complaint in found:
            await full_text.index(session, complaint)
        watched = [
            {"complaint_no": c.no, "staff_id": ME, "display_name": "小李"} for c in found[::7]
        ]
        await session.execute(insert(ComplaintWatcher), watched)
    async with work.database.engine.begin() as connection:
        await connection.execute(text("ANALYZE"))


def fits(c: Complaint, filters: Filters, watched: set[str]) -> bool:
    """What a list promises, said plainly."""
    view = {
        View.OPEN: c.is_open,
        View.MINE: c.is_open and c.assigned_to == ME,
        View.WATCHING: c.no in watched,
        View.UNASSIGNED: c.is_open and c.assigned_to is None,
        View.OVERDUE: c.overdue,
        View.WAITING: c.is_open and bool(c.waiting_for),
        View.ESCALATED: c.is_open and c.escalated,
        View.CLOSED: not c.is_open,
        View.ALL: True,
    }[filters.view]
    day = datetime.strptime(c.no[2:10], "%Y%m%d").date()
    said = f"{c.no} {c.product} {c.summary}".lower()
    return (
        view
        and (not filters.states or c.state in filters.states)
        and (not filters.priorities or c.priority in filters.priorities)
        and filters.category in ("", c.category)
        and filters.channel in ("", c.channel)
        and filters.assigned_to in ("", c.assigned_to)
        and filters.product in ("", c.product)
        and filters.sensitive in (None, c.sensitive)
        and (filters.since is None or day >= filters.since)
        and (filters.until is None or day <= filters.until)
        and (filters.sort is Sort.NEWEST or c.next_due_at is not None)
        and all(word in said for word in filters.q.lower().split())
    )


def some(chance: random.Random) -> Filters:
    choices = {
        "states": (("verified",), ("planned", "archived")),
        "priorities": (("urgent",), ("general", "important")),
        "category": tuple(Category),
        "channel": ("web", "store", "app"),
        "sensitive": (True, False),
        "assigned_to": (ME, "staff_9"),
        "product": ("冰箱", "电视"),
        "since": (date(2025, 11, 1),),
        "until": (date(2025, 11, 3),),
        "q": ("不制冷", "洗衣机漏水", "滴水 kfr", "态", "TS202511", "ts20251102"),
    }
    names = chance.sample(list(choices), chance.randint(0, 3))
    narrow = {name: chance.choice(choices[name]) for name in names}
    view, sort = chance.choice(list(View)), chance.choice(list(Sort))
    return Filters(view=view, sort=sort, limit=chance.choice((5, 20)), **narrow)


async def everything(work: UnitOfWork, filters: Filters) -> list[str]:
    found: list[str] = []
    for _ in range(2 * SIZE):
        async with work.reading() as session:
            page = await page_of(session, filters, ME)
        assert len(page.items) <= filters.limit
        found += [complaint.no for complaint in page.items]
        if page.next_cursor is None:
            return found
        filters = replace(filters, cursor=page.next_cursor)
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize(("few", "stretches"), [(pages.FEW, pages.STRETCHES), (15, (10, 20, 40))])
async def test_every_combination_of_filters_gives_what_fits_once_and_in_order(
    work: UnitOfWork, monkeypatch: pytest.MonkeyPatch, few: int, stretches: tuple[int, ...]
) -> None:
    chance = random.Random(5)
    found = drawn(chance)
    await kept(work, found)
    watched = {complaint.no for complaint in found[::7]}
    monkeypatch.setattr(pages, "STRETCHES", stretches)
    monkeypatch.setattr(pages, "FEW", few)
    for _ in range(60):
        filters = some(chance)
        if few < SIZE and (filters.view is View.WATCHING or filters.q) and filters.sort is Sort.DUE:
            continue
        wanted = [c for c in found if fits(c, filters, watched)]
        by_due = filters.sort is Sort.DUE
        wanted.sort(key=lambda c: (c.next_due_at, c.key) if by_due else (-c.key,))
        if few < len(watched) and filters.view is View.WATCHING:
            continue
        assert await everything(work, filters) == [c.no for c in wanted], filters


async def test_counts_and_loads_agree_with_the_lists(work: UnitOfWork) -> None:
    found = drawn(random.Random(6))
    await kept(work, found)
    watched = {complaint.no for complaint in found[::7]}
    async with work.reading() as session:
        counted = await counts(session, ME)
        loads = await load_of(session)
        held = await holders(session)
    for view, n in counted.items():
        assert n == sum(fits(c, Filters(view=View(view)), watched) for c in found), view
    mine = [c for c in found if c.assigned_to == ME and c.is_open]
    assert loads[ME] == len(mine)
    [own] = [holder for holder in held if holder["id"] == ME]
    assert own["overdue"] == sum(c.overdue for c in mine)
    assert own["display_name"] == "小李"


@pytest.mark.parametrize("cursor", ["x", "~", "~99999999999999999999", "~-"])
async def test_a_cursor_of_no_page_is_refused(work: UnitOfWork, cursor: str) -> None:
    async with work.reading() as session:
        with pytest.raises(InvalidInput):
            await page_of(session, Filters(cursor=cursor), ME)


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("TS2025", (date(2025, 1, 1), date(2025, 12, 31))),
        ("ts 2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("TS20251105-", (date(2025, 11, 5), date(2025, 11, 5))),
        ("TS202513", None),
        ("ts", None),
        ("2025", None),
    ],
)
def test_the_beginning_of_a_number_means_days(typed: str, span: tuple[date, date] | None) -> None:
    assert number_days(typed) == span
