"""Loading the shipped library: idempotent, and never over what the users did."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from foundation.clock import FixedClock
from foundation.database import Database
from knowledge_base.seeding import SafetyAdvice, SeedReport, load_seed
from knowledge_base.service import CaseLibrary
from knowledge_base.storage import phrases


def write(folder: Path, name: str, *entries: dict[str, Any]) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(e, ensure_ascii=False)}\n" for e in entries), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "seed"
    write(folder, "cases/a.jsonl", {"id": "c1", "title": "旧题"}, {"id": "c2", "title": "题"})
    write(folder, "answers/a.jsonl", {"id": "a1", "kind": "answer", "title": "答"})
    phrase = {"id": "p1", "scene": "等待", "need": "resolution", "stage": "waiting"}
    write(folder, "empathy.jsonl", {**phrase, "text": "等了{days}，换谁都急。"})
    return folder


async def test_loading_twice_changes_nothing(
    session: AsyncSession, clock: FixedClock, folder: Path
) -> None:
    assert await load_seed(session, clock, folder) == SeedReport(added=4)
    assert await load_seed(session, clock, folder) == SeedReport()
    stored = await CaseLibrary(clock).get(session, "c1")
    assert (stored.version, stored.updated_by) == (1, "seed")


async def test_a_new_text_in_the_seed_is_taken_over(
    session: AsyncSession, clock: FixedClock, folder: Path
) -> None:
    await load_seed(session, clock, folder)
    write(folder, "cases/a.jsonl", {"id": "c1", "title": "新题"}, {"id": "c2", "title": "题"})
    phrase = {"id": "p1", "scene": "等待", "need": "resolution", "stage": "waiting"}
    write(folder, "empathy.jsonl", {**phrase, "text": "足足等了{days}。"})
    assert await load_seed(session, clock, folder) == SeedReport(updated=2)
    stored = await CaseLibrary(clock).get(session, "c1")
    assert (stored.case.title, stored.version) == ("新题", 2)
    assert (await phrases(session, {}))[0].text == "足足等了{days}。"
    assert await load_seed(session, clock, folder) == SeedReport()


async def test_what_the_users_did_stays(
    session: AsyncSession, clock: FixedClock, folder: Path
) -> None:
    library = CaseLibrary(clock)
    await load_seed(session, clock, folder)
    await library.update(session, "c1", {"title": "我们自己的题"}, 1, "周培")
    await library.retire(session, "c2", "周培")
    write(folder, "cases/a.jsonl", {"id": "c1", "title": "新题"}, {"id": "c2", "title": "新"})
    assert await load_seed(session, clock, folder) == SeedReport(kept=2)
    assert (await library.get(session, "c1")).case.title == "我们自己的题"
    assert (await library.get(session, "c2")).case.status == "retired"


async def test_use_does_not_count_as_an_edit(
    session: AsyncSession, clock: FixedClock, folder: Path
) -> None:
    library = CaseLibrary(clock)
    await load_seed(session, clock, folder)
    await library.record_use(session, "c1", used=True)
    write(folder, "cases/a.jsonl", {"id": "c1", "title": "新题"}, {"id": "c2", "title": "题"})
    assert await load_seed(session, clock, folder) == SeedReport(updated=1)
    assert (await library.get(session, "c1")).case.times_used == 1


async def test_processes_that_start_together_load_once(
    database: Database, clock: FixedClock, folder: Path
) -> None:
    async def load() -> SeedReport:
        async with database.transaction() as session:
            return await load_seed(session, clock, folder)

    reports = await asyncio.gather(load(), load(), load())
    assert sorted(report.added for report in reports) == [0, 0, 4]


def test_advice_must_be_complete() -> None:
    with pytest.raises(ValueError, match="carbon_monoxide"):
        SafetyAdvice([])
