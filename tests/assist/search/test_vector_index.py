"""One suite for every vector index; `index` is parametrised over all kinds there are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from assist.search.dense import FaissIndex, VectorIndex, Vectors

DIMENSION = 16

Make = Callable[[], VectorIndex]
KINDS: dict[str, Make] = {
    "exact": lambda: FaissIndex(DIMENSION),
    "cells": lambda: FaissIndex(DIMENSION, exact_limit=0),
    "at the threshold": lambda: FaissIndex(DIMENSION, exact_limit=40),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def index(request: pytest.FixtureRequest) -> VectorIndex:
    made: VectorIndex = request.param()
    return made


def directions(count: int, seed: int = 0) -> Vectors:
    values = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def names(count: int) -> list[str]:
    return [f"case/{i}" for i in range(count)]


def test_nothing_is_found_in_an_empty_index(index: VectorIndex) -> None:
    assert index.search(directions(1)[0], 5) == []
    assert len(index) == 0


def test_each_vector_is_its_own_nearest(index: VectorIndex) -> None:
    vectors = directions(60)
    index.add(names(60), vectors)
    assert len(index) == 60
    assert [index.search(v, 1)[0][0] for v in vectors] == names(60)


def test_scores_are_dot_products_best_first(index: VectorIndex) -> None:
    vectors = directions(60)
    index.add(names(60), vectors)
    found = index.search(vectors[7], 10)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    for name, score in found:
        assert score == pytest.approx(vectors[names(60).index(name)] @ vectors[7], abs=1e-3)


def test_what_is_added_counts_at_once(index: VectorIndex) -> None:
    vectors = directions(80)
    for row in range(80):
        index.add([f"case/{row}"], vectors[row : row + 1])
        assert index.search(vectors[row], 1)[0][0] == f"case/{row}"


def test_adding_an_id_again_replaces_its_vector(index: VectorIndex) -> None:
    old, new = directions(50, seed=1), directions(50, seed=2)
    index.add(names(50), old)
    index.add(names(50), new)
    assert len(index) == 50
    assert [index.search(v, 1)[0][0] for v in new] == names(50)
    np.testing.assert_allclose(index.fetch(names(50)), new, atol=1e-3)


def test_of_an_id_named_twice_the_last_counts(index: VectorIndex) -> None:
    vectors = directions(2)
    index.add(["same", "same"], vectors)
    assert len(index) == 1
    np.testing.assert_allclose(index.fetch(["same"])[0], vectors[1], atol=1e-3)


def test_what_is_removed_is_never_found(index: VectorIndex) -> None:
    vectors = directions(60)
    index.add(names(60), vectors)
    index.remove(names(60)[::2])
    assert len(index) == 30
    for vector in vectors:
        assert {name for name, _ in index.search(vector, 60)} <= set(names(60)[1::2])


def test_removing_twice_or_the_unknown_is_no_error(index: VectorIndex) -> None:
    index.add(names(3), directions(3))
    index.remove(["case/1", "case/1", "who?"])
    index.remove(["case/1"])
    assert len(index) == 2


def test_an_emptied_index_takes_vectors_again(index: VectorIndex) -> None:
    index.add(names(60), directions(60))
    index.remove(names(60))
    assert index.search(directions(1)[0], 5) == []
    index.add(["again"], directions(1))
    assert index.search(directions(1)[0], 5)[0][0] == "again"


def test_fetching_an_unknown_id_says_which(index: VectorIndex) -> None:
    index.add(names(3), directions(3))
    with pytest.raises(KeyError, match="who"):
        index.fetch(["case/1", "who?"])


def test_a_wrong_shape_is_refused_and_changes_nothing(index: VectorIndex) -> None:
    with pytest.raises(ValueError, match="expected shape"):
        index.add(["one"], np.zeros((1, DIMENSION + 1), dtype=np.float32))
    with pytest.raises(ValueError, match="expected shape"):
        index.add(["one", "two"], directions(1))
    assert len(index) == 0


def test_a_library_that_grows_past_the_limit_gets_cells() -> None:
    index = FaissIndex(DIMENSION, exact_limit=100)
    index.add(names(100), directions(100))
    assert index.is_exact
    index.add(["one more"], directions(1, seed=9))
    assert not index.is_exact
    assert index.search(directions(1, seed=9)[0], 1)[0][0] == "one more"


def test_cells_find_nearly_what_comparing_all_finds() -> None:
    vectors, asked = directions(3000), directions(50, seed=3)
    exact, cells = FaissIndex(DIMENSION), FaissIndex(DIMENSION, exact_limit=500)
    for one in (exact, cells):
        one.add([str(i) for i in range(3000)], vectors)
    shared = [
        len({n for n, _ in exact.search(v, 10)} & {n for n, _ in cells.search(v, 10)})
        for v in asked
    ]
    assert np.mean(shared) >= 8


class IndexMachine(RuleBasedStateMachine):
    """Whatever is done to an index, it holds what a dict would hold."""

    def __init__(self) -> None:
        super().__init__()
        self.index = FaissIndex(DIMENSION, exact_limit=12)
        self.expected: dict[str, Vectors] = {}

    @rule(ids=st.lists(st.sampled_from(names(30)), min_size=1, max_size=9), seed=st.integers(0, 99))
    def add(self, ids: list[str], seed: int) -> None:
        vectors = directions(len(ids), seed)
        self.index.add(ids, vectors)
        self.expected.update(zip(ids, vectors, strict=True))

    @rule(ids=st.lists(st.sampled_from(names(30)), max_size=9))
    def remove(self, ids: list[str]) -> None:
        self.index.remove(ids)
        for name in ids:
            self.expected.pop(name, None)

    @invariant()
    def holds_what_a_dict_would(self) -> None:
        assert len(self.index) == len(self.expected)
        found = {name for name, _ in self.index.search(directions(1)[0], 99)}
        assert found == set(self.expected)
        if self.expected:
            kept = np.stack(list(self.expected.values()))
            np.testing.assert_allclose(self.index.fetch(list(self.expected)), kept, atol=1e-3)


IndexMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestIndexMachine = IndexMachine.TestCase


@settings(max_examples=30, deadline=None)
@given(k=st.integers(-2, 70), count=st.integers(0, 60))
def test_never_more_than_asked_for_or_there_is(k: int, count: int) -> None:
    index = FaissIndex(DIMENSION, exact_limit=30)
    index.add(names(count), directions(count) if count else np.empty((0, DIMENSION), np.float32))
    assert len(index.search(directions(1, seed=5)[0], k)) <= max(0, min(k, count))
