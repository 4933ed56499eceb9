from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assist.search.calibration import INPUTS, Calibration, calibration_inputs
from assist.search.dense import Vectors
from assist.search.features import FEATURES
from assist.search.metric import LibraryMetric
from assist.search.ranker import Ranker, read_ranker, shipped_ranker
from assist.search.train import AGAINST, Example, fit_weights, read_cases, seed_examples, train
from knowledge_base.model import Case
from tests.assist.search.fakes import LetterEncoder


def test_the_shipped_weights_point_the_way_their_names_say() -> None:
    ranker = shipped_ranker()
    assert set(ranker.weights) == set(FEATURES)
    assert set(ranker.calibration.weights) == set(INPUTS)
    for name, weight in [*ranker.weights.items(), *ranker.calibration.weights.items()]:
        assert weight <= 0 if name in AGAINST else weight >= 0
    assert 0 < ranker.calibration.abstain_below < 1


def test_a_ranker_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "ranker.json"
    path.write_text(shipped_ranker().to_json(), encoding="utf-8")
    assert read_ranker(path) == shipped_ranker()


def test_a_feature_that_decides_gets_the_weight() -> None:
    random = np.random.default_rng(0)
    examples = []
    for _ in range(60):
        features = random.normal(size=(8, len(FEATURES)))
        answers = np.arange(8) == features[:, FEATURES.index("metric_answer")].argmax()
        examples.append(Example(features, answers, ~answers))
    weights = dict(zip(FEATURES, fit_weights([examples]), strict=True))
    assert weights["metric_answer"] > 3 * max(
        abs(weight) for name, weight in weights.items() if name != "metric_answer"
    )


def test_probabilities_never_rise_down_the_list() -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(20, len(FEATURES)))
    scores = np.sort(random.normal(size=20))[::-1]
    chances = shipped_ranker().calibration.probabilities(features, scores)
    assert (np.diff(chances) <= 0).all()
    assert ((chances > 0) & (chances < 1)).all()


@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_leads_are_over_the_best_rival_and_the_fifth(count: int) -> None:
    scores = np.array([9.0, 7.0, 4.0, 3.0, 2.0, 1.0])[:count]
    inputs = calibration_inputs(np.zeros((count, len(FEATURES))), scores)
    lead, fifth = inputs[:, INPUTS.index("lead")], inputs[:, INPUTS.index("lead_of_five")]
    assert lead.tolist() == [0.0 if count == 1 else 2.0, *(scores[1:] - 9.0)]
    assert fifth[0] == 9.0 - scores[min(5, count - 1)]


def test_one_candidate_is_enough() -> None:
    nothing = Calibration(dict.fromkeys(INPUTS, 0.0), 0.0, 0.5)
    assert nothing.probabilities(np.zeros((1, len(FEATURES))), np.zeros(1)).tolist() == [0.5]


def test_training_runs_on_a_small_library_and_gives_a_usable_ranker() -> None:
    faults = ["不制冷", "漏水", "异响", "不启动", "有异味", "显示故障码"]
    cases = [
        Case(
            id=f"{product}-{fault}",
            title=f"{product}{fault}",
            product=product,
            customer_statement=[f"家里{product}{fault}怎么办", f"新买的{product}{fault}了"],
            solution_steps=[f"{product}检查{fault}"],
        )
        for product in ("冰箱", "空调", "洗衣机")
        for fault in faults
    ]
    views = seed_examples(cases, LetterEncoder())
    assert [len(view) for view in views] == [18, 18, 36]
    ranker = train(views)
    assert isinstance(ranker, Ranker)
    right = [
        example.answers[np.argmax(ranker.scores(example.features))]
        for view in views
        for example in view
    ]
    assert np.mean(right) > 0.8


def test_the_shipped_library_can_be_read_for_training() -> None:
    seed = Path(__file__).resolve().parents[3] / "knowledge_base" / "seed"
    cases = read_cases(seed)
    assert len({case.id for case in cases}) == len(cases) > 100


def names(vectors: Vectors) -> list[str]:
    return [f"{row}/0" for row in range(len(vectors))]


def test_the_metric_ignores_what_all_questions_share() -> None:
    random = np.random.default_rng(2)
    common = np.zeros(16)
    common[0] = 5
    vectors = (random.normal(size=(400, 16)) + common).astype(np.float32)
    metric = LibraryMetric(16)
    metric.add(vectors)
    plain = vectors @ vectors[0] / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors[0])
    likeness = metric.likeness(names(vectors), vectors, vectors[0])
    assert likeness[0] == pytest.approx(1, abs=1e-3)
    assert plain[1:].mean() > 0.5
    assert abs(likeness[1:].mean()) < 0.1


def test_what_is_remembered_of_vectors_changes_nothing() -> None:
    vectors = np.random.default_rng(4).normal(size=(2, 300, 8)).astype(np.float32)
    known, new = LibraryMetric(8), LibraryMetric(8)
    for metric in (known, new):
        metric.add(vectors[0])
    known.learned().measure(names(vectors[0]), vectors[0])
    asked = vectors[1][0]
    np.testing.assert_array_equal(
        known.likeness(names(vectors[0]), vectors[0], asked),
        new.likeness(names(vectors[0]), vectors[0], asked),
    )
    known.add(vectors[1])
    new.add(vectors[1])
    np.testing.assert_allclose(
        known.likeness(names(vectors[0]), vectors[0], asked),
        new.likeness(["x" + name for name in names(vectors[0])], vectors[0], asked),
    )


def test_the_metric_forgets_what_was_removed() -> None:
    random = np.random.default_rng(3)
    kept, gone = random.normal(size=(2, 300, 8)).astype(np.float32)
    one, other = LibraryMetric(8), LibraryMetric(8)
    one.add(kept)
    other.add(np.concatenate([kept, gone + 3]))
    other.remove(gone + 3)
    np.testing.assert_allclose(
        one.likeness(names(kept), kept, kept[0]),
        other.likeness(names(kept), kept, kept[0]),
        atol=1e-3,
    )
