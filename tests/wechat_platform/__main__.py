"""A WeChat platform to try things by hand: `python -m tests.wechat_platform [--gateway URL]`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json

from tests.wechat_platform.accounts import OfficialAccount
from tests.wechat_platform.api import FakePlatform, serving


async def run(gateway: str, port: int, mode: str) -> None:
    """Serve until interrupted."""
    account = OfficialAccount(name="demo", mode=mode)
    platform = FakePlatform([account])
    caller = platform.connect(gateway)
    async with serving(platform, port) as base:
        print(f"手机 phone       {base}/")
        print("Frontline 的设置 settings of Frontline:")
        print(f"  FRONTLINE_WECHAT_API_URL={base}")
        print(
            f"  FRONTLINE_WECHAT_ACCOUNTS='{json.dumps([account.settings()], ensure_ascii=False)}'"
        )
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
    chosen = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(chosen.gateway, chosen.port, chosen.mode))


if __name__ == "__main__":
    main()
