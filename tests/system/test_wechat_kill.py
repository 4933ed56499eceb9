"""Gateway and worker are killed in the middle: no WeChat message is lost, doubled or disordered."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.wechat_platform.stand import examine, standing

CUSTOMERS = 6
ROUNDS = 8
PATIENCE_S = 600.0


async def test_nothing_is_lost_or_doubled_when_processes_are_killed(tmp_path: Path) -> None:
    async with standing(
        tmp_path, worker_apart=True, triage_model=tmp_path / "none", wechat_passive_wait_s=0.5,
        outbox_poll_s=0.2,
    ) as stand:  # fmt: skip
        sent: dict[str, list[str]] = {f"o{number}": [] for number in range(CUSTOMERS)}

        async def talk(openid: str) -> None:
            """Say everything; what the platform could not hand over is said again."""
            number = 0
            while len(sent[openid]) < ROUNDS:
                number += 1
                text = f"{openid}第{number}句"
                if (await stand.platform.says(openid, text)).taken:
                    sent[openid].append(text)

        async def kill(name: str, share: float) -> None:
            """Kill a process once this share has been taken."""
            while sum(map(len, sent.values())) < share * CUSTOMERS * ROUNDS:
                await asyncio.sleep(0.02)
            stand.kill(name)

        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(
                kill("api", 0.25), kill("worker", 0.5), kill("api", 0.75),
                *(talk(openid) for openid in sent),
            )  # fmt: skip
            await stand.settled(PATIENCE_S)
        found = examine(stand, sent)
    assert stand.kills == {"api": 2, "worker": 1}
    assert (found.lost, found.doubled, found.disordered) == ([], [], [])
    assert (found.unanswered, found.answered_twice) == ([], [])
