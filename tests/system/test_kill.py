"""Killed in mid-conversation: nothing is lost and nothing is said twice."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.system.conftest import Running
from tests.system.customer import Customer

pytestmark = [pytest.mark.rasa, pytest.mark.journey]

QUESTIONS = ["空调保修几年", "洗衣机清洗多少钱", "发票怎么开", "几点下班", "冰箱多久除一次霜"]


def answers_by_question(customer: Customer) -> dict[int, list[str]]:
    """Answers behind each customer message, by the question's sequence number."""
    found: dict[int, list[str]] = {}
    for message in customer.messages():
        if message["sender"] == "customer":
            found[message["seq"]] = []
        elif message["sender"] == "bot" and found:
            found[max(found)].append(message["text"])
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
        while True:
            messages = customer.messages()
            asked = [m for m in messages if m["sender"] == "customer"]
            said = Counter(m["text"] for m in messages if m["sender"] in ("bot", "system"))
            if len(asked) == len(QUESTIONS) and sum(said.values()) > len(QUESTIONS):
                break
            if customer.state() != "bot" and len(asked) == len(QUESTIONS):
                break
            assert time.monotonic() < deadline, [m["text"] for m in messages]
            time.sleep(0.2)
        assert [m["text"] for m in asked] == QUESTIONS
        assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
    time.sleep(3)
    for customer in customers:
        for answers in answers_by_question(customer).values():
            assert len(answers) == len(set(answers)), answers


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
