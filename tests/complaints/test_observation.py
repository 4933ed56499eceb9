"""Thirty days after a customer's word: what happens is noted once, a bad turn is told once."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.journeys.lives import Lives
from complaints.compensation.judging import Judge
from complaints.compensation.lifecycle import Lifecycle
from complaints.compensation.service import CompensationService
from complaints.model import Actor
from complaints.observation.model import Kind, Turn
from complaints.observation.storage import ObservationAlert, noted_in
from complaints.storage import Complaint, Notice, TimelineEntry
from foundation.clock import FixedClock
from foundation.errors import NotFound
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from tests.complaints.test_sweeper import Shop

PHONE = "13800001234"
SUPERVISOR = Actor("staff_9", "王主管", "supervisor")


class Watched(Shop):
    """A shop with one confirmed complaint of one customer."""

    first: Complaint

    async def opens_one(self, told: str = "received", **facts: Any) -> Complaint:
        money = CompensationService(
            self.clock,
            Lifecycle(self.clock, self.service.approval),
            Judge(self.settings, self.clock),
        )
        async with self.work.begin() as session:
            found = await self.service.open(
                session, channel="web", summary="冰箱不制冷", phone=PHONE, **facts
            )
            await Lives(self.service, money).lead(session, found, told)
        return found

    async def hears(self, turn: Turn) -> int:
        async with self.work.begin() as session:
            return await self.service.observation.happened(session, None, PHONE, turn)

    def turn(self, ref: str, *, bad: bool = False, **later: int) -> Turn:
        at = self.clock.now() + timedelta(**later)
        return Turn(Kind.CONTACT, ref, at, "客户又来联系", bad)

    async def acts(self) -> list[str]:
        query = select(TimelineEntry.act).where(TimelineEntry.complaint_no == self.first.no)
        async with self.work.reading() as session:
            found = (await session.execute(query.order_by(TimelineEntry.id))).scalars()
            return [act for act in found if act.startswith("observ")]

    async def noted(self) -> dict[str, int]:
        async with self.work.reading() as session:
            return await noted_in(session, self.first)


@pytest.fixture
async def shop(work: UnitOfWork, clock: FixedClock, settings: Settings) -> Watched:
    found = Watched(work, clock, settings)
    found.first = await found.opens_one("confirmed")
    found.pager.calls.clear()
    return found


async def test_a_turn_is_noted_once_however_often_it_is_heard_of(shop: Watched) -> None:
    told = [await shop.hears(shop.turn("m1")) for _ in range(3)]
    assert told == [1, 0, 0]
    assert await shop.hears(shop.turn("m2")) == 1
    assert await shop.acts() == ["observed", "observed"]
    assert await shop.noted() == {"contact": 2}
    assert shop.pager.calls == []


async def test_two_processes_note_a_turn_once_and_alert_once(shop: Watched) -> None:
    turn = shop.turn("m1", bad=True)
    told = await asyncio.gather(*(shop.hears(turn) for _ in range(4)))
    assert sorted(told) == [0, 0, 0, 1]
    assert await shop.acts() == ["observed", "observation_alert"]
    assert shop.pager.calls == [(shop.first.no, "observation")]


async def test_a_bad_turn_is_told_to_the_holder_and_to_supervisors_once(shop: Watched) -> None:
    second = await shop.opens_one()
    await shop.opens_one()
    await shop.hears(shop.turn("m1", bad=True))
    assert await shop.noted() == {"complaint": 2, "contact": 1}
    assert shop.pager.calls == [(shop.first.no, "observation")]
    async with shop.work.reading() as session:
        query = select(Notice).where(Notice.complaint_no == shop.first.no)
        [notice] = (await session.execute(query)).scalars()
        [alert] = (await session.execute(select(ObservationAlert))).scalars()
    assert (notice.kind, notice.staff_id) == ("observation", "journey")
    assert second.no in notice.text
    assert (alert.kind, alert.seen_at) == ("complaint", None)


async def test_the_first_who_sees_to_an_alert_is_kept(shop: Watched) -> None:
    async with shop.work.begin() as session:
        with pytest.raises(NotFound):
            await shop.service.observation.see(session, shop.first, SUPERVISOR)
    await shop.hears(shop.turn("m1", bad=True))
    for actor in (SUPERVISOR, Actor("staff_8", "张主管", "supervisor")):
        async with shop.work.begin() as session:
            await shop.service.observation.see(session, shop.first, actor)
    async with shop.work.reading() as session:
        [alert] = (await session.execute(select(ObservationAlert))).scalars()
    assert alert.seen_by == "王主管"
    assert (await shop.acts())[-1] == "observation_alert_seen"


async def test_a_purchase_counts_from_the_day_of_the_window(shop: Watched) -> None:
    today = date(2025, 11, 5)
    for no, day in (("AX1", today - timedelta(days=1)), ("AX2", today), ("AX2", today)):
        async with shop.work.begin() as session:
            await shop.service.observation.bought(session, f"+86 {PHONE}", no, "空调", day)
    assert await shop.noted() == {"purchase": 1}
    assert shop.pager.calls == []


@pytest.mark.parametrize(("score", "alarms"), [(5, 0), (3, 1), (1, 1)])
async def test_a_low_rating_is_a_bad_turn(shop: Watched, score: int, alarms: int) -> None:
    async with shop.work.begin() as session:
        await shop.service.customers.rate(
            session, shop.first.no, PHONE, score=score, satisfied=score > 3
        )
    assert await shop.noted() == {"rating": 1}
    assert len(shop.pager.calls) == alarms


async def test_the_end_of_the_window_is_recorded_and_nothing_is_noted_after(shop: Watched) -> None:
    shop.clock.advance(days=29, hours=23)
    assert await shop.hears(shop.turn("m1")) == 1
    shop.clock.advance(hours=2)
    assert await shop.hears(shop.turn("m2")) == 0
    await shop.sweeper().sweep()
    await shop.sweeper().sweep()
    assert await shop.acts() == ["observed", "observation_ended"]


async def test_what_was_before_the_window_or_is_of_others_is_not_noted(shop: Watched) -> None:
    assert await shop.hears(shop.turn("m1", minutes=-1)) == 0
    async with shop.work.begin() as session:
        turn = shop.turn("m2")
        assert await shop.service.observation.happened(session, "cust_9", "139", turn) == 0
        assert await shop.service.observation.happened(session, None, "", turn) == 0


async def test_a_new_life_has_a_window_and_an_alert_of_its_own(shop: Watched) -> None:
    await shop.hears(shop.turn("m1", bad=True))
    async with shop.work.begin() as session:
        await shop.service.handling.reopen(
            session, shop.first.no, SUPERVISOR, None, reason="又坏了"
        )
    assert await shop.hears(shop.turn("m2", bad=True)) == 0
    assert len(shop.pager.calls) == 1
