"""Learn the ranker's weights and its calibration from the shipped library alone.

`python -m assist.search.train` writes `ranker.json`. Queries are the customers' own words: each
statement is asked of a library from which it was left out, and again of one that holds nothing
but titles and steps, as foreign libraries often do. Signs of weights are held to what they mean,
for free ones fit this library better and every other worse.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from assist.encoder import Encoder, load_encoder
from assist.search.cache import VectorCache
from assist.search.calibration import INPUTS, Calibration, calibration_inputs
from assist.search.engine import SearchEngine
from assist.search.features import FEATURES, Matrix
from assist.search.lexical import FIELDS
from assist.search.library import VectorStore
from assist.search.products import any_same
from assist.search.ranker import WEIGHTS_FILE, Ranker
from knowledge_base.model import Case

SEED = Path("knowledge_base/seed")
AGAINST = frozenset({"codes_missing", "product_other"})

_PENALTY = 0.03
_CALIBRATION_PENALTY = 0.01
_LEAST_CANDIDATES = 8
_TOP = 3
# Of the questions that a bot is asked, about this share has no answer in a library.
_UNANSWERABLE = 0.2

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One query: its candidates' features, which of them answer it, and which are about the same
    product as the answer (or about none)."""

    features: Matrix
    answers: NDArray[np.bool_]
    related: NDArray[np.bool_]


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="var/models/encoder")
    parser.add_argument("--seed", type=Path, default=SEED)
    parser.add_argument("--cache", type=Path, default=Path("var/cache/search-training.sqlite"))
    arguments = parser.parse_args()
    encoder = load_encoder(arguments.encoder)
    store = VectorCache(arguments.cache, str(getattr(encoder, "identity", arguments.encoder)))
    views = seed_examples(read_cases(arguments.seed), encoder, store)
    ranker = train(views)
    WEIGHTS_FILE.write_text(ranker.to_json(), encoding="utf-8")
    print(f"{sum(map(len, views))} queries; written to {WEIGHTS_FILE}")


def read_cases(seed: Path) -> list[Case]:
    """The cases and answers of the seed library."""
    files = sorted([*seed.glob("cases/*.jsonl"), *seed.glob("answers/*.jsonl")])
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return [Case.model_validate(json.loads(line)) for line in lines if line.strip()]


def seed_examples(
    cases: Sequence[Case], encoder: Encoder, store: VectorStore | None = None
) -> list[list[Example]]:
    """Examples by view of the library: without each case's second statement, without its first,
    and with nothing but titles and steps."""
    spoken = [case for case in cases if len(case.customer_statement) > 1]
    return [
        _examples([_said(case, 0) for case in cases], _queries(spoken, [1]), encoder, store),
        _examples([_said(case, 1) for case in cases], _queries(spoken, [0]), encoder, store),
        _examples([_bare(case) for case in cases], _queries(spoken, [0, 1]), encoder, store),
    ]


def train(views: Sequence[Sequence[Example]]) -> Ranker:
    """A ranker from examples; each view counts the same."""
    weights = fit_weights(views)
    ranked = [_best_first(example, weights) for view in views for example in view]
    return Ranker(dict(zip(FEATURES, weights.tolist(), strict=True)), fit_calibration(ranked))


def fit_weights(views: Sequence[Sequence[Example]]) -> Values:
    """Weights of `FEATURES` under which the answers hold most of the probability among all
    candidates (list-wise softmax), penalised by their size on standardised features."""
    parts = [_stack([e for e in view if e.answers.any()]) for view in views]
    spread = np.concatenate([features for features, *_ in parts]).std(axis=0) + 1e-6
    scaled = [(features / spread, *rest) for features, *rest in parts]

    def loss(weights: Values) -> tuple[float, Values]:
        value, slope = _PENALTY * float(weights @ weights), 2 * _PENALTY * weights
        for part in scaled:
            part_value, part_slope = _list_loss(weights, *part)
            value, slope = value + part_value / len(scaled), slope + part_slope / len(scaled)
        return value, slope

    weights: Values = _minimised(loss, FEATURES) / spread
    return weights


def fit_calibration(ranked: Sequence[tuple[Example, Values]]) -> Calibration:
    """Probabilities from answered queries and from the same ones with their answers, or their
    whole product, taken out of the library; the threshold with the best F1 of abstention."""
    answered, hopeless = [], []
    for example, scores in ranked:
        if len(scores) < _LEAST_CANDIDATES:
            continue
        inputs = calibration_inputs(example.features, scores)
        answered.append((inputs[:_TOP], example.answers[:_TOP]))
        hopeless += [calibration_inputs(*rest)[:1] for rest in _without_answers(example, scores)]
    rows = np.concatenate([*(inputs for inputs, _ in answered), *hopeless])
    truth = np.concatenate([*(labels for _, labels in answered), np.zeros(len(hopeless))])
    share = _UNANSWERABLE / (1 - _UNANSWERABLE) * len(answered) / len(hopeless)
    importance = np.repeat([1.0, share], [len(truth) - len(hopeless), len(hopeless)])
    weights, bias = _fit_logistic(rows, truth, importance)
    good = _sigmoid(np.stack([inputs[0] for inputs, _ in answered]) @ weights + bias)
    bad = _sigmoid(np.concatenate(hopeless) @ weights + bias)
    return Calibration(
        dict(zip(INPUTS, weights.tolist(), strict=True)), bias, _threshold(good, bad, share)
    )


