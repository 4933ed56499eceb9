"""The real encoder over part of the shipped library: a floor under what is measured elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assist.encoder import OnnxEncoder
from assist.encoder.build import build_encoder
from assist.search.engine import SearchEngine
from assist.search.train import read_cases
from knowledge_base.model import Case

SEED = Path(__file__).resolve().parents[3] / "knowledge_base" / "seed"
EVERY = 9
OFF_TOPIC = [
    "今天天气怎么样",
    "给我讲个笑话",
    "帮我写一首诗",
    "股票今天涨了吗",
    "明天去北京的机票多少钱",
    "谁是美国总统",
    "推荐一部电影",
    "世界杯谁赢了",
    "怎么减肥",
    "猫咪不吃东西怎么办",
]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [case for case in read_cases(SEED)[::EVERY] if len(case.customer_statement) > 1]


@pytest.fixture(scope="module")
def engine(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    folder = tmp_path_factory.mktemp("encoder") / "built"
    build_encoder(folder)
    engine = SearchEngine(OnnxEncoder(folder))
    heard = {"customer_statement": []}
    engine.upsert(case.model_copy(update=heard) for case in cases)
    return engine


def test_customers_own_words_find_the_case(engine: SearchEngine, cases: list[Case]) -> None:
    found = [
        [hit.case_id for hit in engine.search(case.customer_statement[0], k=3).hits]
        for case in cases
    ]
    first = np.mean([ids[0] == case.id for ids, case in zip(found, cases, strict=True)])
    among_three = np.mean([case.id in ids for ids, case in zip(found, cases, strict=True)])
    assert among_three >= 0.85
    assert first >= 0.65


def test_a_title_finds_itself_with_confidence(engine: SearchEngine, cases: list[Case]) -> None:
    results = [engine.search(case.title) for case in cases]
    assert [result.hits[0].case_id for result in results] == [case.id for case in cases]
    assert np.mean([result.confidence for result in results]) > 0.8


def test_nothing_is_found_for_small_talk(engine: SearchEngine) -> None:
    assert np.mean([engine.search(text).abstained for text in OFF_TOPIC]) >= 0.7


def test_abstaining_is_rare_where_there_is_an_answer(
    engine: SearchEngine, cases: list[Case]
) -> None:
    abstained = [engine.search(case.customer_statement[0]).abstained for case in cases]
    assert np.mean(abstained) <= 0.3
