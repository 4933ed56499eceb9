from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from assist.encoder import OnnxEncoder
from assist.encoder.bert import PooledBert, load_bert, tokenise
from assist.encoder.export import export_bert


def test_a_fine_tuned_network_with_heads_answers_as_in_torch(
    tmp_path: Path, lines: list[str]
) -> None:
    torch.manual_seed(0)
    bert, tokenizer = load_bert()
    network = PooledBert(bert, {"level": nn.Linear(384, 3), "topic": nn.Linear(384, 5)}).eval()
    target = tmp_path / "tuned"
    export_bert(bert, tokenizer, target, network.heads, {"level": ["a", "b", "c"]})

    with torch.inference_mode():
        mean, logits = network(*tokenise(tokenizer, [f"query: {t}" for t in lines[:40]], 128))
    exported = OnnxEncoder(target)
    vectors, served = exported.encode_with_heads(lines[:40])

    expected = nn.functional.normalize(mean).numpy()
    assert (vectors * expected).sum(axis=1).min() > 0.99
    assert exported.heads == {"level": ["a", "b", "c"], "topic": ["0", "1", "2", "3", "4"]}
    for name, values in logits.items():
        assert np.abs(served[name] - values.numpy()).max() < 0.1


def test_replacing_a_folder_leaves_no_litter(built: Path, tmp_path: Path) -> None:
    from assist.encoder.build import build_encoder

    target = tmp_path / "models" / "encoder"
    build_encoder(target)
    before = OnnxEncoder(target).identity
    (target / "left over.txt").touch()
    build_encoder(target)
    assert OnnxEncoder(target).identity == before == OnnxEncoder(built).identity
    assert [path.name for path in target.parent.iterdir()] == ["encoder"]
    assert not (target / "left over.txt").exists()
