"""Two processes over one database and Redis: one gets the callback, the other works it."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from api.case_search import Opened
from api.wiring import build_parts
from foundation.clock import SystemClock
from foundation.database import Database
from foundation.settings import Settings
from foundation.wechat_accounts import WechatAccount
from tests.api.conftest import DictEngine, EchoBot, TwoWords, serving
from tests.foundation.test_database_events import redis_url
from tests.wechat_platform.api import FakePlatform
from tests.wechat_platform.api import serving as platform_serving

__all__ = ["redis_url"]


@pytest.mark.redis
async def test_an_answer_made_elsewhere_is_the_passive_reply_here(
    settings: Settings, sqlite: Database, request: pytest.FixtureRequest
) -> None:
    platform = FakePlatform()
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(platform_serving(platform))
        shared = settings.model_copy(
            update={
                "database_url": str(sqlite.url),
                "events_url": request.getfixturevalue("redis_url"),
                "wechat_api_url": base,
                "wechat_accounts": [WechatAccount.model_validate(platform.accounts[0].settings())],
                "wechat_passive_wait_s": 25.0,
                "run_worker_in_api": False,
            }
        )
        near, far = (
            build_parts(
                shared,
                clock=SystemClock(),
                bot=EchoBot(),
                assessor=TwoWords(),
                open_engine=lambda: Opened(DictEngine()),
            )
            for _ in range(2)
        )
        for parts in (near, far):
            await parts.start()
            stack.push_async_callback(parts.stop)
        await near.wechat.inbox.stop()
        address = await stack.enter_async_context(serving(near))
        platform.connect(f"http://{address}", answer_s=60.0)
        told = await platform.says("o1", "你好")
        again = await platform.says("o1", "在吗")
    assert told.reply == "【智能客服】您说的是：你好"
    assert again.reply == "【智能客服】您说的是：在吗"
    assert platform.calls.get("send", 0) == 0
