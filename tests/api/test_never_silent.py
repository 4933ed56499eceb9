"""A customer is never met with silence, whatever fails behind the gateway.

The real application against a Rasa on a real socket; each test says what is broken. The customer
must have an answer within the budget, and a human (outside office hours a call-back) besides.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select

from api.app import create_app
from api.case_search import Opened
from api.wiring import Parts, build_parts
from conversations import texts
from conversations.storage import Callback, Conversation, Message
from foundation.clock import FixedClock
from foundation.database import Database
from foundation.settings import Settings
from knowledge_base.model import Case, CaseKind
from tests.api.conftest import API, DictEngine, TwoWords, Visitor
from tests.api.fake_rasa import FakeRasa, Turn, echo
from tests.api.fake_rasa import http as as_http
from tests.api.test_uploads import PNG, upload

BUDGET_S = 1.2
MARGIN_S = 6.0
"""For a busy machine: what hangs here hangs for a minute."""
OPEN_S = 1.5
QUESTION = "空调保修几年"
ANSWER = "整机保修六年，凭发票或订单号。"


@dataclass
class House:
    """A gateway, its Rasa and a client."""

    parts: Parts
    rasa: FakeRasa
    http: httpx.AsyncClient
    engine: DictEngine

    async def visitor(self) -> Visitor:
        started = (await self.http.post(f"{API}/conversations", json={})).json()
        return Visitor(self.http, self.parts, started["conversation"]["id"], started["token"])

    async def publish_answer(self) -> None:
        """Put one answer into the library and wait until it is found."""
        case = Case(id="answer-1", title=QUESTION, kind=CaseKind.ANSWER, solution_steps=[ANSWER])
        async with self.parts.work.begin() as session:
            await self.parts.library.insert(session, case, "测试", "create")
        async with asyncio.timeout(3):
            while not self.engine.cases:
                await asyncio.sleep(0.01)

    async def kept(self, visitor: Visitor) -> tuple[Conversation, list[Message], list[Callback]]:
        """The conversation, its messages and call-backs as the database has them."""
        async with self.parts.work.reading() as session:
            conversation = await session.get_one(Conversation, visitor.id)
            messages = select(Message).where(Message.conversation_id == visitor.id)
            callbacks = select(Callback).where(Callback.conversation_id == visitor.id)
            return (
                conversation,
                list((await session.execute(messages.order_by(Message.seq))).scalars()),
                list((await session.execute(callbacks)).scalars()),
            )


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "bot_timeout_s": BUDGET_S,
            "bot_breaker_failures": 3,
            "bot_breaker_open_s": OPEN_S,
            "index_poll_s": 0.05,
            "outbox_poll_s": 0.05,
            "customer_messages_per_minute": 400,
        }
    )


@pytest.fixture
async def rasa() -> AsyncIterator[FakeRasa]:
    fake = FakeRasa()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def house(
    settings: Settings, clock: FixedClock, sqlite: Database, rasa: FakeRasa
) -> AsyncIterator[House]:
    """Everything real but the Rasa, the triage and the search engine; the library is empty."""
    engine = DictEngine()
    parts = build_parts(
        settings.model_copy(update={"database_url": str(sqlite.url), "rasa_url": rasa.url}),
        clock=clock,
        assessor=TwoWords(),
        open_engine=lambda: Opened(engine),
    )
    await parts.start()
    transport = httpx.ASGITransport(create_app(parts.settings, parts=parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://frontline") as client:
        await client.post("/actions/webhook", json={})
        yield House(parts, rasa, client, engine)
    await parts.stop()


async def ask(house: House, visitor: Visitor, text: str = QUESTION) -> list[dict[str, Any]]:
    """Send, and give what was said in answer; fails when that took longer than the budget."""
    said = {"client_message_id": f"m{visitor.sent}", "text": text}
    visitor.sent += 1
    url = f"{API}/conversations/{visitor.id}/messages"
    began = time.monotonic()
    sent = (await house.http.post(url, json=said, headers=visitor.auth)).json()["message"]
    while not (heard := await visitor.hears(after=sent["seq"])):
        assert time.monotonic() - began < BUDGET_S + MARGIN_S, "silence"
        await asyncio.sleep(0.04)
    assert time.monotonic() - began < BUDGET_S + MARGIN_S
    await house.parts.runner.idle()
    return heard


async def check_once(house: House, visitor: Visitor) -> None:
    """Every message of the customer is marked as worked and answered once, also after another
    look."""
    house.parts.runner.wake(visitor.id)
    await house.parts.runner.idle()
    _, messages, _ = await house.kept(visitor)
    for message in messages:
        if message.sender == "customer":
            assert message.processed_at is not None
            parts = [m.part for m in messages if m.in_reply_to == message.id]
            assert parts == list(range(1, len(parts) + 1))
            assert parts


async def slow(_turn: Turn) -> Any:
    await asyncio.sleep(60)


async def dripping(turn: Turn) -> Any:
    turn.writer.write(as_http(b"[]")[:-2])
    while True:
        await turn.writer.drain()
        await asyncio.sleep(0.1)


async def nothing(_turn: Turn) -> Any:
    return []


async def blank(_turn: Turn) -> Any:
    return [{"text": " \u0000\n"}, {"image": "https://cdn.example/a.png"}]


async def error_500(turn: Turn) -> Any:
    await turn.drop(as_http(b'{"status":"failure"}', "500 Internal Server Error"))


async def moved(turn: Turn) -> Any:
    await turn.drop(as_http(b"[]", "302 Found"))


async def broken_json(turn: Turn) -> Any:
    await turn.drop(as_http('[{"text": "整机'.encode()))


async def half(turn: Turn) -> Any:
    await turn.drop(as_http('[{"text": "整机保修"}]'.encode())[:-8])


async def no_http(turn: Turn) -> Any:
    await turn.drop(b"\x00\x01\x02\r\n\r\n")


async def closing(turn: Turn) -> Any:
    await turn.drop()


async def a_dict(_turn: Turn) -> Any:
    return {"status": "failure"}


async def a_list_of_words(_turn: Turn) -> Any:
    return ["整机保修六年"]


async def half_a_button(_turn: Turn) -> Any:
    return [{"text": "选一个", "buttons": [{"title": "好"}]}]


async def odd_custom(_turn: Turn) -> Any:
    return [{"custom": {"emergency": {}, "handoff": "now"}}]


FAILURES = {
    "slow": slow,
    "dripping": dripping,
    "answering_nothing": nothing,
    "answering_blanks": blank,
    "answering_500": error_500,
    "redirecting": moved,
    "answering_broken_json": broken_json,
    "dropping_half_way": half,
    "not_speaking_http": no_http,
    "hanging_up": closing,
    "answering_a_dict": a_dict,
    "answering_words": a_list_of_words,
    "answering_half_a_button": half_a_button,
    "answering_odd_custom": odd_custom,
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_rasa_that_fails_leaves_the_library_to_answer_and_a_human_to_check(
    house: House, failure: str
) -> None:
    await house.publish_answer()
    house.rasa.answer = FAILURES[failure]
    visitor = await house.visitor()
    heard = await ask(house, visitor)
    assert [m["text"] for m in heard[:2]] == [ANSWER, texts.FALLBACK_HANDOFF]
    conversation, _, _ = await house.kept(visitor)
    assert conversation.state == "queued"
    await check_once(house, visitor)


@pytest.mark.parametrize("failure", ["slow", "answering_nothing", "answering_500"])
async def test_a_rasa_that_fails_over_an_empty_library_means_an_apology_and_a_human(
    house: House, failure: str
) -> None:
    house.rasa.answer = FAILURES[failure]
    visitor = await house.visitor()
    heard = await ask(house, visitor)
    assert heard[0]["text"] == texts.APOLOGY
    assert heard[1]["text"] == texts.QUEUED_NEXT.format(minutes=6)
    conversation, _, _ = await house.kept(visitor)
    assert conversation.state == "queued"
    assert conversation.handover
    assert conversation.handover["reason"] == "bot unavailable"
    assert conversation.handover["asked"] == [QUESTION]
    await check_once(house, visitor)


async def test_rasa_down_and_the_library_empty(house: House) -> None:
    await house.rasa.stop()
    visitor = await house.visitor()
    assert (await ask(house, visitor))[0]["text"] == texts.APOLOGY
    await check_once(house, visitor)


async def test_rasa_down_and_the_library_knowing(house: House) -> None:
    await house.publish_answer()
    await house.rasa.stop()
    visitor = await house.visitor()
    assert (await ask(house, visitor))[0]["text"] == ANSWER
    await check_once(house, visitor)


async def test_rasa_down_and_a_library_that_knows_something_else(house: House) -> None:
    await house.publish_answer()
    await house.rasa.stop()
    visitor = await house.visitor()
    assert (await ask(house, visitor, "礼品卡怎么用"))[0]["text"] == texts.APOLOGY


async def test_rasa_slow_and_the_search_hanging(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any, **__: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(house.parts.search, "search", hang)
    house.rasa.answer = slow
    visitor = await house.visitor()
    assert (await ask(house, visitor))[0]["text"] == texts.APOLOGY
    await check_once(house, visitor)


async def test_rasa_down_and_the_search_broken(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("index corrupt")

    monkeypatch.setattr(house.parts.search, "search", broken)
    await house.rasa.stop()
    visitor = await house.visitor()
    assert (await ask(house, visitor))[0]["text"] == texts.APOLOGY
    await check_once(house, visitor)


async def test_rasa_dying_in_the_middle_of_a_turn(house: House) -> None:
    async def die(turn: Turn) -> Any:
        turn.rasa._server and turn.rasa._server.close()
        await turn.drop()

    house.rasa.answer = die
    visitor = await house.visitor()
    assert (await ask(house, visitor))[0]["text"] == texts.APOLOGY
    conversation, _, _ = await house.kept(visitor)
    assert conversation.state == "queued"
    await check_once(house, visitor)


async def test_a_picture_while_rasa_is_down_is_acknowledged(house: House) -> None:
    await house.rasa.stop()
    visitor = await house.visitor()
    kept = await upload(visitor, PNG)
    await visitor.says("", attachment_id=kept.json()["attachment"]["id"])
    assert texts.IMAGE_RECEIVED in [m["text"] for m in await visitor.hears(2)]
    await check_once(house, visitor)


async def test_outside_office_hours_a_call_back_is_registered_and_the_bot_goes_on_when_it_can(
    house: House, clock: FixedClock
) -> None:
    clock.set(datetime(2025, 11, 5, 23, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    await house.rasa.stop()
    visitor = await house.visitor()
    heard = await ask(house, visitor)
    assert heard[0]["text"] == texts.APOLOGY
    assert "登记了回电" in heard[1]["text"]
    heard = await ask(house, visitor, "还在吗")
    assert heard[0]["text"] == texts.APOLOGY
    conversation, _, callbacks = await house.kept(visitor)
    assert (conversation.state, len(callbacks)) == ("bot", 1)
    await house.rasa.start()
    assert (await ask(house, visitor))[0]["text"] == f"1. {QUESTION}"
    await check_once(house, visitor)


async def test_an_action_that_raises_brings_an_apology_and_a_human(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rasa says nothing where its action failed: the gateway has to notice."""

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("order system gone")

    monkeypatch.setattr(house.parts.orders, "by_phone", broken)
    house.rasa.answer = acting(house, "action_answer_order", "ask_refund_progress")
    visitor = await house.visitor()
    heard = await ask(house, visitor, "我的退款到哪了")
    assert heard[0]["text"] == texts.APOLOGY
    assert (await house.kept(visitor))[0].state == "queued"
    await check_once(house, visitor)


