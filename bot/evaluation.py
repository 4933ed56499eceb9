"""Measuring what the trained bot understands (DESIGN section 6, `frontline eval intents`)."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from assist.entities.folding import fold
from assist.entities.model import TYPES
from assist.text import normalise
from bot.training import MODELS, PYTHON, bot_environment
from foundation.errors import InvalidInput, Unavailable
from foundation.settings import ROOT, Settings

FALLBACK = "nlu_fallback"
DIALOGUE_INTENTS = frozenset({"emergency", "follow_up"})
"""Set by rules for the dialogue alone; the intent behind them is the classifier's first."""

CONFUSIONS_SHOWN = 12
COST_OF_WRONG = 4.0
"""A wrong answer costs the customer as much as being asked again four times."""
THRESHOLD_STEP, THRESHOLD_STEPS = 0.05, 13

_LIMIT_S = 900


@dataclass(frozen=True)
class Line:
    """One labelled line; entities as (type, value)."""

    text: str
    intent: str
    entities: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Wrong:
    """A line that came out differently, for `--errors`."""

    text: str
    expected: str
    got: str
    confidence: float
    missing: tuple[tuple[str, str], ...]
    extra: tuple[tuple[str, str], ...]


def evaluate_intents(
    file: Path,
    rasa_url: str | None = None,
    *,
    settings: Settings | None = None,
    model: Path | None = None,
    errors: Path | None = None,
) -> dict[str, Any]:
    """Parse every line of `file` with the trained model (or the server at `rasa_url`) and score it.

    Keys: `accuracy`, `macro_f1`, `fallback_rate`, `confidently_wrong_rate`, `entity_f1`, all 0-1.
    A fallback counts as wrong in accuracy but not as confidently wrong. Beside them the tables
    `confusions` and `by_threshold`.

    Raises:
        InvalidInput: a line is not of the format.
        Unavailable: no trained model, or it does not run.
    """
    lines = read_lines(file)
    texts = [line.text for line in lines]
    parsed = (
        _parse_by_server(rasa_url, texts)
        if rasa_url
        else _parse_by_model(settings or Settings(), model or MODELS / "frontline.tar.gz", texts)
    )
    if errors:
        wrong = [w for line, p in zip(lines, parsed, strict=True) if (w := compare(line, p))]
        rows = (json.dumps(vars(w), ensure_ascii=False) for w in wrong)
        errors.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return {
        **score(lines, parsed),
        "confusions": confusions(lines, parsed),
        "by_threshold": by_threshold(lines, parsed),
    }


def read_lines(file: Path) -> list[Line]:
    """The labelled lines of a JSONL file. Raises `InvalidInput` naming the line."""
    lines = []
    for number, raw in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw)
            entities = tuple((e["type"], str(e["value"])) for e in row.get("entities") or [])
            lines.append(Line(row["text"], row["intent"], entities))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("not a labelled line", line=number, reason=str(error)) from error
    if not lines:
        raise InvalidInput("no lines to evaluate", file=str(file))
    return lines