def _said(case: Case, kept: int) -> Case:
    return case.model_copy(update={"customer_statement": case.customer_statement[kept : kept + 1]})


def _bare(case: Case) -> Case:
    return Case(id=case.id, title=case.title, solution_steps=case.solution_steps)


def _queries(cases: Iterable[Case], statements: Sequence[int]) -> list[tuple[str, Case]]:
    return [(case.customer_statement[i], case) for case in cases for i in statements]


def _examples(
    library: Sequence[Case],
    queries: Sequence[tuple[str, Case]],
    encoder: Encoder,
    store: VectorStore | None,
) -> list[Example]:
    engine = SearchEngine(_Remembering(encoder, store), store=store, ranker=_even_ranker())
    engine.upsert(library)
    found = []
    for text, case in queries:
        ranking = engine.rank(text)
        if ranking is None:
            continue
        ids = [entry.case.id for entry in ranking.entries]
        related = [
            not entry.products or any_same(entry.products, [case.product])
            for entry in ranking.entries
        ]
        found.append(Example(ranking.features, np.array(ids) == case.id, np.array(related)))
    return found


class _Remembering:
    """An encoder whose queries are kept in the store as well."""

    def __init__(self, encoder: Encoder, store: VectorStore | None) -> None:
        self._encoder = encoder
        self._store = store
        self.dimension = encoder.dimension

    def encode(self, texts: Sequence[str], prompt: str = "query") -> NDArray[np.float32]:
        if self._store is None:
            return self._encoder.encode(texts)
        return self._store.encode(self._encoder, texts)


def _even_ranker() -> Ranker:
    nothing = Calibration(dict.fromkeys(INPUTS, 0.0), 0.0, 0.0)
    return Ranker({name: -1.0 if name in AGAINST else 1.0 for name in FEATURES}, nothing)


Stacked = tuple[Matrix, Values, NDArray[np.intp], NDArray[np.intp]]


def _stack(examples: Sequence[Example]) -> Stacked:
    """All candidates' features and labels, where each query starts, and how many it has."""
    counts = np.array([len(example.answers) for example in examples])
    features = np.concatenate([example.features for example in examples])
    labels = np.concatenate([example.answers for example in examples]).astype(np.float64)
    return features, labels, np.cumsum([0, *counts[:-1]]), counts


def _list_loss(
    weights: Values,
    features: Matrix,
    labels: Values,
    starts: NDArray[np.intp],
    counts: NDArray[np.intp],
) -> tuple[float, Values]:
    scores = features @ weights
    powers = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), counts))
    total = np.add.reduceat(powers, starts)
    right = np.add.reduceat(powers * labels, starts)
    pull = powers / np.repeat(total, counts) - powers * labels / np.repeat(right, counts)
    return float(-np.log(right / total).mean()), pull @ features / len(counts)


def _minimised(loss: Callable[[Values], tuple[float, Values]], names: Sequence[str]) -> Values:
    bounds = [_sign_bounds(name) for name in names]
    best = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds)
    weights: Values = best.x
    return weights


def _sign_bounds(name: str) -> tuple[float | None, float | None]:
    if name == "bias":
        return None, None
    return (None, 0.0) if name in AGAINST else (0.0, None)


def _best_first(example: Example, weights: Values) -> tuple[Example, Values]:
    scores = example.features @ weights
    order = np.argsort(-scores, kind="stable")
    return _picked(example, order), scores[order]


def _picked(example: Example, rows: NDArray[np.intp]) -> Example:
    return Example(example.features[rows], example.answers[rows], example.related[rows])


def _without_answers(example: Example, scores: Values) -> Iterable[tuple[Matrix, Values]]:
    """The candidates left when the answers are gone, and when the whole product is."""
    for kept in (~example.answers, ~example.answers & ~example.related):
        if kept.sum() >= _LEAST_CANDIDATES:
            features = example.features[kept].copy()
            for field in FIELDS:
                column = features[:, FEATURES.index(field)]
                column /= max(float(column.max()), 1e-9)
            yield features, scores[kept]


def _fit_logistic(rows: Values, truth: Values, importance: Values) -> tuple[Values, float]:
    spread = rows.std(axis=0) + 1e-6
    scaled = np.column_stack([rows / spread, np.ones(len(rows))])
    share = importance / importance.sum()

    def loss(weights: Values) -> tuple[float, Values]:
        logits = scaled @ weights
        value = share @ (np.logaddexp(0, logits) - truth * logits)
        penalty = np.append(weights[:-1], 0)
        slope = (share * (_sigmoid(logits) - truth)) @ scaled
        return (
            float(value + _CALIBRATION_PENALTY * penalty @ penalty),
            slope + 2 * _CALIBRATION_PENALTY * penalty,
        )

    found = _minimised(loss, [*INPUTS, "bias"])
    return found[:-1] / spread, float(found[-1])


def _threshold(good: Values, bad: Values, weight: float) -> float:
    def f1(threshold: float) -> float:
        right = weight * float((bad < threshold).sum())
        wrong = float((good < threshold).sum())
        missed = weight * float((bad >= threshold).sum())
        return 2 * right / max(2 * right + wrong + missed, 1e-9)

    steps: list[float] = np.linspace(0.01, 0.6, 60).round(3).tolist()
    return max(steps, key=f1)


def _sigmoid(logits: Values) -> Values:
    chances: Values = 1 / (1 + np.exp(-logits))
    return chances


if __name__ == "__main__":
    main()
