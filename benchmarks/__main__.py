"""Every benchmark in turn, or the named ones: `python -m benchmarks [NAME …]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = (
    "encoder", "search", "turn", "throughput", "bot_pipelines", "complaints", "wechat",
)  # fmt: skip


def main() -> int:
    """Run each in a process of its own, so that memory and threads are not shared; the number of
    those that failed."""
    chosen = sys.argv[1:] or NAMES
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    failed = 0
    for name in chosen:
        print(f"\n== {name} ==", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        failed += bool(subprocess.run(command, cwd=ROOT, check=False).returncode)
    return failed


if __name__ == "__main__":
    sys.exit(main())
