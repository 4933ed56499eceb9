"""Writing cases: versions, conflicts, moves, undo, lists and usage, on each backend."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from foundation.clock import FixedClock
from foundation.database import Database
from foundation.errors import Conflict, IllegalMove, InvalidInput, NotFound
from knowledge_base.model import MOVES, CaseStatus, check_move
from knowledge_base.reading import read_case
from knowledge_base.service import CaseLibrary


async def publish(library: CaseLibrary, session: AsyncSession, case_id: str) -> None:
    await library.submit(session, case_id, "周培")
    await library.publish(session, case_id, "周培")


async def test_a_new_case_is_a_draft_and_version_one(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    stored = await library.create(session, fields, "周培")
    assert stored.version == 1
    assert stored.case.status is CaseStatus.DRAFT
    assert (await library.get(session, "case-test-1")).case == stored.case


async def test_a_case_without_id_gets_one(library: CaseLibrary, session: AsyncSession) -> None:
    stored = await library.create(session, {"title": "遥控器没反应"}, "周培")
    assert stored.case.id.startswith("case_")


async def test_an_id_is_given_once(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    await library.create(session, fields, "周培")
    with pytest.raises(Conflict):
        await library.create(session, fields, "李训")


async def test_unknown_fields_and_faults_are_named(
    library: CaseLibrary, session: AsyncSession
) -> None:
    with pytest.raises(InvalidInput, match="不认识的字段：titel"):
        await library.create(session, {"titel": "写错了"}, "周培")
    with pytest.raises(InvalidInput) as caught:
        await library.create(
            session, {"title": " ", "category": "anger", "valid_from": "昨天"}, "周培"
        )
    reasons = caught.value.detail["reasons"]
    assert "缺少标题(title)" in reasons
    assert any("类别(category)“anger”不认识，可用：product_quality、" in r for r in reasons)
    assert any("不是日期" in reason for reason in reasons)


async def test_each_change_is_a_version_with_its_difference(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any], clock: FixedClock
) -> None:
    await library.create(session, fields, "周培")
    clock.advance(hours=1)
    changed = await library.update(
        session, "case-test-1", {"solution_steps": ["检查运输螺栓", "换减震垫"]}, 1, "李训"
    )
    assert changed.version == 2
    assert changed.updated_by == "李训"
    assert changed.updated_at == clock.now()
    newest, first = await library.versions(session, "case-test-1")
    assert (newest.number, newest.author, newest.act) == (2, "李训", "update")
    (change,) = newest.changes
    assert (change.field, change.removed, change.added) == (
        "solution_steps", ["调平底脚"], ["换减震垫"],
    )  # fmt: skip
    assert first.act == "create"
    assert await library.compare(session, "case-test-1", 1, 2) == [change]


async def test_a_change_that_changes_nothing_makes_no_version(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    await library.create(session, fields, "周培")
    same = await library.update(session, "case-test-1", {"title": fields["title"]}, 1, "李训")
    assert same.version == 1


async def test_a_late_editor_is_shown_what_changed(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    await library.create(session, fields, "周培")
    await library.update(session, "case-test-1", {"title": "洗衣机甩干乱跑"}, 1, "李训")
    with pytest.raises(Conflict) as caught:
        await library.update(session, "case-test-1", {"title": "洗衣机移位"}, 1, "周培")
    assert caught.value.detail["version"] == 2
    assert caught.value.detail["changed_by"] == "李训"
    assert caught.value.detail["changes"] == [
        {"field": "title", "before": "洗衣机脱水时走位撞墙", "after": "洗衣机甩干乱跑"}
    ]


@pytest.mark.parametrize("change", [{"status": "published"}, {"times_used": 9}, {"id": "other"}])
async def test_status_usage_and_id_are_not_edited(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any], change: dict[str, Any]
) -> None:
    await library.create(session, fields, "周培")
    with pytest.raises(InvalidInput):
        await library.update(session, "case-test-1", change, 1, "周培")


async def test_personal_data_never_reaches_the_tables(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    fields["customer_statement"] = ["我叫张伟，电话13800001234"]
    stored = await library.create(session, fields, "周培")
    assert stored.case.customer_statement == ["我叫[姓名]，电话[手机号]"]
    assert list(stored.masked) == ["customer_statement"]
    (version,) = await library.versions(session, "case-test-1")
    assert "13800001234" not in str(version.snapshot)
    page = await library.browse(session, words="13800001234")
    assert page.total == 0


@pytest.mark.parametrize("state", CaseStatus)
@pytest.mark.parametrize("target", CaseStatus)
def test_every_pair_of_states_is_a_move_or_an_error(state: CaseStatus, target: CaseStatus) -> None:
    if target in MOVES[state]:
        check_move(state, target)
    else:
        with pytest.raises(IllegalMove) as caught:
            check_move(state, target)
        assert caught.value.detail["allowed"] == sorted(MOVES[state])


async def test_a_case_goes_from_draft_to_published_and_out_again(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    await library.create(session, fields, "周培")
    with pytest.raises(IllegalMove):
        await library.publish(session, "case-test-1", "周培")
    await publish(library, session, "case-test-1")
    assert [case.id for case in await library.published(session)] == ["case-test-1"]
    await library.retire(session, "case-test-1", "周培")
    assert await library.published(session) == []
    acts = [version.act for version in await library.versions(session, "case-test-1")]
    assert acts == ["retire", "publish", "submit", "create"]


async def test_restore_brings_content_back_and_leaves_the_status(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    await library.create(session, fields, "周培")
    await publish(library, session, "case-test-1")
    await library.update(session, "case-test-1", {"title": "改坏了"}, 3, "李训")
    restored = await library.restore(session, "case-test-1", 1, "周培")
    assert restored.case.title == "洗衣机脱水时走位撞墙"
    assert restored.case.status is CaseStatus.PUBLISHED
    assert restored.version == 5
    with pytest.raises(NotFound):
        await library.restore(session, "case-test-1", 99, "周培")


async def test_lists_are_filtered_searched_and_paged(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    for number in range(5):
        product = "洗衣机" if number % 2 else "冰箱"
        title = f"第{number}条 100%_满意"
        await library.create(
            session, {**fields, "id": f"c{number}", "product": product, "title": title}, "周培"
        )
    page = await library.browse(session, product="冰箱", status="draft", page_size=2)
    assert (page.total, len(page.items)) == (3, 2)
    rest = await library.browse(session, product="冰箱", page=2, page_size=2)
    assert {c.case.id for c in page.items + rest.items} == {"c0", "c2", "c4"}
    assert (await library.browse(session, words="撞墙 第3条")).total == 1
    assert (await library.browse(session, words="100%_满")).total == 5
    assert (await library.browse(session, words="100_%")).total == 0
    assert (await library.browse(session, status="published")).total == 0


async def test_use_is_counted_without_a_version(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    await library.create(session, fields, "周培")
    for helped in (True, True, False, None):
        await library.record_use(session, "case-test-1", used=True, helped=helped)
    stored = await library.get(session, "case-test-1")
    assert stored.case.times_used == 4
    assert stored.case.success_rate == pytest.approx(2 / 3)
    assert stored.version == 1


async def test_imported_success_counts_as_experience(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any]
) -> None:
    case = read_case({**fields, "times_used": 9, "success_rate": 1.0})
    await library.insert(session, case, "周培", "import")
    await library.record_use(session, case.id, helped=False)
    assert (await library.get(session, case.id)).case.success_rate == pytest.approx(0.9)


async def test_only_todays_published_cases_may_be_shown(
    library: CaseLibrary, session: AsyncSession, fields: dict[str, Any], clock: FixedClock
) -> None:
    await library.create(session, {**fields, "valid_to": date(2025, 11, 5)}, "周培")
    await publish(library, session, "case-test-1")
    assert list(await library.cases(session, ["case-test-1", "unknown"])) == ["case-test-1"]
    clock.advance(days=1)
    assert await library.cases(session, ["case-test-1"]) == {}
    assert await library.published(session) == []


async def test_two_editors_at_once_leave_one_winner(
    database: Database, library: CaseLibrary, fields: dict[str, Any]
) -> None:
    async with database.transaction() as session:
        await library.create(session, fields, "周培")

    async def edit(title: str) -> str:
        async with database.transaction() as session:
            await library.update(session, "case-test-1", {"title": title}, 1, title)
        return title

    results = await asyncio.gather(edit("甲说的"), edit("乙说的"), return_exceptions=True)
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    async with database.reading() as session:
        assert len(await library.versions(session, "case-test-1")) == 2
