"""Open the encoder that the settings name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assist.encoder.errors import EncoderNotBuilt
from assist.encoder.runtime import Encoder, OnnxEncoder, Prompt, Vectors, is_built

_PARTS_OF_A_MODEL_NAME = 2


def load_encoder(name_or_path: Path | str, threads: int = 1) -> Encoder:
    """The built encoder in a folder, else any sentence-transformers model by name or path.

    Only the second imports torch. Raises `EncoderNotBuilt` for a folder that holds neither."""
    path = Path(name_or_path)
    if is_built(path):
        return OnnxEncoder(path, threads)
    is_folder = path.is_absolute() or path.exists() or len(path.parts) > _PARTS_OF_A_MODEL_NAME
    if is_folder and not (path / "config.json").is_file():
        raise EncoderNotBuilt(path)
    return SentenceTransformerEncoder(str(name_or_path))


class SentenceTransformerEncoder:
    """Any sentence-transformers model behind our `Encoder` protocol."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import SentenceTransformer

        self._model: Any = SentenceTransformer(name, device="cpu")
        self.dimension = int(self._model.get_embedding_dimension())
        self.identity = hashlib.sha256(name.encode()).hexdigest()[:16]

    def encode(self, texts: Sequence[str], prompt: Prompt = "query") -> Vectors:
        """See `Encoder.encode`; a model without a prompt of that name gets the bare text."""
        encode = self._model.encode_query if prompt == "query" else self._model.encode_document
        vectors = encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)
