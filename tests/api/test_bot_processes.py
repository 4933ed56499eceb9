"""Several Rasa servers: one conversation, one server, in order; the next one when it is down."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.case_search import Opened
from api.rasa_bot import RasaBot, ranked
from api.up import rasa_programs, supervisor_config
from api.wiring import Parts, build_parts
from conversations.storage import messages_after
from foundation.clock import FixedClock
from foundation.database import Database
from foundation.errors import Unavailable
from foundation.settings import Settings
from tests.api.conftest import DictEngine, TwoWords
from tests.api.fake_rasa import FakeRasa, Turn, echo

URLS = [f"http://127.0.0.1:{5005 + n}" for n in range(4)]


class Group(list[FakeRasa]):
    """Servers over one store, each known by its address."""

    def at(self, url: str) -> FakeRasa:
        return next(one for one in self if one.url == url)

    @property
    def urls(self) -> list[str]:
        return [one.url for one in self]

    def holder(self, sender: str) -> FakeRasa:
        return self.at(ranked(sender, self.urls)[0])


@pytest.fixture
async def three() -> AsyncIterator[Group]:
    shared: dict[str, list[dict[str, Any]]] = {}
    group = Group(FakeRasa(events=shared) for _ in range(3))
    for one in group:
        await one.start()
    yield group
    for one in group:
        await one.stop()


class Several(Settings):
    """Settings whose servers listen where the test found room."""

    addresses: tuple[str, ...] = ()

    @property
    def rasa_urls(self) -> list[str]:
        return list(self.addresses)


@pytest.fixture
def several(settings: Settings, three: Group) -> Settings:
    return Several(
        _env_file=None,
        data_dir=settings.data_dir,
        addresses=tuple(three.urls),
        bot_timeout_s=1.5,
        bot_breaker_open_s=0.3,
    )


@pytest.fixture
async def bot(several: Settings) -> AsyncIterator[RasaBot]:
    async with httpx.AsyncClient() as client:
        yield RasaBot(several, client)


async def say(bot: RasaBot, sender: str, text: str) -> str:
    turn = await bot.turn(sender, text, f"{sender}-{text}")
    return turn.replies[0].text


def test_conversations_spread_evenly_and_find_their_server_again() -> None:
    senders = [f"conv_{n}:1" for n in range(400)]
    first = Counter(ranked(sender, URLS)[0] for sender in senders)
    assert set(first) == set(URLS)
    assert min(first.values()) > 60
    assert all(ranked(s, URLS) == ranked(s, list(reversed(URLS))) for s in senders)
    assert ranked("conv_7:1", URLS) == ranked("conv_7:2", URLS), "a new episode stays"


def test_a_server_that_goes_moves_its_own_conversations_alone() -> None:
    for n in range(200):
        order = ranked(f"conv_{n}:1", URLS)
        left = [url for url in URLS if url != order[0]]
        assert ranked(f"conv_{n}:1", left) == order[1:]
        kept = [url for url in URLS if url != order[-1]]
        assert ranked(f"conv_{n}:1", kept)[0] == order[0]


def test_each_server_has_a_port_and_all_share_one_tracker_store(settings: Settings) -> None:
    four = settings.model_copy(update={"bot_processes": 4, "rasa_url": "http://127.0.0.1:6000/"})
    assert four.rasa_urls == [f"http://127.0.0.1:{port}" for port in range(6000, 6004)]
    programs = rasa_programs(four)
    assert [p.name for p in programs] == ["rasa", "rasa2", "rasa3", "rasa4"]
    assert [p.command[-1] for p in programs] == ["6000", "6001", "6002", "6003"]
    assert len({p.environment["FRONTLINE_TRACKER_DB"] for p in programs}) == 1
    config = supervisor_config(four, programs)
    assert all(f"[program:{p.name}]" in config for p in programs)
    assert settings.rasa_urls == ["http://127.0.0.1:5005"]


async def test_a_conversation_stays_with_its_server(bot: RasaBot, three: Group) -> None:
    for n in range(12):
        sender = f"conv_{n}:1"
        for m in range(3):
            assert await say(bot, sender, f"{n}-{m}") == f"{m + 1}. {n}-{m}"
        assert [t for t in three.holder(sender).asked if t.startswith(f"{n}-")] == [
            f"{n}-{m}" for m in range(3)
        ]
    assert all(one.asked for one in three)


async def test_a_killed_server_hands_its_conversations_on_with_their_memory(
    bot: RasaBot, three: Group
) -> None:
    sender = "conv_a:1"
    assert await say(bot, sender, "冰箱坏了") == "1. 冰箱坏了"
    holder = three.holder(sender)
    await holder.stop()
    assert await say(bot, sender, "明天上门") == "2. 明天上门"
    assert await say(bot, sender, "上午吧") == "3. 上午吧"
    successor = three.at(ranked(sender, three.urls)[1])
    assert successor.asked == ["明天上门", "上午吧"]


async def test_a_server_that_is_back_is_warmed_up_and_gets_its_conversations_again(
    bot: RasaBot, three: Group
) -> None:
    sender = "conv_a:1"
    holder = three.holder(sender)
    await holder.stop()
    await say(bot, sender, "一")
    await holder.start()
    await asyncio.sleep(0.35)
    assert await say(bot, sender, "二") == "2. 二", "another answers while it is looked at"
    async with asyncio.timeout(3):
        while holder.asked != ["你好"]:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert await say(bot, sender, "三") == "3. 三"
    assert holder.asked == ["你好", "三"]


async def test_a_server_that_is_still_down_is_no_customers_concern(
    bot: RasaBot, three: Group
) -> None:
    sender = "conv_a:1"
    await three.holder(sender).stop()
    for n in range(4):
        assert await say(bot, sender, str(n)) == f"{n + 1}. {n}"
        await asyncio.sleep(0.35)


async def test_a_failing_server_has_a_breaker_of_its_own(bot: RasaBot, three: Group) -> None:
    async def broken(turn: Turn) -> Any:
        await turn.drop(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

    sender = "conv_a:1"
    holder = three.holder(sender)
    holder.answer = broken
    for n in range(3):
        with pytest.raises(Unavailable):
            await say(bot, sender, str(n))
    assert await say(bot, sender, "三") == "1. 三"
    other = next(f"conv_{n}:1" for n in range(99) if three.holder(f"conv_{n}:1") is not holder)
    assert await say(bot, other, "在吗") == "1. 在吗"


async def test_a_server_that_was_asked_is_not_asked_again_elsewhere(
    bot: RasaBot, three: Group
) -> None:
    """Its actions may have booked something already."""

    async def die(turn: Turn) -> Any:
        await turn.drop()

    three.holder("conv_a:1").answer = die
    with pytest.raises(Unavailable):
        await say(bot, "conv_a:1", "预约明天")
    assert sum(len(one.asked) for one in three) == 1


async def test_all_servers_down_is_unavailable_at_once(bot: RasaBot, three: Group) -> None:
    for one in three:
        await one.stop()
    for _ in range(4):
        async with asyncio.timeout(1):
            with pytest.raises(Unavailable):
                await say(bot, "conv_a:1", "在吗")


async def test_readiness_counts_the_servers_that_are_missing(bot: RasaBot, three: Group) -> None:
    assert await bot.ready() is None
    await three[1].stop()
    assert await bot.ready() == "1 of 3: ConnectError"
    assert await bot.memory("conv_a:1") is not None


async def test_order_within_a_conversation_holds_under_parallel_load(
    several: Settings, three: Group, clock: FixedClock, sqlite: Database
) -> None:
    """Through the whole gateway; one server dies on the way and nothing is lost, doubled or out of
    order."""
    chance = random.Random(5)

    async def hurried(turn: Turn) -> Any:
        await asyncio.sleep(chance.random() * 0.03)
        return await echo(turn)

    for one in three:
        one.answer = hurried
    parts = build_parts(
        several.model_copy(update={"database_url": str(sqlite.url)}),
        clock=clock,
        assessor=TwoWords(),
        open_engine=lambda: Opened(DictEngine()),
    )
    await parts.start()
    conversations = [(await parts.intake.start("web")).id for _ in range(8)]

    async def customer(conversation: str) -> None:
        for n in range(5):
            await parts.intake.receive(conversation, f"{conversation} {n}", f"m{n}")
            await asyncio.sleep(chance.random() * 0.02)

    await asyncio.gather(*(customer(conversation) for conversation in conversations))
    await parts.runner.idle()
    for conversation in conversations:
        sender = f"{conversation}:1"
        assert await said_by_bot(parts, conversation) == [
            f"{n + 1}. {conversation} {n}" for n in range(5)
        ]
        asked = [text for text in three.holder(sender).asked if text.startswith(conversation)]
        assert asked == [f"{conversation} {n}" for n in range(5)]
    await three[0].stop()
    for conversation in conversations:
        await parts.intake.receive(conversation, "还在吗", "last")
    await parts.runner.idle()
    for conversation in conversations:
        assert (await said_by_bot(parts, conversation))[-1] == "6. 还在吗"
    await parts.stop()


async def said_by_bot(parts: Parts, conversation_id: str) -> list[str]:
    """What the bot said after its greeting."""
    async with parts.work.reading() as session:
        found = await messages_after(session, conversation_id, 1)
    return [message.text for message in found if message.sender == "bot"]