def score(lines: Sequence[Line], parsed: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The five figures over parse results."""
    said = [intent_of(result)[0] for result in parsed]
    pairs = list(zip([line.intent for line in lines], said, strict=True))
    right = sum(gold == got for gold, got in pairs)
    fallbacks = sum(got == FALLBACK for _, got in pairs)
    found = matched = expected = 0
    for line, result in zip(lines, parsed, strict=True):
        missing, extra = entity_differences(line, result)
        expected += len(line.entities)
        matched += len(line.entities) - len(missing)
        found += len(line.entities) - len(missing) + len(extra)
    n = len(lines)
    return {
        "accuracy": right / n,
        "macro_f1": macro_f1(pairs),
        "fallback_rate": fallbacks / n,
        "confidently_wrong_rate": (n - right - fallbacks) / n,
        "entity_f1": 2 * matched / (found + expected) if found + expected else 1.0,
    }


def confusions(
    lines: Sequence[Line], parsed: Sequence[dict[str, Any]]
) -> dict[str, dict[str, int]]:
    """The pairs of intents that were taken for one another most often, with their lines."""
    pairs = Counter(
        f"{line.intent} → {got}"
        for line, result in zip(lines, parsed, strict=True)
        if (got := intent_of(result)[0]) not in (line.intent, FALLBACK)
    )
    return {pair: {"lines": count} for pair, count in pairs.most_common(CONFUSIONS_SHOWN)}


def by_threshold(
    lines: Sequence[Line], parsed: Sequence[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    """What each threshold of the fallback would mean.

    `cost` a line: `COST_OF_WRONG` for a wrong intent, 1 for asking again, 0 for a right one. The
    threshold in `bot/config.yml` is where the cost is least on lines the bot has not learned."""
    firsts = [_first(result) for result in parsed]
    table = {}
    for step in range(THRESHOLD_STEPS):
        limit = step * THRESHOLD_STEP
        asked = sum(confidence < limit for _, confidence in firsts)
        wrong = sum(
            confidence >= limit and name != line.intent
            for line, (name, confidence) in zip(lines, firsts, strict=True)
        )
        table[f"{limit:.2f}"] = {
            "confidently_wrong_rate": wrong / len(lines),
            "fallback_rate": asked / len(lines),
            "cost": (COST_OF_WRONG * wrong + asked) / len(lines),
        }
    return table


def _first(result: dict[str, Any]) -> tuple[str, float]:
    """The classifier's first choice, before the fallback took its place."""
    ranking = [
        r
        for r in result.get("intent_ranking") or []
        if r["name"] not in {FALLBACK, *DIALOGUE_INTENTS}
    ]
    return (ranking[0]["name"], float(ranking[0]["confidence"])) if ranking else (FALLBACK, 0.0)


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean F1 over the intents that occur as labels."""
    labels = {gold for gold, _ in pairs}
    hits = Counter(gold for gold, got in pairs if gold == got)
    golds = Counter(gold for gold, _ in pairs)
    gots = Counter(got for _, got in pairs)
    return sum(2 * hits[label] / (golds[label] + gots[label]) for label in labels) / len(labels)


def intent_of(result: dict[str, Any]) -> tuple[str, float]:
    """The customer's intent and its confidence; dialogue intents give way to the classifier's."""
    intent = result.get("intent") or {}
    if intent.get("name") in DIALOGUE_INTENTS:
        ranking = [r for r in result.get("intent_ranking") or [] if r["name"] != FALLBACK]
        intent = ranking[0] if ranking else intent
    return str(intent.get("name") or FALLBACK), float(intent.get("confidence") or 0.0)


def entity_differences(
    line: Line, result: dict[str, Any]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Entities expected and not found, and found but not expected."""
    extra = [
        (e["entity"], str(e["value"])) for e in result.get("entities") or [] if e["entity"] in TYPES
    ]
    missing = []
    for wanted in line.entities:
        match = next((got for got in extra if same_entity(wanted, got)), None)
        if match is None:
            missing.append(wanted)
        else:
            extra.remove(match)
    return missing, extra


def same_entity(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Equal after normalising; symptoms by overlap."""
    if one[0] != other[0]:
        return False
    a, b = (normalise(value).replace(" ", "").replace("-", "") for value in (one[1], other[1]))
    if one[0] != "symptom":
        return a == b
    return a in b or b in a or len(set(fold(a)) & set(fold(b))) * 2 >= min(len(a), len(b))


def compare(line: Line, result: dict[str, Any]) -> Wrong | None:
    """What is wrong with a parse result, None when nothing is."""
    got, confidence = intent_of(result)
    missing, extra = entity_differences(line, result)
    if got == line.intent and not missing and not extra:
        return None
    return Wrong(line.text, line.intent, got, round(confidence, 3), tuple(missing), tuple(extra))


def _parse_by_model(settings: Settings, model: Path, texts: list[str]) -> list[dict[str, Any]]:
    if not PYTHON.exists() or not model.exists():
        raise Unavailable("bot", "not trained yet; run `frontline train-bot`")
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        finished = subprocess.run(
            [str(PYTHON), "-m", "bot.parsing", str(model.resolve()), str(results)],
            cwd=ROOT,
            env=bot_environment(settings),
            input=json.dumps(texts).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_LIMIT_S,
            check=False,
        )
        if finished.returncode or not results.exists():
            last = finished.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise Unavailable("bot", "parsing failed: " + "".join(last))
        parsed: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
        return parsed


def _parse_by_server(rasa_url: str, texts: list[str]) -> list[dict[str, Any]]:
    with httpx.Client(base_url=rasa_url.rstrip("/"), timeout=30) as client:
        try:
            answers = [client.post("/model/parse", json={"text": text}) for text in texts]
            return [answer.raise_for_status().json() for answer in answers]
        except httpx.HTTPError as error:
            raise Unavailable("bot", type(error).__name__) from error
