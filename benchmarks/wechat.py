"""Callbacks of WeChat at a steady rate, with repetitions, and processes killed on request.

`python -m benchmarks.wechat [--rate 200] [--seconds 60] [--kill] [--passive] [--database URL]`.
The platform of `tests/wechat_platform` calls a real gateway process over loopback; its bot is an
echo of 30 ms. A twentieth of the acknowledged callbacks is sent a second time; what is not answered
in 5 s is repeated like the platform does. Afterwards every message is looked for in the database
and every answer on the customers' phones. The load runs on the same cores as the gateway, so the
figures are the machine's worst side; on a busy machine they are only indicative.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.wechat_platform.calling import Told
from tests.wechat_platform.stand import Found, Stand, examine, standing

PER_CUSTOMER_S = 4.0
REPEATED = 0.05
P99_S, WORST_S = 0.300, 5.0
DRAIN_S = 900.0


async def load(
    stand: Stand, rate: float, seconds: float
) -> tuple[dict[str, list[str]], list[Told]]:
    """Send at `rate` a second; what each customer got acknowledged, in order, and how it went."""
    caller = stand.platform.caller
    assert caller is not None
    caller.repeat_anyway = REPEATED
    customers = [f"o{number}" for number in range(max(1, int(rate * PER_CUSTOMER_S)))]
    sent: dict[str, list[str]] = {openid: [] for openid in customers}
    all_told: list[Told] = []
    busy: set[asyncio.Task[None]] = set()

    async def one(openid: str, text: str) -> None:
        sent[openid].append(text)
        told = await stand.platform.says(openid, text)
        all_told.append(told)
        if not told.taken:
            sent[openid].remove(text)

    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        wait = began + number / rate - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        openid = customers[number % len(customers)]
        task = asyncio.create_task(one(openid, f"第{number}号消息{random.randrange(10**6)}"))
        busy.add(task)
        task.add_done_callback(busy.discard)
    while busy:
        await asyncio.gather(*list(busy))
    return sent, all_told


async def kills(stand: Stand, seconds: float, apart: bool) -> None:
    """Kill the gateway after a third and the worker after two thirds."""
    await asyncio.sleep(seconds / 3)
    stand.kill("api")
    await asyncio.sleep(seconds / 3)
    stand.kill("worker" if apart else "api")


async def measure(args: argparse.Namespace) -> int:
    """Run once and print; 1 when something was lost, doubled or too slow."""
    more = {"database_url": args.database} if args.database else {}
    with tempfile.TemporaryDirectory(prefix="frontline-bench-") as folder:
        async with standing(
            Path(folder),
            worker_apart=args.kill,
            wechat_passive_wait_s=3.8 if args.passive else 0,
            **more,
        ) as stand:
            for number in range(20):
                await stand.platform.says(f"warm{number}", "你好")
            killing = asyncio.create_task(
                kills(stand, args.seconds, apart=True) if args.kill else asyncio.sleep(0)
            )
            sent, told = await load(stand, args.rate, args.seconds)
            await killing
            began = time.perf_counter()
            await stand.settled(DRAIN_S)
            drained = time.perf_counter() - began
            found = examine(stand, sent)
    return report(args, told, found, drained)


def report(args: argparse.Namespace, told: list[Told], found: Found, drained: float) -> int:
    """Print the figures; whether an aim was missed."""
    tries = np.array(
        [s for one in told for s, status in zip(one.seconds, one.statuses, strict=True) if status]
    )
    passive = sum(one.reply is not None for one in told)
    p50, p95, p99 = np.percentile(tries, [50, 95, 99])
    table = Table(title=f"{args.rate:g} callbacks/s for {args.seconds:g} s")
    for column in ("", "value", "aim"):
        table.add_column(column)
    rows = [
        ("messages", str(len(told)), ""),
        ("never taken (three tries)", str(sum(not one.taken for one in told)), "0"),
        ("tries without an answer", str(sum(one.statuses.count(0) for one in told)), ""),
        ("acknowledged p50", f"{p50 * 1000:.0f} ms", ""),
        ("acknowledged p95", f"{p95 * 1000:.0f} ms", ""),
        ("acknowledged p99", f"{p99 * 1000:.0f} ms", "300 ms"),
        ("slowest", f"{tries.max() * 1000:.0f} ms", "5000 ms"),
        ("passive replies", str(passive), ""),
        ("lost", str(len(found.lost)), "0"),
        ("doubled", str(len(found.doubled)), "0"),
        ("out of order (customers)", str(len(found.disordered)), "0"),
        ("answers missing", str(len(found.unanswered)), "0"),
        ("answers twice", str(len(found.answered_twice)), "0"),
        ("kept aside and shown", str(found.in_doubt), ""),
        ("all answered after", f"{drained:.1f} s", ""),
    ]
    for row in rows:
        table.add_row(*row)
    Console(width=100).print(table)
    wrong = found.lost or found.doubled or found.unanswered or found.answered_twice
    slow = not args.kill and (p99 > P99_S or tries.max() > WORST_S) and not args.passive
    return int(bool(wrong or slow))


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--kill", action="store_true", help="kill gateway and worker on the way")
    parser.add_argument("--passive", action="store_true", help="wait for passive replies")
    parser.add_argument("--database", default="", help="another database than SQLite")
    return asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
