"""Random acts on kept complaints: whatever is tried, what is kept makes sense; and several who save
at the same time."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.errors import NotReady, Overtaken
from complaints.model import (
    CLOSED_STATES,
    Actor,
    ClockKind,
    ConfirmedBy,
    Priority,
    RejectReason,
    Responsibility,
    State,
)
from complaints.service import ComplaintService
from complaints.service.handling import MeasureIn, PlanIn
from complaints.storage import (
    Complaint,
    ComplaintClock,
    ComplaintLife,
    TimelineEntry,
    measures_of,
)
from complaints.transitions import GUARDS
from complaints.verbs import RULES
from foundation.clock import FixedClock
from foundation.database import Database
from foundation.errors import IllegalMove, InvalidInput, NotAllowed
from foundation.events import InProcessEvents
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from tests.complaints.test_sweeper import Shop

BOSS = Actor("staff_9", "王主管", "supervisor")
AGENT = Actor("staff_1", "小林", "agent")
LIVES, ACTS = 40, 30
DUE = datetime(2025, 12, 1, tzinfo=UTC)
REFUSED = (IllegalMove, NotReady, NotAllowed, InvalidInput)
Act = Callable[[ComplaintService, AsyncSession, Complaint, Actor], Awaitable[Any]]


def plan_of(actor: Actor) -> PlanIn:
    owner = actor.id or ""
    return PlanIn(("配件坏了",), "unknown", "", owner, DUE, Decimal(50), [MeasureIn("换配件")])


async def resolve(s: ComplaintService, db: AsyncSession, c: Complaint, a: Actor) -> None:
    done = [(m.id, "换好了") for m in await measures_of(db, c.no, c.life)]
    await s.handling.resolve(db, c.no, a, c.version, results=done)


ACTIONS: dict[str, Act] = {
    "register": lambda s, db, c, a: s.handling.register(db, c.no, a, c.version),
    "verify": lambda s, db, c, a: s.handling.verify(db, c.no, a, c.version),
    "assess": lambda s, db, c, a: s.handling.assess(
        db, c.no, a, c.version, responsibility=Responsibility.COMPANY, priority=Priority.IMPORTANT
    ),
    "plan": lambda s, db, c, a: s.handling.plan(db, c.no, a, c.version, plan_of(a)),
    "execute": lambda s, db, c, a: s.handling.execute(db, c.no, a, c.version),
    "resolve": resolve,
    "confirm": lambda s, db, c, a: s.handling.confirm(
        db, c.no, a, c.version, by=ConfirmedBy.CUSTOMER_WORD, words="好了"
    ),
    "archive": lambda s, db, c, a: s.handling.archive(db, c.no, a, c.version, waiver="客户不愿评"),
    "reprocess": lambda s, db, c, a: s.handling.reprocess(
        db, c.no, a, c.version, reason="又坏了", measures=[MeasureIn("换新机")]
    ),
    "reject": lambda s, db, c, a: s.handling.reject(
        db, c.no, a, c.version, reason=RejectReason.NOT_OURS, note="不是我们的"
    ),
    "restore": lambda s, db, c, a: s.handling.restore(db, c.no, a, c.version, reason="弄错了"),
    "reopen": lambda s, db, c, a: s.handling.reopen(db, c.no, a, c.version, reason="又坏了"),
    "pause": lambda s, db, c, a: s.tending.pause(db, c.no, a, c.version, reason="等照片"),
    "resume": lambda s, db, c, a: s.tending.resume(db, c.no, a, c.version),
    "prioritize": lambda s, db, c, a: s.tending.prioritize(
        db, c.no, a, c.version, priority=Priority.URGENT, sensitive=True, reason="有危险"
    ),
    "release": lambda s, db, c, a: s.people.release(db, c.no, a, c.version, note="请假"),
    "take": lambda s, db, c, a: s.people.take(db, c.no, a, c.version),
}
ONWARD = ("register", "verify", "assess", "plan", "execute", "resolve", "confirm", "archive")


def tried(chance: random.Random, state: State) -> str:
    """Mostly what leads on from here, at times what fits at all, at times anything."""
    fits = [name for name in ACTIONS if state in RULES[name].states]
    onward = [name for name in ONWARD if name in fits]
    drawn = chance.random()
    if drawn < 0.5 and onward:
        return chance.choice(onward)
    return chance.choice(fits if drawn < 0.85 and fits else list(ACTIONS))


async def looks_sound(session: AsyncSession, no: str) -> None:
    """Everything that lists and pages repeat agrees with timeline and clocks."""
    complaint = await session.get_one(Complaint, no, populate_existing=True)
    entries = list(
        await session.scalars(
            select(TimelineEntry).where(TimelineEntry.complaint_no == no).order_by(TimelineEntry.id)
        )
    )
    clocks = list(
        await session.scalars(select(ComplaintClock).where(ComplaintClock.complaint_no == no))
    )
    moves = [(entry.from_state, entry.to_state) for entry in entries if entry.to_state]
    assert [state for state, _ in moves] == ["received", *(to for _, to in moves)][: len(moves)]
    assert all((State(a), State(b)) in GUARDS for a, b in moves if a and b)
    assert complaint.state == (moves[-1][1] if moves else "received")
    assert complaint.is_open == (complaint.state not in CLOSED_STATES)
    assert complaint.waiting == bool(complaint.waiting_for)
    running = [clock for clock in clocks if clock.ended_at is None]
    assert set(Counter(clock.kind for clock in running).values()) <= {1}
    pressing = [clock for clock in running if clock.kind != ClockKind.OBSERVATION]
    if complaint.state in (*CLOSED_STATES, State.CONFIRMED):
        assert pressing == []
    assert complaint.overdue == any(clock.state == "breached" for clock in pressing)
    due = [clock.due_at for clock in pressing if clock.due_at]
    assert complaint.next_due_at == min(due, default=None)
    watched = [clock for clock in running if clock.kind == ClockKind.OBSERVATION]
    assert len(watched) <= (complaint.state in (State.CONFIRMED, State.ARCHIVED))
    breaches = [entry.detail["clock_id"] for entry in entries if entry.act == "clock_breached"]
    late = {clock.id for clock in clocks if clock.breached_at}
    assert sorted(breaches) == sorted(late), "each breach is told once"
    lives = list(
        await session.scalars(select(ComplaintLife).where(ComplaintLife.complaint_no == no))
    )
    assert len(lives) == complaint.life - 1
    versions = [entry.version for entry in entries]
    assert versions == sorted(versions)
    assert complaint.version >= versions[-1]


async def test_random_acts_keep_every_complaint_sound(sqlite: Database, settings: Settings) -> None:
    chance = random.Random(51)
    clock = FixedClock(datetime(2025, 11, 5, 2, 30, tzinfo=UTC))
    shop = Shop(UnitOfWork(sqlite, InProcessEvents()), clock, settings)
    done: Counter[str] = Counter()
    refused = 0
    for _ in range(LIVES):
        async with shop.work.begin() as session:
            complaint = await shop.service.open(
                session, channel="web", summary="冰箱不制冷", product="冰箱", phone="13800001234",
                occurred_at="昨天", no_evidence_reason="没有拍照",
            )  # fmt: skip
        for _ in range(ACTS):
            async with shop.work.reading() as session:
                state = (await session.get_one(Complaint, complaint.no)).state
            name = tried(chance, State(state))
            actor = chance.choice((BOSS, BOSS, AGENT))
            try:
                async with shop.work.begin() as session:
                    fresh = await session.get_one(Complaint, complaint.no)
                    await ACTIONS[name](shop.service, session, fresh, actor)
                done[name] += 1
            except REFUSED:
                refused += 1
            if chance.random() < 0.2:
                clock.advance(minutes=chance.choice((10, 90, 2000)))
                await shop.sweeper().sweep()
        async with shop.work.reading() as session:
            await looks_sound(session, complaint.no)
    assert set(done) == set(ACTIONS)
    assert refused > LIVES


async def test_of_several_who_save_at_once_one_wins_and_the_others_learn_of_it(
    work: UnitOfWork, clock: FixedClock, settings: Settings
) -> None:
    shop = Shop(work, clock, settings)
    await shop.opens(1)
    no = "TS20251105-0001"

    async def saves(n: int) -> Complaint:
        actor = Actor(f"staff_{n}", f"主管{n}", "supervisor")
        async with shop.work.begin() as session:
            return await shop.service.tending.edit(
                session, no, actor, 1, reason=f"改{n}", product=f"冰箱{n}"
            )

    ends = await asyncio.gather(*(saves(n) for n in range(8)), return_exceptions=True)
    [won] = [end for end in ends if isinstance(end, Complaint)]
    lost = [end for end in ends if isinstance(end, Overtaken)]
    assert len(lost) == 7
    assert {end.detail["version"] for end in lost} == {2}
    assert {change["reason"] for end in lost for change in end.detail["changed"]} == {
        f"改{won.product[-1]}"
    }
    async with shop.work.reading() as session:
        kept = await session.get_one(Complaint, no)
        acts = list(await session.scalars(select(TimelineEntry.act)))
    assert (kept.version, kept.product) == (2, won.product)
    assert acts == ["received", "edited"]


async def test_a_save_and_a_sweep_at_once_lose_nothing(
    work: UnitOfWork, clock: FixedClock, settings: Settings
) -> None:
    shop = Shop(work, clock, settings)
    await shop.opens(10)
    clock.advance(hours=30)
    numbers = [f"TS20251105-{n:04d}" for n in range(1, 11)]

    async def saves(no: str) -> None:
        async with shop.work.begin() as session:
            await shop.service.tending.edit(session, no, BOSS, None, product="冰箱")

    await asyncio.gather(shop.sweeper(3).sweep(), *map(saves, numbers), shop.sweeper(4).sweep())
    await shop.sweeper().sweep()
    async with shop.work.reading() as session:
        for no in numbers:
            await looks_sound(session, no)
    assert set((await shop.breaches()).values()) == {1}
