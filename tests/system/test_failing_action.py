"""An action that raises, with the real Rasa: it answers nothing, and the customer still hears."""

from __future__ import annotations

import asyncio
from datetime import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.journeys.stack import gateway, own_settings, rasa, ready
from api.wiring import Parts, build_parts
from foundation.settings import Settings
from tests.system.customer import Customer

pytestmark = [pytest.mark.rasa, pytest.mark.journey]


def test_a_failing_action_ends_in_an_answer_and_a_human(tmp_path: Path) -> None:
    settings = own_settings(Settings(), tmp_path).model_copy(
        update={"office_opens": time.min, "office_closes": time.max}
    )
    parts = build_parts(settings)

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("order system gone")

    parts.orders.find = broken  # type: ignore[method-assign]
    parts.orders.by_phone = broken  # type: ignore[method-assign]
    asyncio.run(play(settings, parts))


async def play(settings: Settings, parts: Parts) -> None:
    base = f"http://127.0.0.1:{settings.port}"
    async with rasa(settings), gateway(settings, parts), httpx.AsyncClient(base_url=base) as client:
        await ready(client)
        said, state = await asyncio.to_thread(ask, base)
    assert said.strip()
    assert state == "queued"


def ask(base: str) -> tuple[str, str]:
    customer = Customer(base)
    message = customer.say("订单 AX20251101001 的退款到哪了")
    answer = customer.wait_for_answer(message["seq"], seconds=4)
    return answer["text"], customer.state()
