"""Gateway and worker are killed in the middle: no WeChat message is lost, doubled or disordered."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.wechat_platform.stand import examine, standing

CUSTOMERS = 6
ROUNDS = 8


async def test_nothing_is_lost_or_doubled_when_processes_are_killed(tmp_path: Path) -> None:
    async with standing(
        tmp_path, worker_apart=True, triage_model=tmp_path / "none", wechat_passive_wait_s=0.5,
        outbox_poll_s=0.2,
    ) as stand:  # fmt: skip
        sent: dict[str, list[str]] = {f"o{number}": [] for number in range(CUSTOMERS)}

        async def talk(openid: str) -> None:
            for turn in range(ROUNDS):
                text = f"{openid}第{turn}句"
                told = await stand.platform.says(openid, text)
                if told.taken:
                    sent[openid].append(text)

        async def kill() -> None:
            await asyncio.sleep(1.5)
            stand.kill("api")
            await stand.ready()
            await asyncio.sleep(1.0)
            stand.kill("worker")
            await asyncio.sleep(1.0)
            stand.kill("api")

        await asyncio.gather(kill(), *(talk(openid) for openid in sent))
        await stand.settled(240)
        found = examine(stand, sent)
    assert stand.kills == {"api": 2, "worker": 1}
    assert sum(map(len, sent.values())) > 0
    assert (found.lost, found.doubled, found.disordered) == ([], [], [])
    assert (found.unanswered, found.answered_twice) == ([], [])
