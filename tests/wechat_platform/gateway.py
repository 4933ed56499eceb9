"""The gateway as a process of its own, with an echo for a bot: `… gateway api|worker`.

Everything between the platform and the bot is the real thing: application, database, outbox. Triage
is real where its model is built (`FRONTLINE_TRIAGE_MODEL`).
"""

from __future__ import annotations

import asyncio
import signal
import sys

import uvicorn

from api.app import create_app
from api.case_search import Opened
from api.preparing import prepare
from api.wiring import Parts, build_parts
from conversations.model import BotTurn, Reply
from foundation.logging import configure_logging
from foundation.settings import Settings
from tests.api.conftest import DictEngine, TwoWords

BOT_S = 0.03
"""About what a turn of Rasa's takes."""


class Echo:
    """Says what it heard."""

    async def turn(self, sender: str, text: str, message_id: str) -> BotTurn:
        await asyncio.sleep(BOT_S)
        return BotTurn((Reply(f"您说的是：{text}"),))

    async def memory(self, sender: str) -> dict[str, object]:
        return {}


def parts_of(settings: Settings) -> Parts:
    """The parts of one process."""
    assessor = None if settings.triage_path.is_dir() else TwoWords()
    return build_parts(
        settings, bot=Echo(), assessor=assessor, open_engine=lambda: Opened(DictEngine())
    )


async def serve(settings: Settings) -> None:
    """Run the API."""
    await prepare(settings)
    app = create_app(settings, parts=parts_of(settings))
    config = uvicorn.Config(
        app, port=settings.port, log_level="warning", access_log=False, backlog=2048
    )
    await uvicorn.Server(config).serve()


async def work(settings: Settings) -> None:
    """Run timers and deliveries."""
    await prepare(settings)
    parts = parts_of(settings)
    await parts.events.start()
    await parts.start_worker()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await parts.stop()


if __name__ == "__main__":
    own = Settings(_env_file=None)
    configure_logging("ERROR")
    uvloop = uvicorn.Config("x").get_loop_factory()
    with asyncio.Runner(loop_factory=uvloop) as runner:
        runner.run(serve(own) if sys.argv[1] == "api" else work(own))
