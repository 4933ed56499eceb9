from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from assist.encoder.errors import EncoderSourceDamaged
from assist.encoder.vocabulary import chosen_ids, make_tokenizer
from assist.encoder.weights import cut_pieces, dequantise, read_vocabulary, read_weights, wheel_file


@pytest.fixture(scope="module")
def whole() -> Tokenizer:
    return make_tokenizer(read_vocabulary(wheel_file()))


@pytest.fixture(scope="module")
def cut() -> Tokenizer:
    pieces = read_vocabulary(wheel_file())
    return make_tokenizer(cut_pieces(pieces, chosen_ids(pieces)))


def test_a_block_is_a_scale_and_two_halves() -> None:
    nibbles = bytes(low | (15 - low) << 4 for low in range(16))
    values = dequantise(struct.pack("<e", 0.5) + nibbles, (1, 32))
    np.testing.assert_allclose(values[0, :16], (np.arange(16) - 8) * 0.5)
    np.testing.assert_allclose(values[0, 16:], (7 - np.arange(16)) * 0.5)


def test_the_cut_keeps_rows_and_pieces_together() -> None:
    ids = [0, 1, 2, 3, 5000, 70000, 200000]
    cut = read_weights(choose=lambda _: ids)
    pieces = read_vocabulary(wheel_file())
    assert cut.vocabulary.pieces == [pieces.pieces[i] for i in ids]
    assert cut.tensors["embeddings.word_embeddings.weight"].shape == (7, 384)
    assert cut.shape.vocab_size == 7


@pytest.mark.parametrize("content", [b"", b"PK\3\4 not it", b"E5S1" + b"\0" * 60])
def test_a_foreign_file_is_named_in_the_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(EncoderSourceDamaged, match=r"weights\.bin"):
        read_weights(path)


@pytest.mark.parametrize(
    "text",
    [
        "洗衣机漏水怎么办",
        "洗衣機漏水怎麼辦",
        "BCD-520WDPD冰箱显示E3",
        "升级firmware之后Bluetooth连不上",
        "退款￥1,299.00（已付）",
        "修得好👍😂",
        "30℃ 220V≈1.5kW",
    ],
)
def test_the_cut_vocabulary_spells_after_sales_text_without_unknowns(
    text: str, whole: Tokenizer, cut: Tokenizer
) -> None:
    tokens = cut.encode(text).tokens
    assert tokens == whole.encode(text).tokens
    assert "<unk>" not in tokens
