"""A WeChat platform to try things by hand: `python -m tests.wechat_platform [--gateway URL]`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shlex

from tests.wechat_platform.accounts import OfficialAccount
from tests.wechat_platform.api import FakePlatform, serving


def exports(port: int, mode: str) -> str:
    """Frontline's settings for this platform, as shell lines."""
    account = OfficialAccount(name="demo", mode=mode).settings()
    accounts = shlex.quote(json.dumps([account], ensure_ascii=False))
    return (
        f"export FRONTLINE_WECHAT_API_URL=http://127.0.0.1:{port}\n"
        f"export FRONTLINE_WECHAT_ACCOUNTS={accounts}"
    )


async def run(gateway: str, port: int, mode: str) -> None:
    """Serve until interrupted."""
    account = OfficialAccount(name="demo", mode=mode)
    platform = FakePlatform([account])
    caller = platform.connect(gateway)
    async with serving(platform, port) as base:
        print(f"手机 phone       {base}/", flush=True)
        checked: bool | None = None
        while True:
            try:
                now = await caller.verify(account)
            except Exception:
                now = False
            if now is not checked:
                checked = now
                print(
                    f"{gateway}: {'已接通 connected' if now else '还没接通 not connected yet'}",
                    flush=True,
                )
            await asyncio.sleep(2)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gateway", default="http://127.0.0.1:8080")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--mode", choices=["plain", "compatible", "safe"], default="safe")
    parser.add_argument("--settings", action="store_true", help="print Frontline's settings only")
    chosen = parser.parse_args()
    if chosen.settings:
        print(exports(chosen.port, chosen.mode))
        return
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(chosen.gateway, chosen.port, chosen.mode))


if __name__ == "__main__":
    main()
