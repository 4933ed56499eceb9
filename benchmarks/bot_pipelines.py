"""Our NLU pipeline against Rasa's stock one, cross-validated on the bot's own examples.

`python -m benchmarks.bot_pipelines --folds 3` prints accuracy, macro-F1 and seconds of each; the
stock pipeline (CountVectors + DIET) takes minutes a fold. Both are judged by their first choice,
without a fallback. Runs Rasa in the bot's environment.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.evaluation import Line, read_lines, score
from bot.training import BOT, PYTHON, bot_environment
from foundation.settings import Settings

STOCK = [
    {"name": "JiebaTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "random_seed": 42, "constrain_similarities": True},
]
ANNOTATED = re.compile(r"\[([^\]]+)\]\((\w+)\)")


@dataclass(frozen=True)
class Outcome:
    """Figures of one pipeline, seconds over all folds."""

    name: str
    accuracy: float
    macro_f1: float
    entity_f1: float
    seconds: float


def examples() -> list[dict[str, Any]]:
    """Intent and annotated text of every example of the bot."""
    found = []
    for path in sorted((BOT / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                if line.strip().startswith("- "):
                    found.append({"intent": block["intent"], "text": line.strip()[2:]})
    return found


def folds(rows: list[dict[str, Any]], count: int) -> list[list[dict[str, Any]]]:
    """The rows in `count` parts, every intent spread evenly."""
    by_intent = defaultdict(list)
    for row in rows:
        by_intent[row["intent"]].append(row)
    parts: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    for same in by_intent.values():
        random.Random(0).shuffle(same)
        for n, row in enumerate(same):
            parts[n % count].append(row)
    return parts


def cross_validate(
    name: str, pipeline: list[dict[str, Any]], parts: list[list[dict[str, Any]]]
) -> Outcome:
    """Train on all parts but one, parse that one, and so on round."""
    lines: list[Line] = []
    parsed: list[dict[str, Any]] = []
    began = time.perf_counter()
    for n, held_out in enumerate(parts):
        training = [row for m, part in enumerate(parts) if m != n for row in part]
        with tempfile.TemporaryDirectory() as folder:
            results = _train_and_parse(Path(folder), pipeline, training, held_out)
        lines += [_line(row["text"], row["intent"]) for row in held_out]
        parsed += results
        print(f"{name}: fold {n + 1} of {len(parts)}", file=sys.stderr)
    figures = score(lines, parsed)
    return Outcome(
        name,
        figures["accuracy"],
        figures["macro_f1"],
        figures["entity_f1"],
        time.perf_counter() - began,
    )


def _train_and_parse(
    folder: Path,
    pipeline: list[dict[str, Any]],
    training: list[dict[str, Any]],
    held_out: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    config = {"recipe": "default.v1", "language": "zh", "pipeline": pipeline}
    (folder / "config.yml").write_text(yaml.safe_dump(config, allow_unicode=True))
    by_intent = defaultdict(list)
    for row in training:
        by_intent[row["intent"]].append(row["text"])
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in by_intent.items()
    ]
    (folder / "nlu.yml").write_text(
        yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), encoding="utf-8"
    )
    environment = {**bot_environment(Settings()), "LOG_LEVEL": "ERROR"}
    _run(
        [
            "rasa", "train", "nlu", "--config", str(folder / "config.yml"),
            "--nlu", str(folder / "nlu.yml"), "--out", str(folder), "--fixed-model-name", "m",
        ],
        environment,
    )  # fmt: skip
    texts = [_line(row["text"], row["intent"]).text for row in held_out]
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    results = folder / "results.json"
    _run(
        ["bot.parsing", str(folder / "m.tar.gz"), str(results)],
        environment,
        stdin=folder / "texts.json",
    )
    parsed: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
    return parsed


def _at_most(rows: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    kept = []
    for row in rows:
        seen[row["intent"]] += 1
        if seen[row["intent"]] <= limit:
            kept.append(row)
    return kept


def _run(module: list[str], environment: Any, stdin: Path = Path(os.devnull)) -> None:
    with stdin.open("rb") as given:
        subprocess.run(
            [str(PYTHON), "-m", *module],
            cwd=BOT,
            env=dict(environment),
            stdin=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )


def _line(annotated: str, intent: str) -> Line:
    entities = tuple((m[2], m[1]) for m in ANNOTATED.finditer(annotated))
    return Line(ANNOTATED.sub(r"\1", annotated), intent, entities)


def main() -> None:
    """Print the table; with `--file` also each pipeline's figures on a labelled file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--per-intent", type=int, help="use at most so many examples an intent")
    parser.add_argument("--only", choices=["ours", "stock"])
    parser.add_argument("--file", type=Path, help="measure on this file too (JSONL)")
    chosen = parser.parse_args()
    ours = yaml.safe_load((BOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    ours = [part for part in ours if part["name"] != "FallbackClassifier"]
    ours[0] = {**ours[0], "dictionary_path": str(BOT / "dictionary")}
    pipelines = {"ours": ours, "stock": STOCK}
    rows = examples()
    if chosen.per_intent:
        rows = [row for part in folds(rows, 1) for row in _at_most(part, chosen.per_intent)]
    parts = folds(rows, chosen.folds)
    print(f"{len(rows)} examples, {chosen.folds} folds")
    print("| pipeline | accuracy | macro-F1 | entity-F1 | seconds |\n|---|---|---|---|---|")
    for name, pipeline in pipelines.items():
        if chosen.only in (None, name):
            o = cross_validate(name, pipeline, parts)
            print(
                f"| {o.name} | {o.accuracy:.3f} | {o.macro_f1:.3f} | {o.entity_f1:.3f} "
                f"| {o.seconds:.0f} |",
                flush=True,
            )
    if chosen.file:
        lines = read_lines(chosen.file)
        held_out = [{"text": line.text, "intent": line.intent} for line in lines]
        for name, pipeline in pipelines.items():
            if chosen.only in (None, name):
                with tempfile.TemporaryDirectory() as folder:
                    parsed = _train_and_parse(Path(folder), pipeline, rows, held_out)
                print(name, chosen.file.name, score(lines, parsed))


if __name__ == "__main__":
    main()