async def test_an_action_that_raises_because_the_library_does_means_an_apology(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("index corrupt")

    monkeypatch.setattr(house.parts.search, "search", broken)
    house.rasa.answer = acting(house, "action_answer", "ask_warranty")
    visitor = await house.visitor()
    assert (await ask(house, visitor))[0]["text"] == texts.APOLOGY
    await check_once(house, visitor)


async def test_an_action_that_hangs_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any, **__: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(house.parts.orders, "by_phone", hang)
    house.rasa.answer = acting(house, "action_answer_order", "ask_refund_progress")
    visitor = await house.visitor()
    assert (await ask(house, visitor, "我的退款到哪了"))[0]["text"] == texts.APOLOGY
    await check_once(house, visitor)


async def test_an_action_over_an_empty_library_admits_it(house: House) -> None:
    house.rasa.answer = acting(house, "action_answer", "ask_warranty")
    visitor = await house.visitor()
    assert (await ask(house, visitor))[0]["text"].strip()
    await check_once(house, visitor)


def acting(house: House, action: str, intent: str) -> Any:
    """Rasa's part of a turn with an action: an action server that fails leaves `[]`."""

    async def answer(turn: Turn) -> Any:
        message = {
            "text": turn.text,
            "intent": {"name": intent, "confidence": 0.95},
            "entities": [],
        }
        call = {
            "next_action": action,
            "sender_id": turn.sender,
            "tracker": {
                "sender_id": turn.sender,
                "slots": {},
                "latest_message": message,
                "events": [],
                "active_loop": {},
            },
            "domain": {"slots": {}},
        }
        answered = await house.http.post("/actions/webhook", json=call)
        if answered.status_code != 200:
            return []
        said = answered.json()["responses"]
        return [{**item, "text": item.get("text") or item.get("response")} for item in said]

    return answer


async def test_triage_failing_on_a_text_leaves_the_rules_and_the_bot(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_text: str) -> Any:
        raise RuntimeError("tokeniser")

    monkeypatch.setattr(house.parts.triage._assessor, "assess", broken)
    visitor = await house.visitor()
    assert (await ask(house, visitor))[0]["text"] == f"1. {QUESTION}"
    heard = await ask(house, visitor, "家里煤气泄漏了，满屋子煤气味，头晕")
    assert heard[0]["kind"] == "safety"


async def test_after_three_failures_rasa_is_left_alone_and_answers_again_when_it_is_back(
    house: House,
) -> None:
    house.rasa.answer = error_500
    for _ in range(3):
        await ask(house, await house.visitor())
    asked = len(house.rasa.asked)
    heard = await ask(house, await house.visitor())
    assert heard[0]["text"] == texts.APOLOGY
    assert len(house.rasa.asked) == asked
    await asyncio.sleep(OPEN_S + 0.05)
    assert (await ask(house, await house.visitor()))[0]["text"] == texts.APOLOGY
    assert len(house.rasa.asked) == asked + 1, "one failure is enough to leave it alone again"
    house.rasa.answer = echo
    await asyncio.sleep(OPEN_S + 0.05)
    for _ in range(3):
        visitor = await house.visitor()
        assert (await ask(house, visitor))[0]["text"] == f"1. {QUESTION}"
        assert (await house.kept(visitor))[0].state == "bot"


async def test_one_customer_alone_tries_whether_rasa_is_back(house: House) -> None:
    house.rasa.answer = error_500
    for _ in range(3):
        await ask(house, await house.visitor())
    asked = len(house.rasa.asked)
    house.rasa.answer = slow
    await asyncio.sleep(OPEN_S + 0.05)
    customers = [await house.visitor() for _ in range(4)]
    heard = await asyncio.gather(*(ask(house, customer) for customer in customers))
    assert [said[0]["text"] for said in heard] == [texts.APOLOGY] * 4
    assert len(house.rasa.asked) - asked <= 2


async def test_many_customers_at_once_before_a_slow_rasa_are_all_answered_in_time(
    house: House,
) -> None:
    await house.publish_answer()
    house.rasa.answer = slow
    customers = [await house.visitor() for _ in range(4)]
    for heard in await asyncio.gather(*(ask(house, customer) for customer in customers)):
        assert heard[0]["text"] == ANSWER
    for customer in customers:
        await check_once(house, customer)
