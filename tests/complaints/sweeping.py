"""A worker process for the kill test: sweeps in small batches and says when each is kept."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from tests.complaints.test_sweeper import MORNING, opened_shop


async def main(url: str, folder: Path) -> None:
    """Sweep four days later, a line for every batch."""
    async with opened_shop(url, folder) as shop:
        shop.clock.set(MORNING + timedelta(days=4))
        sweeper = shop.sweeper(5)
        while due := await sweeper._due():
            await sweeper._settle(due)
            print("kept", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
