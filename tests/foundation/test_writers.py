"""The line of writers before SQLite."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from foundation.writers import WriterLine


async def test_one_at_a_time_in_order_and_urgent_ones_first() -> None:
    line, go = WriterLine(), asyncio.Event()
    went: list[str] = []
    inside = 0

    async def write(name: str, urgent: bool = False) -> None:
        nonlocal inside
        async with line.turn(urgent=urgent):
            inside += 1
            assert inside == 1
            await go.wait()
            went.append(name)
            inside -= 1

    tasks = [asyncio.create_task(write(name)) for name in ("a", "b", "c")]
    tasks.append(asyncio.create_task(write("u", urgent=True)))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(*tasks)
    assert went == ["a", "u", "b", "c"]


async def test_who_gives_up_waiting_blocks_nobody() -> None:
    line = WriterLine()
    done = asyncio.Event()

    async def hold() -> None:
        async with line.turn():
            await done.wait()

    async def wait() -> None:
        async with line.turn():
            pass

    holder, gone, next_one = (asyncio.create_task(it()) for it in (hold, wait, wait))
    await asyncio.sleep(0)
    gone.cancel()
    done.set()
    await asyncio.gather(holder, next_one)
    with suppress(asyncio.CancelledError):
        await gone
    late = asyncio.create_task(wait())
    late_gone = asyncio.create_task(wait())
    await asyncio.sleep(0)
    late_gone.cancel()
    await late
    await wait()
