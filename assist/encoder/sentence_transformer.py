"""The built encoder under the sentence-transformers API.

`SentenceTransformer(folder, trust_remote_code=True)` finds this class through the folder's
modules.json; the library asks for that flag for every class outside its own package.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule

from assist.encoder.export import SENTENCE_PROMPTS
from assist.encoder.runtime import (
    CONFIG_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    OnnxEncoder,
)


class OnnxModule(InputModule):  # type: ignore[misc]
    """Tokens, network and pooling in one module; runs `OnnxEncoder`, does not train."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._encoder = OnnxEncoder(folder, threads=torch.get_num_threads())
        self.max_seq_length = self._encoder.max_tokens

    def get_embedding_dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def preprocess(
        self, inputs: Sequence[str], prompt: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """The texts themselves, their prompt before them."""
        return {"texts": [f"{prompt or ''}{text}" for text in inputs]}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Adds `sentence_embedding`, float32 (texts, dimension)."""
        vectors = self._encoder.encode_plain(features["texts"])
        return {**features, "sentence_embedding": torch.from_numpy(vectors)}

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **_: Any) -> OnnxModule:
        """Load a built folder. Raises `EncoderNotBuilt`."""
        return cls(Path(model_name_or_path, subfolder))

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Copy the model's files."""
        for name in (MODEL_FILE, TOKENIZER_FILE, CONFIG_FILE):
            shutil.copy(self._folder / name, output_path)


def open_sentence_transformer(folder: Path) -> SentenceTransformer:
    """A built encoder as `SentenceTransformer`, with its prompts. Raises `EncoderNotBuilt`."""
    return SentenceTransformer(modules=[OnnxModule(folder)], prompts=SENTENCE_PROMPTS, device="cpu")
