"""Once each and in order, on each backend: callbacks, turns, deliveries, tokens."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from conversations.channels.wechat.envelope import Query
from conversations.channels.wechat.errors import (
    NotFromPlatform,
    PlatformRefused,
    PlatformSilent,
    PlatformUnreached,
)
from conversations.channels.wechat.inbound import Inbound
from conversations.channels.wechat.storage import AccessToken, PlatformCallback
from conversations.delivery import resend, undelivered
from conversations.model import Kind
from conversations.storage import Message, Outgoing
from foundation.clock import FixedClock
from foundation.database import Base, Database
from foundation.errors import Conflict
from foundation.events import InProcessEvents
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from tests.conftest import import_tables
from tests.conversations.wechat.conftest import (
    ACCOUNT,
    Channel,
    PlatformObject,
    build_channel,
)

BUSY = PlatformRefused(-1, "send")
DOWN = PlatformUnreached("wechat", "ConnectError")


async def test_a_callback_is_kept_once_whoever_gets_it(
    work: UnitOfWork, clock: FixedClock, settings: Settings
) -> None:
    processes = [build_channel(work, clock, settings) for _ in range(2)]
    kept = await asyncio.gather(
        *(processes[n % 2].hears("o1", "你好", 7) for n in range(12)),
        processes[0].hears("o1", "嗯", 8),
    )
    assert sum(one.fresh for one in kept) == 2
    async with work.reading() as session:
        count = await session.scalar(select(func.count()).select_from(PlatformCallback))
    assert count == 2


async def test_a_signed_query_serves_one_body(channel: Channel) -> None:
    stamp = str(int(channel.line.clock.now().timestamp()))
    query = Query("", stamp, "n1")
    first = Inbound("o1", "gh", "text", int(stamp), msg_id="1", content="好")
    forged = Inbound("o1", "gh", "text", int(stamp), msg_id="2", content="坏")
    await channel.inbox.keep("a", first, query, b"1", may_hold=False)
    again = await channel.inbox.keep("a", first, query, b"1", may_hold=False)
    assert not again.fresh
    with pytest.raises(NotFromPlatform):
        await channel.inbox.keep("a", forged, query, b"2", may_hold=False)


async def test_what_arrives_out_of_order_is_worked_in_the_customers_order(channel: Channel) -> None:
    now = int(channel.line.clock.now().timestamp())
    for number, text in ((3, "三"), (1, "一"), (2, "二")):
        await channel.hears("o1", text, number, at=now - 10 + number)
    await channel.hears("o2", "别人", 4)
    await channel.settle()
    assert [t for t in await channel.texts("customer") if t != "别人"] == ["一", "二", "三"]
    assert channel.platform.said.count("re: ") == 4


async def test_two_processes_work_one_customer_once(
    work: UnitOfWork, clock: FixedClock, settings: Settings
) -> None:
    platform = PlatformObject()
    one, two = (build_channel(work, clock, settings, platform) for _ in range(2))
    for number in range(6):
        await one.hears("o1", f"第{number}句", number + 1)
    await asyncio.gather(one.worker.idle(), two.worker.idle())
    await asyncio.gather(one.settle(), two.settle())
    assert await one.texts("customer") == [f"第{number}句" for number in range(6)]
    whole = platform.said
    places = [whole.index(f"re: 第{number}句") for number in range(6)]
    assert places == sorted(places)
    assert whole.count("re: ") == 6


async def test_one_refresher_among_many(
    work: UnitOfWork, clock: FixedClock, settings: Settings
) -> None:
    platform = PlatformObject()
    many = [build_channel(work, clock, settings, platform).tokens for _ in range(4)]
    assert set(await asyncio.gather(*(t.get(ACCOUNT) for t in many * 3))) == {"token1"}
    assert set(await asyncio.gather(*(t.get(ACCOUNT, bad="token1") for t in many))) == {"token2"}
    assert platform.fetches == 2
    clock.advance(seconds=7200 - settings.wechat_token_early_s + 1)
    early = set(await asyncio.gather(*(t.get(ACCOUNT) for t in many)))
    assert early <= {"token2", "token3"}
    assert await many[0].get(ACCOUNT) == "token3"
    assert platform.fetches == 3


async def test_a_refresher_that_died_is_replaced(channel: Channel, clock: FixedClock) -> None:
    await channel.tokens.get(ACCOUNT)
    async with channel.line.work.begin() as session:
        await session.execute(
            update(AccessToken).values(
                leased_by="dead", leased_until=clock.now() - timedelta(seconds=1),
                expires_at=clock.now(),
            )
        )  # fmt: skip
    assert await channel.tokens.get(ACCOUNT) == "token2"


async def test_a_message_in_doubt_waits_for_a_person_and_safety_does_not(
    channel: Channel, clock: FixedClock
) -> None:
    await channel.hears("o1", "你好", 1)
    await channel.worker.idle()
    await channel.line.runner.idle()
    async with channel.line.work.begin() as session:
        await session.execute(
            update(Outgoing).values(
                state="sending", leased_by="dead", leased_until=clock.now() - timedelta(seconds=1)
            )
        )
    await channel.post.sweep()
    assert [(row.state, row.reason) for row in await channel.rows()] == [("doubt", "process_died")]
    await channel.settle()
    assert channel.platform.taken == []
    async with channel.line.work.begin() as session:
        [entry] = await undelivered(session)
        await resend(session, entry.message.id, clock.now())
    await channel.settle()
    assert channel.platform.said == "【智能客服】re: 你好"
    async with channel.line.work.begin() as session:
        with pytest.raises(Conflict):
            await resend(session, entry.message.id, clock.now())
        await session.execute(update(Message).values(kind=Kind.SAFETY))
        await session.execute(
            update(Outgoing).values(
                state="sending", leased_until=clock.now() - timedelta(seconds=1)
            )
        )
    await channel.post.sweep()
    await channel.settle()
    assert channel.platform.said.count("re: 你好") == 2


async def test_too_many_failures_are_shown_and_hold_nothing_back(
    work: UnitOfWork, clock: FixedClock, settings: Settings
) -> None:
    channel = build_channel(work, clock, settings.model_copy(update={"outbox_max_attempts": 2}))
    channel.platform.faults.extend([PlatformRefused(44004, "send"), PlatformRefused(44004, "send")])
    await channel.hears("o1", "一", 1)
    await channel.settle()
    clock.advance(seconds=10)
    await channel.settle()
    assert [(r.state, r.reason) for r in await channel.rows()] == [("dead", "too_many_tries")]
    await channel.hears("o1", "二", 2)
    await channel.settle()
    assert channel.platform.said == "【智能客服】re: 二"


async def test_while_the_platform_is_down_nothing_is_given_up(
    work: UnitOfWork, clock: FixedClock, settings: Settings
) -> None:
    channel = build_channel(work, clock, settings.model_copy(update={"outbox_max_attempts": 2}))
    channel.platform.faults.extend([DOWN, BUSY, DOWN, DOWN, BUSY])
    await channel.hears("o1", "一", 1)
    for _ in range(6):
        await channel.settle()
        clock.advance(seconds=301)
    assert channel.platform.said == "【智能客服】re: 一"
    clock.advance(days=3)
    async with work.begin() as session:
        await session.execute(update(Outgoing).values(state="pending"))
    await channel.settle()
    assert [(r.state, r.reason) for r in await channel.rows()] == [("held", "window")]


Tried = Callable[[Channel, FixedClock], Awaitable[None]]


def alone(check: Tried) -> None:
    """Run `check` on a fresh SQLite database, for one example of a property."""

    async def run(folder: str) -> None:
        import_tables()
        database = Database(f"sqlite+aiosqlite:///{Path(folder) / 't.db'}")
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        from datetime import UTC, datetime

        clock = FixedClock(datetime(2025, 11, 5, 2, 30, tzinfo=UTC))
        own = Settings(_env_file=None, data_dir=Path(folder), outbox_max_attempts=100)
        await check(build_channel(UnitOfWork(database, InProcessEvents()), clock, own), clock)
        await database.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(folder))


@settings(deadline=None, max_examples=12)
@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=25))
def test_any_repetition_makes_each_message_once(arrivals: list[tuple[int, bool]]) -> None:
    async def check(channel: Channel, _clock: FixedClock) -> None:
        waiting: list[Awaitable[object]] = []
        for number, at_once in arrivals:
            waiting.append(channel.hears("o1", f"第{number}句", number))
            if not at_once:
                await asyncio.gather(*waiting)
                waiting = []
                await channel.worker.idle()
        await asyncio.gather(*waiting)
        await channel.settle()
        said = await channel.texts("customer")
        assert sorted(said) == sorted({f"第{number}句" for number, _ in arrivals})
        assert channel.platform.said.count("re: ") == len(said)

    alone(check)


FAULTS = st.sampled_from(["ok", "busy", "down", "stale", "quota"])


@settings(deadline=None, max_examples=12)
@given(st.lists(FAULTS, max_size=20), st.integers(1, 8))
def test_any_run_of_failures_delivers_each_answer_once_in_order(
    faults: list[str], count: int
) -> None:
    made = {
        "ok": None, "busy": BUSY, "down": DOWN, "stale": PlatformRefused(42001, "send"),
        "quota": PlatformRefused(45047, "send"),
    }  # fmt: skip

    async def check(channel: Channel, clock: FixedClock) -> None:
        channel.platform.faults.extend(made[fault] for fault in faults)
        for number in range(count):
            await channel.hears("o1", f"第{number}句", number + 1)
        for again in range(40):
            await channel.settle()
            if all(row.state == "sent" for row in await channel.rows()):
                break
            clock.advance(seconds=301)
            await channel.hears("o1", "嗯", 1000 + again)
        said = channel.platform.said.replace("re: 嗯", "")
        assert said.count("re: ") == count
        places = [said.index(f"re: 第{number}句") for number in range(count)]
        assert places == sorted(places)

    alone(check)


async def test_silence_is_tried_again_by_default(channel: Channel, clock: FixedClock) -> None:
    channel.platform.faults.append(PlatformSilent("wechat", "ReadTimeout"))
    await channel.hears("o1", "你好", 1)
    await channel.settle()
    assert [row.state for row in await channel.rows()] == ["pending"]
    clock.advance(seconds=2)
    await channel.settle()
    assert channel.platform.said == "【智能客服】re: 你好"
