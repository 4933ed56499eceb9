"""Wrong input at the front door: a clear error in the one shape, no 5xx, nothing lost."""

from __future__ import annotations

import httpx
import pytest

from tests.system.conftest import Running
from tests.system.customer import Customer

pytestmark = [pytest.mark.rasa, pytest.mark.journey]


def test_a_long_message_gets_a_sensible_answer(running: Running) -> None:
    customer = Customer(running.base)
    message = customer.say("冰箱不制冷了怎么办" * 11_000)
    assert len(message["text"]) == 4000
    assert customer.wait_for_answer(message["seq"])["text"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff\xfe", b'{"text": 3}', b'{"text": "\\u0000"}']
)
def test_broken_bodies_are_refused_in_one_shape(running: Running, body: bytes) -> None:
    customer = Customer(running.base)
    answer = customer.client.post(
        f"/conversations/{customer.id}/messages",
        content=body, headers={"Content-Type": "application/json"},
    )  # fmt: skip
    assert 400 <= answer.status_code < 500
    assert {"code", "message", "detail"} <= answer.json().keys()
    message = customer.say("还在吗")
    assert message["seq"] > 1


def test_somebody_elses_token_opens_nothing(running: Running) -> None:
    mine, other = Customer(running.base), Customer(running.base)
    answer = mine.client.get(f"/conversations/{other.id}/messages")
    assert answer.status_code in (401, 403, 404)
    assert httpx.get(f"{running.base}/api/v1/conversations/{mine.id}/messages").status_code == 401
