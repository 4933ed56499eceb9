"""Two real Rasa servers over one tracker store: one is killed, its conversations go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.journeys.stack import free_ports
from api.rasa_bot import ranked
from tests.system.conftest import start, stop
from tests.system.customer import Customer

pytestmark = [pytest.mark.rasa, pytest.mark.journey]


def test_a_killed_server_s_form_is_filled_in_by_the_other(tmp_path: Path) -> None:
    first = free_ports(2)
    urls = [f"http://127.0.0.1:{first + n}" for n in range(2)]
    running = start(tmp_path, FRONTLINE_BOT_PROCESSES="2", FRONTLINE_RASA_URL=urls[0])
    try:
        customers = [Customer(running.base) for _ in range(4)]
        for customer in customers:
            message = customer.say("我要报修，冰箱不制冷")
            customer.wait_for_answer(message["seq"])
        holder = ranked(f"{customers[0].id}:1", urls)[0]
        running.kill("rasa" if holder == urls[0] else "rasa2")
        for customer in customers:
            message = customer.say("13800001234")
            answer = customer.wait_for_answer(message["seq"])
            assert answer["sender"] == "bot"
            assert "没" not in answer["text"][:4]
            assert customer.state() == "bot"
        running.wait_ready(seconds=120)
    finally:
        stop(running)
