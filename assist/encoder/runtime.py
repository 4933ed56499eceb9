"""Sentence vectors on ONNX Runtime.

Needs numpy, onnxruntime and tokenizers alone, on Python 3.10 and later: the bot's environment
imports this module from the repository root.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assist.encoder.errors import EncoderNotBuilt

MODEL_FILE, TOKENIZER_FILE, CONFIG_FILE = "model.onnx", "tokenizer.json", "encoder.json"
EMBEDDING = "embedding"

Prompt = Literal["query", "passage"]
Vectors = NDArray[np.float32]

_LONGEST_PIECE = 16
_BATCH_TEXTS = 16
_BATCH_TOKENS = 2048
_PADDING_ALLOWED = 4


class Encoder(Protocol):
    """Turns texts into vectors whose dot product is their likeness."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str], prompt: Prompt = "query") -> Vectors:
        """Vectors of `texts`, float32 (len(texts), dimension), each of length 1. `prompt` says
        whether the texts are questions or the documents that answer them."""


@dataclass(frozen=True)
class Explanation:
    """`logits` (classes,) of one text; `added` (tokens, classes), whose sum over the tokens is
    `logits` less the head's bias; `spans`, the characters of each token, negative in the prompt."""

    logits: Vectors
    spans: list[tuple[int, int]]
    added: Vectors


class OnnxEncoder:
    """An encoder built by `assist.encoder.build` or exported by `assist.encoder.export`.

    Safe to share between threads. `heads` names the extra outputs of a fine-tuned export;
    `identity` changes whenever the vectors do."""

    def __init__(self, path: Path | str, threads: int = 1) -> None:
        """Load the folder `path`. Raises `EncoderNotBuilt`."""
        folder = Path(path)
        if not is_built(folder):
            raise EncoderNotBuilt(folder)
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        self.dimension: int = config["dimension"]
        self.max_tokens: int = config["max_tokens"]
        self.identity: str = config["identity"]
        self.heads: dict[str, list[str]] = config["heads"]
        self._prompts: dict[str, str] = config["prompts"]
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._pad = cast(int, self._tokenizer.token_to_id(config["pad_token"]))
        self._session = _open_session(folder / MODEL_FILE, threads)

    def encode(self, texts: Sequence[str], prompt: Prompt = "query") -> Vectors:
        """See `Encoder.encode`. Text beyond 512 tokens is ignored; empty text has a vector too."""
        return self._run(texts, self._prompts[prompt], [EMBEDDING])[0]

    def encode_with_heads(
        self, texts: Sequence[str], prompt: Prompt = "query"
    ) -> tuple[Vectors, dict[str, Vectors]]:
        """Vectors as `encode` gives, and for each head its logits (len(texts), classes)."""
        vectors, *logits = self._run(texts, self._prompts[prompt], [EMBEDDING, *self.heads])
        return vectors, dict(zip(self.heads, logits, strict=True))

    def explain(self, text: str, head: str, prompt: Prompt = "query") -> Explanation:
        """One text's logits for `head`, with what each of its tokens adds to them."""
        prefix = self._prompts[prompt]
        encoding = self._tokenizer.encode(prefix + _clean(text, self.max_tokens))
        ids = np.array([encoding.ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        logits, tokens = self._session.run([head, f"{head}.tokens"], feed)
        spans = [(start - len(prefix), end - len(prefix)) for start, end in encoding.offsets]
        return Explanation(logits[0], spans, tokens[0] / ids.shape[1])

    def encode_plain(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts that carry their prompt already."""
        return self._run(texts, "", [EMBEDDING])[0]

    def _run(self, texts: Sequence[str], prefix: str, outputs: list[str]) -> list[Vectors]:
        if isinstance(texts, str):
            raise TypeError("encode takes a sequence of texts, not one text")
        ids = [self._token_ids(prefix + text) for text in texts]
        sizes = [self.dimension, *(len(self.heads[name]) for name in outputs[1:])]
        results = [np.empty((len(ids), size), dtype=np.float32) for size in sizes]
        for rows in _batches([len(i) for i in ids]):
            tokens, mask = self._pad_together([ids[row] for row in rows])
            feed = {"input_ids": tokens, "attention_mask": mask}
            for result, values in zip(results, self._session.run(outputs, feed), strict=True):
                result[rows] = values
        return results

    def _token_ids(self, text: str) -> list[int]:
        return self._tokenizer.encode(_clean(text, self.max_tokens)).ids

    def _pad_together(self, ids: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        longest = max(len(i) for i in ids)
        tokens = np.full((len(ids), longest), self._pad, dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.int64)
        for row, values in enumerate(ids):
            tokens[row, : len(values)] = values
            mask[row, : len(values)] = 1
        return tokens, mask


def _clean(text: str, max_tokens: int) -> str:
    return text[: max_tokens * _LONGEST_PIECE].encode("utf-8", "ignore").decode("utf-8")


def is_built(folder: Path) -> bool:
    """Whether `folder` holds a built encoder."""
    return all((folder / name).is_file() for name in (MODEL_FILE, TOKENIZER_FILE, CONFIG_FILE))


def _open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        str(path), sess_options=options, providers=["CPUExecutionProvider"]
    )


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Rows grouped by similar length, so that little padding is computed."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        too_many = len(batch) == _BATCH_TEXTS or (len(batch) + 1) * lengths[row] > _BATCH_TOKENS
        if batch and (too_many or lengths[row] > lengths[batch[0]] + _PADDING_ALLOWED):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
