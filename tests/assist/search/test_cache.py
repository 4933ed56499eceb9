from __future__ import annotations

from pathlib import Path

import numpy as np

from assist.search.cache import VectorCache
from assist.search.engine import SearchEngine
from knowledge_base.model import Case
from tests.assist.search.fakes import LetterEncoder


def test_a_text_is_encoded_once_even_across_restarts(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    first = VectorCache(tmp_path / "vectors.sqlite", encoder.identity)
    before = first.encode(encoder, ["漏水", "异响", "漏水"])
    first.close()
    again = VectorCache(tmp_path / "vectors.sqlite", encoder.identity)
    after = again.encode(encoder, ["异响", "漏水", "退货"])
    assert encoder.calls == [["漏水", "异响"], ["退货"]]
    np.testing.assert_array_equal(before[[1, 0]], after[:2])
    np.testing.assert_allclose(before, LetterEncoder().encode(["漏水", "异响", "漏水"]), atol=1e-3)


def test_another_encoder_gets_nothing_of_the_first(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    for identity in ("first", "second"):
        VectorCache(tmp_path / "vectors.sqlite", identity).encode(encoder, ["漏水"])
    assert len(encoder.calls) == 2


def test_an_engine_started_again_encodes_no_case(tmp_path: Path) -> None:
    cases = [Case(id=str(i), title=f"第{i}种故障", solution_steps=["重启"]) for i in range(5)]
    for _ in range(2):
        encoder = LetterEncoder()
        engine = SearchEngine(encoder, store=VectorCache(tmp_path / "v.sqlite", "letters"))
        engine.upsert(cases)
    assert encoder.calls == []
    assert engine.search("第3种故障").hits[0].case_id == "3"


def test_no_text_gives_no_vector(tmp_path: Path) -> None:
    assert VectorCache(tmp_path / "v.sqlite", "x").encode(LetterEncoder(8), []).shape == (0, 8)
