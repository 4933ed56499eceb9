"""One fold in the bot's Python: train a pipeline, or parse with it, and say what it took.

`python -m benchmarks.bot_fold train FOLDER` reads config.yml and nlu.yml and writes m.tar.gz and
train.json; `… parse FOLDER` reads texts.json and writes parsed.json. What Python needs to load Rasa
is not counted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import skops.io  # noqa: F401

WARM_UP = 20


def train(folder: Path) -> None:
    """Seconds of the training."""
    import rasa.engine.recipes.default_components  # noqa: F401
    from rasa.model_training import train_nlu

    began = time.perf_counter()
    train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder), "m")
    _write(folder / "train.json", {"seconds": time.perf_counter() - began})


async def parse(folder: Path) -> None:
    """Parse results, milliseconds of each, memory of the process in MB."""
    from rasa.core.agent import Agent

    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    agent = Agent.load(str(folder / "m.tar.gz"))
    for text in texts[:WARM_UP]:
        await agent.parse_message(text)
    results, milliseconds = [], []
    for text in texts:
        began = time.perf_counter()
        results.append(await agent.parse_message(text))
        milliseconds.append((time.perf_counter() - began) * 1000)
    measured = {"results": results, "ms": milliseconds, "memory_mb": _memory_mb()}
    _write(folder / "parsed.json", measured)


def _memory_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _write(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, default=float), encoding="utf-8")


def main() -> None:
    """Entrance of the module."""
    task, folder = sys.argv[1], Path(sys.argv[2])
    if task == "train":
        train(folder)
    else:
        asyncio.run(parse(folder))


if __name__ == "__main__":
    main()
