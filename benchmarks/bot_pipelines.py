"""Four NLU pipelines on the bot's own examples, cross-validated on the same folds.

`python -m benchmarks.bot_pipelines [--folds 3] [--lines-per-intent 40] [--diet-epochs 50]`. All are
judged by their first choice, without a fallback. *Confidently wrong* is the share of lines that a
pipeline gets wrong although it is surer of them than of the `REFUSED` it is least sure of: its own
threshold, since a confidence of 0.6 means something else in each. Rasa runs in the bot's
environment, one process a training and one a fold parsed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bot.evaluation import Line, intent_of, macro_f1, read_lines
from bot.training import BOT, PYTHON, bot_environment
from foundation.settings import Settings

Pipeline = list[dict[str, Any]]
Row = dict[str, str]

REFUSED = 0.1
WORDS = [
    {"name": "JiebaTokenizer", "dictionary_path": str(BOT / "dictionary")},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]
STOCK = [
    {"name": "JiebaTokenizer"},
    *WORDS[1:],
    {"name": "DIETClassifier", "epochs": 100, "random_seed": 42, "constrain_similarities": True},
]
ANNOTATED = re.compile(r"\[([^\]]+)\]\((\w+)\)")


@dataclass
class Measured:
    """What all folds of one pipeline gave; training seconds and memory of each fold."""

    lines: list[Line] = field(default_factory=list)
    parsed: list[dict[str, Any]] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Figures:
    """How well a pipeline understands."""

    accuracy: float
    macro_f1: float
    confidently_wrong: float


def pipelines(diet_epochs: int) -> dict[str, Pipeline]:
    """What is compared, by name."""
    ours = yaml.safe_load((BOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    ours = [part for part in ours if part["name"] != "FallbackClassifier"]
    ours[0] = WORDS[0]
    encoder = [part for part in ours[:4] if "ngram" not in part["name"]]
    return {
        "ours (encoder + n-grams, quick logistic regression, rules)": ours,
        "our encoder alone, quick logistic regression": encoder,
        "Jieba + count vectors, logistic regression": [
            *WORDS,
            {"name": "LogisticRegressionClassifier", "max_iter": 200},
        ],
        f"stock: Jieba + count vectors, DIET ({diet_epochs} epochs)": [
            {**part, "epochs": diet_epochs} if "epochs" in part else part for part in STOCK
        ],
    }


def examples() -> list[Row]:
    """Intent and annotated text of every example of the bot."""
    found = []
    for path in sorted((BOT / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                if line.strip().startswith("- "):
                    found.append({"intent": block["intent"], "text": line.strip()[2:]})
    return found


def shuffled(rows: list[Row]) -> dict[str, list[Row]]:
    """The rows by intent, each in an order of chance that is the same every time."""
    by_intent = defaultdict(list)
    for row in rows:
        by_intent[row["intent"]].append(row)
    for same in by_intent.values():
        random.Random(0).shuffle(same)
    return by_intent


def at_most(rows: list[Row], limit: int | None) -> list[Row]:
    """Up to `limit` rows of each intent, picked by chance."""
    return [row for same in shuffled(rows).values() for row in same[:limit]]


def folds(rows: list[Row], count: int) -> list[list[Row]]:
    """The rows in `count` parts, every intent spread evenly."""
    parts: list[list[Row]] = [[] for _ in range(count)]
    for same in shuffled(rows).values():
        for n, row in enumerate(same):
            parts[n % count].append(row)
    return parts


def figures(lines: list[Line], parsed: list[dict[str, Any]], refused: float = REFUSED) -> Figures:
    """Figures over parse results; `refused` is the share that the pipeline would pass on."""
    said = [intent_of(result) for result in parsed]
    pairs = [(line.intent, name) for line, (name, _) in zip(lines, said, strict=True)]
    right = [gold == got for gold, got in pairs]
    surest = sorted(zip((c for _, c in said), right, strict=True), key=lambda each: -each[0])
    kept = surest[: round(len(surest) * (1 - refused))]
    return Figures(
        accuracy=sum(right) / len(right),
        macro_f1=macro_f1(pairs),
        confidently_wrong=sum(not good for _, good in kept) / len(right),
    )


def plain(row: Row) -> Line:
    """A row as a line to be judged, without its annotation."""
    entities = tuple((m[2], m[1]) for m in ANNOTATED.finditer(row["text"]))
    return Line(ANNOTATED.sub(r"\1", row["text"]), row["intent"], entities)


def cross_validate(name: str, pipeline: Pipeline, parts: list[list[Row]]) -> Measured:
    """Train on all parts but one, parse that one, and so on round."""
    measured = Measured()
    for n, held_out in enumerate(parts):
        training = [row for m, part in enumerate(parts) if m != n for row in part]
        train_and_parse(pipeline, training, [plain(row) for row in held_out], measured)
        print(f"{name}: fold {n + 1} of {len(parts)}", file=sys.stderr)
    return measured


def train_and_parse(
    pipeline: Pipeline, training: list[Row], lines: list[Line], measured: Measured
) -> None:
    """One model; what it says of `lines` and what it took are added to `measured`."""
    by_intent = defaultdict(list)
    for row in training:
        by_intent[row["intent"]].append(row["text"])
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in by_intent.items()
    ]
    config = {
        "recipe": "default.v1",
        "assistant_id": "benchmark",
        "language": "zh",
        "pipeline": pipeline,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.yml").write_text(yaml.safe_dump(config, allow_unicode=True))
        (folder / "nlu.yml").write_text(
            yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), encoding="utf-8"
        )
        (folder / "texts.json").write_text(json.dumps([line.text for line in lines]))
        _run("train", folder)
        _run("parse", folder)
        trained = json.loads((folder / "train.json").read_text(encoding="utf-8"))
        parsed = json.loads((folder / "parsed.json").read_text(encoding="utf-8"))
    measured.lines += lines
    measured.parsed += parsed["results"]
    measured.ms += parsed["ms"]
    measured.memory_mb.append(parsed["memory_mb"])
    measured.seconds.append(trained["seconds"])


def _run(task: str, folder: Path) -> None:
    finished = subprocess.run(
        [str(PYTHON), "-m", "benchmarks.bot_fold", task, str(folder)],
        cwd=folder,
        env={**bot_environment(Settings()), "LOG_LEVEL": "ERROR", "RASA_MAX_CACHE_SIZE": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if finished.returncode:
        raise SystemExit(finished.stderr.decode("utf-8", "replace")[-2000:])


HEAD = (
    "| pipeline | accuracy | macro-F1 | confidently wrong | training | parse p50 | p95 | memory |\n"
    "|---|---|---|---|---|---|---|---|"
)


def row_of(name: str, measured: Measured) -> str:
    """A line of the table; training is the mean of the folds."""
    found = figures(measured.lines, measured.parsed)
    p50, p95 = np.percentile(measured.ms, (50, 95))
    return (
        f"| {name} | {found.accuracy:.3f} | {found.macro_f1:.3f} | {found.confidently_wrong:.1%} "
        f"| {np.mean(measured.seconds):.0f} s | {p50:.1f} ms | {p95:.1f} ms "
        f"| {max(measured.memory_mb):.0f} MB |"
    )


def main() -> None:
    """Print the table; with `--file` a second one, of models trained on all rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--lines-per-intent", type=int, help="use at most so many, by chance")
    parser.add_argument("--diet-epochs", type=int, default=100)
    parser.add_argument("--only", help="only pipelines whose name contains this")
    parser.add_argument("--file", type=Path, help="measure on this file too (JSONL)")
    chosen = parser.parse_args()
    rows = at_most(examples(), chosen.lines_per_intent)
    compared = {
        name: pipeline
        for name, pipeline in pipelines(chosen.diet_epochs).items()
        if not chosen.only or chosen.only in name
    }
    parts = folds(rows, chosen.folds)
    print(f"{len(rows)} examples, {len(shuffled(rows))} intents, {chosen.folds} folds\n\n{HEAD}")
    for name, pipeline in compared.items():
        print(row_of(name, cross_validate(name, pipeline, parts)), flush=True)
    if chosen.file:
        print(f"\n{chosen.file.name}, trained on all {len(rows)}\n\n{HEAD}")
        lines = read_lines(chosen.file)
        for name, pipeline in compared.items():
            measured = Measured()
            train_and_parse(pipeline, rows, lines, measured)
            print(row_of(name, measured), flush=True)


if __name__ == "__main__":
    main()
