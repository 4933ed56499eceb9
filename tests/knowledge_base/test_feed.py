"""News for the search index: complete, in order, and safe under concurrent writers."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from foundation.clock import FixedClock
from foundation.database import Database
from knowledge_base.feed import CaseFeed
from knowledge_base.reading import read_case
from knowledge_base.service import CaseLibrary


async def add(database: Database, library: CaseLibrary, **fields: Any) -> None:
    async with database.transaction() as session:
        await library.insert(session, read_case({"title": "题", **fields}), "周培", "create")


async def poll(database: Database, feed: CaseFeed) -> tuple[list[str], list[str]]:
    async with database.reading() as session:
        update = await feed.poll(session)
    feed.applied(update)
    return sorted(case.id for case in update.upserted), sorted(update.removed)


async def test_first_everything_then_only_changes(
    database: Database, library: CaseLibrary, clock: FixedClock
) -> None:
    await add(database, library, id="a")
    await add(database, library, id="b", status="draft")
    feed = CaseFeed(library)
    assert await poll(database, feed) == (["a"], [])
    assert await poll(database, feed) == ([], [])
    await add(database, library, id="c")
    async with database.transaction() as session:
        await library.retire(session, "a", "周培")
    assert await poll(database, feed) == (["c"], ["a"])
    assert await poll(database, feed) == ([], [])


async def test_news_not_applied_are_told_again(database: Database, library: CaseLibrary) -> None:
    feed = CaseFeed(library)
    await poll(database, feed)
    await add(database, library, id="a")
    async with database.reading() as session:
        await feed.poll(session)
    assert await poll(database, feed) == (["a"], [])


async def test_a_rolled_back_change_is_no_news(database: Database, library: CaseLibrary) -> None:
    feed = CaseFeed(library)
    await poll(database, feed)
    try:
        async with database.transaction() as session:
            await library.create(session, {"id": "a", "title": "题"}, "周培")
            raise RuntimeError
    except RuntimeError:
        pass
    assert await poll(database, feed) == ([], [])


async def test_a_new_day_brings_and_takes_cases(
    database: Database, library: CaseLibrary, clock: FixedClock
) -> None:
    await add(database, library, id="ends", valid_to=date(2025, 11, 5))
    await add(database, library, id="begins", valid_from=date(2025, 11, 6))
    await add(database, library, id="stays", valid_from=date(2025, 1, 1))
    feed = CaseFeed(library)
    assert await poll(database, feed) == (["ends", "stays"], [])
    clock.advance(hours=12)
    assert await poll(database, feed) == ([], [])
    clock.advance(hours=12)
    assert await poll(database, feed) == (["begins"], ["ends"])
    assert await poll(database, feed) == ([], [])


async def test_no_change_is_missed_while_several_write(
    database: Database, library: CaseLibrary
) -> None:
    feed = CaseFeed(library)
    seen: set[str] = set((await poll(database, feed))[0])

    async def write(number: int) -> None:
        async with database.transaction() as session:
            case = read_case({"id": f"c{number}", "title": "题"})
            await library.insert(session, case, "周培", "create")
            await asyncio.sleep(0.02 * (number % 3))

    writers = [asyncio.create_task(write(number)) for number in range(12)]
    while not all(writer.done() for writer in writers):
        seen |= set((await poll(database, feed))[0])
        await asyncio.sleep(0.01)
    seen |= set((await poll(database, feed))[0])
    assert seen == {f"c{number}" for number in range(12)}


async def test_changes_since_give_the_present_state_once(
    database: Database, library: CaseLibrary
) -> None:
    await add(database, library, id="a")
    async with database.transaction() as session:
        await library.update(session, "a", {"title": "新题"}, 1, "周培")
    async with database.reading() as session:
        (change,) = await library.changes_since(session, 0)
        assert change.case is not None
        assert (change.case_id, change.case.title) == ("a", "新题")
        assert await library.changes_since(session, change.revision) == []
