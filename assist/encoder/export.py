"""Write an encoder folder: the int8 model, its tokenizer and the files that describe them.

Whoever fine-tunes the network exports it with `export_bert`; `OnnxEncoder` then reads the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from assist.encoder.graph import Head, Tensors, bert_graph
from assist.encoder.runtime import CONFIG_FILE, MODEL_FILE, TOKENIZER_FILE
from assist.encoder.vocabulary import MAX_TOKENS, PAD_TOKEN
from assist.encoder.weights import BertShape

if TYPE_CHECKING:
    from torch import nn
    from transformers import BertModel

PROMPTS = {"query": "query: ", "passage": "passage: "}
SENTENCE_PROMPTS = {**PROMPTS, "document": PROMPTS["passage"]}
_SENTENCE_MODULE = "assist.encoder.sentence_transformer.OnnxModule"


def export_bert(
    bert: BertModel,
    tokenizer: Tokenizer,
    target: Path,
    heads: Mapping[str, nn.Linear] | None = None,
    labels: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Quantise a torch `BertModel`, with a linear layer per head over its mean-pooled states, into
    the folder `target`, replacing it as a whole.

    `labels[head]` names the classes of a head in the order of its logits (numbers otherwise)."""
    linear = heads or {}
    shape = BertShape(**{name: getattr(bert.config, name) for name in BertShape.__annotations__})
    arrays = {name: (_array(layer.weight), _array(layer.bias)) for name, layer in linear.items()}
    tensors = {name: _array(tensor) for name, tensor in bert.state_dict().items()}
    write_encoder(target, shape, tensors, tokenizer, heads=arrays, labels=labels or {})


def write_encoder(
    target: Path,
    shape: BertShape,
    tensors: Tensors,
    tokenizer: Tokenizer,
    *,
    heads: Mapping[str, Head],
    labels: Mapping[str, Sequence[str]],
) -> None:
    """The same from numpy arrays; see `graph.bert_graph` for their names and shapes."""
    model = bert_graph(shape, tensors, heads).SerializeToString()
    config = {
        "dimension": shape.hidden_size,
        "max_tokens": MAX_TOKENS,
        "pad_token": PAD_TOKEN,
        "prompts": PROMPTS,
        "heads": {
            name: list(labels.get(name, map(str, range(len(bias)))))
            for name, (_, bias) in heads.items()
        },
        "identity": hashlib.sha256(model + tokenizer.to_str().encode()).hexdigest()[:16],
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as scratch:
        folder = Path(scratch) / "encoder"
        folder.mkdir()
        (folder / MODEL_FILE).write_bytes(model)
        tokenizer.save(str(folder / TOKENIZER_FILE))
        for name, content in {CONFIG_FILE: config, **_sentence_transformer_files()}.items():
            (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        if target.exists():
            os.replace(target, Path(scratch) / "replaced")
        os.replace(folder, target)


def _sentence_transformer_files() -> dict[str, Any]:
    return {
        "modules.json": [{"idx": 0, "name": "0", "path": "", "type": _SENTENCE_MODULE}],
        "config_sentence_transformers.json": {
            "model_type": "SentenceTransformer",
            "prompts": SENTENCE_PROMPTS,
            "default_prompt_name": "query",
            "similarity_fn_name": "cosine",
        },
    }


def _array(tensor: Any) -> Any:
    return tensor.detach().float().cpu().numpy().astype(np.float32)
