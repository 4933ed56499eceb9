"""Killed in mid-conversation: nothing is lost and nothing is said twice."""

from __future__ import annotations

import sqlite3
import time

import pytest

from tests.system.conftest import Running
from tests.system.customer import Customer

pytestmark = [pytest.mark.rasa, pytest.mark.journey]

QUESTIONS = ["空调保修几年", "洗衣机清洗多少钱", "发票怎么开", "几点下班", "冰箱多久除一次霜"]


def answers(running: Running, customer: Customer) -> dict[str, list[int]]:
    """Parts of the answer to each customer message, by message id, as the database has them."""
    with sqlite3.connect(running.data_dir / "frontline.db") as database:
        asked = database.execute(
            "SELECT id FROM messages WHERE conversation_id = ? AND sender = 'customer'",
            (customer.id,),
        ).fetchall()
        said = database.execute(
            "SELECT in_reply_to, part FROM messages WHERE conversation_id = ? AND sender = 'bot'"
            " AND in_reply_to IS NOT NULL ORDER BY seq",
            (customer.id,),
        ).fetchall()
    found: dict[str, list[int]] = {key: [] for (key,) in asked}
    for key, part in said:
        found[key].append(part)
    return found


def test_the_api_is_killed_while_messages_are_worked(running: Running) -> None:
    customers = [Customer(running.base) for _ in range(3)]
    for question in QUESTIONS:
        for customer in customers:
            customer.say(question)
        if question == QUESTIONS[1]:
            running.kill("api")
        if question == QUESTIONS[3]:
            running.kill("api")
    running.wait_ready("database", "triage", "search_index")
    deadline = time.monotonic() + 45
    for customer in customers:
        while not all(answers(running, customer).values()) and customer.state() == "bot":
            assert time.monotonic() < deadline, [m["text"] for m in customer.messages()]
            time.sleep(0.2)
    time.sleep(2)
    for customer in customers:
        messages = customer.messages()
        assert [m["text"] for m in messages if m["sender"] == "customer"] == QUESTIONS
        assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
        for parts in answers(running, customer).values():
            assert parts == list(range(1, len(parts) + 1))


def test_rasa_is_killed_and_the_customer_is_answered_within_the_budget(running: Running) -> None:
    customer = Customer(running.base)
    first = customer.say("空调保修几年")
    customer.wait_for_answer(first["seq"])
    running.kill("rasa")
    began = time.monotonic()
    message = customer.say("洗衣机保修几年")
    answer = customer.wait_for_answer(message["seq"], seconds=6)
    assert time.monotonic() - began < 4
    assert answer["text"].strip()
    deadline = time.monotonic() + 5
    while customer.state() != "queued" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert customer.state() == "queued"
    running.wait_ready()
    later = Customer(running.base)
    message = later.say("空调保修几年")
    assert later.wait_for_answer(message["seq"])["sender"] == "bot"
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        assert later.state() == "bot"
        time.sleep(0.5)


def test_rasa_keeps_its_memory_over_a_kill(running: Running) -> None:
    customer = Customer(running.base)
    message = customer.say("我要报修，冰箱不制冷")
    customer.wait_for_answer(message["seq"])
    running.kill("rasa")
    running.wait_ready(seconds=90)
    time.sleep(1)
    message = customer.say("13800001234")
    answer = customer.wait_for_answer(message["seq"])
    assert answer["sender"] == "bot"
    assert "没" not in answer["text"][:4]
