"""Search at several sizes: time to answer, time until a change counts, recall of the cells.

`python -m benchmarks.search [--sizes 2000 20000 100000]`. Vectors are made up around random
centres, so no encoder is timed with them; the whole search, encoder included, is timed over the
shipped library. Ratios are what to compare between machines, the times are not.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from assist.encoder import load_encoder
from assist.search.cache import VectorCache
from assist.search.dense import FaissIndex, Vectors
from assist.search.engine import SearchEngine
from assist.search.train import SEED, read_cases

DIMENSION = 384
ASKED = 100
NEAREST = 10
NEVER = 10**9


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 20_000, 100_000])
    parser.add_argument("--encoder", default="var/models/encoder")
    arguments = parser.parse_args()
    console = Console()
    console.print(index_table(arguments.sizes))
    console.print(library_table(arguments.encoder))


def index_table(sizes: Sequence[int]) -> Table:
    """Cells beside comparing all vectors."""
    headings = (
        "vectors",
        "all ms",
        "cells ms",
        "×",
        f"recall@{NEAREST}",
        "add 1 ms",
        "remove 1 ms",
    )
    table = Table(*headings, title="Vector index")
    for size in sizes:
        table.add_row(str(size), *(f"{value:.2f}" for value in _index_figures(size)))
    return table


def _index_figures(size: int) -> tuple[float, ...]:
    vectors, asked = made_up_vectors(size)
    exact, cells = FaissIndex(DIMENSION, NEVER), FaissIndex(DIMENSION, size // 2)
    ids = [str(i) for i in range(size)]
    for index in (exact, cells):
        index.add(ids, vectors)
    all_ms = _each_ms(lambda vector: exact.search(vector, NEAREST), asked)
    cells_ms = _each_ms(lambda vector: cells.search(vector, NEAREST), asked)
    shared = [
        len({n for n, _ in exact.search(v, NEAREST)} & {n for n, _ in cells.search(v, NEAREST)})
        for v in asked
    ]
    add_ms = _each_ms(lambda vector: cells.add(["new"], vector[None]), asked)
    remove_ms = _each_ms(lambda name: cells.remove([name]), ids[:ASKED])
    recall = float(np.mean(shared)) / NEAREST
    return all_ms, cells_ms, all_ms / cells_ms, recall, add_ms, remove_ms


def library_table(encoder_path: str) -> Table:
    """The production engine over the shipped library, asked its customers' own words."""
    encoder = load_encoder(encoder_path)
    cases = read_cases(SEED)
    identity = str(getattr(encoder, "identity", encoder_path))
    store = VectorCache(Path("var/cache/search-benchmark.sqlite"), identity)
    engine = SearchEngine(encoder, store=store)
    engine.upsert(cases)
    asked = [case.customer_statement[0] for case in cases if case.customer_statement][::3]
    searches = [_ms(lambda text=text: engine.search(text)) for text in asked]
    encodes = [_ms(lambda text=text: encoder.encode([text])) for text in asked]
    changes = [_ms(lambda case=case: engine.upsert([case])) for case in cases[:ASKED]]
    table = Table("", "p50 ms", "p95 ms", title=f"{len(cases)} cases")
    for name, times in (
        ("search", searches),
        ("of it the encoder", encodes),
        ("change of a case until it is found", changes),
    ):
        row = np.percentile(times, [50, 95])
        table.add_row(name, *(f"{value:.1f}" for value in row))
    return table


def made_up_vectors(count: int) -> tuple[Vectors, Vectors]:
    """Library vectors (count, 384) in clusters, and queries (100, 384) near some of them."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(max(count // 50, 10), DIMENSION))
    vectors = centres[random.integers(len(centres), size=count)]
    vectors += 0.6 * random.normal(size=vectors.shape)
    asked = vectors[random.integers(count, size=ASKED)] + 0.4 * random.normal(
        size=(ASKED, DIMENSION)
    )
    return _unit(vectors), _unit(asked)


def _unit(vectors: np.ndarray) -> Vectors:
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _each_ms(work: Callable[[Any], object], items: Iterable[Any]) -> float:
    return statistics.median(_ms(lambda item=item: work(item)) for item in items)


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
