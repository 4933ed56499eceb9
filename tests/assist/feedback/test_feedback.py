"""Feedback is kept without personal data and shows on the cases, on each backend."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from assist.drafts.model import WarningKind
from assist.feedback.model import Act, FeedbackCounts, FeedbackKind, query_hash
from assist.feedback.service import FeedbackService
from assist.feedback.storage import Feedback
from foundation.clock import FixedClock
from foundation.database import Database
from foundation.errors import NotFound
from knowledge_base.reading import read_case
from knowledge_base.service import CaseLibrary


async def give(
    database: Database, service: FeedbackService, *kinds: FeedbackKind, query: str = "不排水"
) -> None:
    async with database.transaction() as session:
        for kind in kinds:
            await service.record(session, "a", Act("s1", kind, 1, query))


@pytest.fixture
async def service(database: Database, clock: FixedClock) -> FeedbackService:
    library = CaseLibrary(clock)
    async with database.transaction() as session:
        await library.insert(session, read_case({"id": "a", "title": "题"}), "周培", "create")
    return FeedbackService(library, clock)


async def test_use_and_thumbs_show_on_the_case(
    database: Database, service: FeedbackService, clock: FixedClock
) -> None:
    await give(database, service, *FeedbackKind, FeedbackKind.UP)
    async with database.reading() as session:
        case = (await CaseLibrary(clock).get(session, "a")).case
        assert case.times_used == 2
        assert case.success_rate == pytest.approx(2 / 3)
        assert await service.counts(session) == {"a": FeedbackCounts(1, 1, 1, 2, 1)}


async def test_counts_can_begin_at_a_moment(
    database: Database, service: FeedbackService, clock: FixedClock
) -> None:
    await give(database, service, FeedbackKind.DISMISSED)
    clock.advance(days=40)
    await give(database, service, FeedbackKind.USED)
    async with database.reading() as session:
        recent = await service.counts(session, clock.now() - timedelta(days=30))
    assert recent == {"a": FeedbackCounts(used=1)}


async def test_the_query_is_kept_masked(database: Database, service: FeedbackService) -> None:
    await give(database, service, FeedbackKind.UP, query="我叫张伟13800001234，\x00洗衣機不轉")
    async with database.reading() as session:
        (kept,) = (await session.execute(select(Feedback))).scalars()
    assert kept.query == "我叫[姓名][手机号]，洗衣機不轉"
    assert kept.query_hash == query_hash("我叫[姓名][手机号]，洗衣机不转")


async def test_an_unknown_case_is_refused(database: Database, service: FeedbackService) -> None:
    with pytest.raises(NotFound):
        async with database.transaction() as session:
            await service.record(session, "x", Act("s", FeedbackKind.UP, 1, ""))


async def test_a_warning_counts_for_its_kind_and_for_no_case(
    database: Database, service: FeedbackService
) -> None:
    async with database.transaction() as session:
        for kind in (FeedbackKind.USED, FeedbackKind.DISMISSED, FeedbackKind.DISMISSED):
            act = Act("s1", kind, 1, "打13800001234找他")
            await service.record_warning(session, WarningKind.PERSONAL_DATA, act)
    async with database.reading() as session:
        assert await service.counts(session) == {}
        counts = await service.warning_counts(session)
        assert counts == {WarningKind.PERSONAL_DATA: FeedbackCounts(used=1, dismissed=2)}
        kept = (await session.execute(select(Feedback))).scalars().first()
    assert kept is not None
    assert "13800001234" not in kept.query
