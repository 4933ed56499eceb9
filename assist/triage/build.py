"""Build the triage model folder from the default encoder and the shipped low-rank changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from assist.encoder.export import write_encoder
from assist.encoder.vocabulary import chosen_ids, make_tokenizer
from assist.encoder.weights import read_weights
from assist.triage.lines import CLASSES

ADAPTER_FILE = Path(__file__).parent / "weights" / "adapter.npz"


def build_triage(
    target: Path, progress: Callable[[str], None] = lambda _: None, adapter: Path = ADAPTER_FILE
) -> None:
    """Write the model folder `target`: encoder plus changes, with heads `hazard` and `intent`.

    No torch is needed; takes a few seconds. Raises `EncoderSourceMissing`."""
    progress("reading weights")
    weights = read_weights(choose=chosen_ids)
    tensors = dict(weights.tensors)
    with np.load(adapter) as changes:
        scale = float(changes["scale"])
        for name in [key.removesuffix(".down") for key in changes if key.endswith(".down")]:
            up = changes[f"{name}.up"].astype(np.float32)
            down = changes[f"{name}.down"].astype(np.float32)
            key = f"{name}.weight"
            tensors[key] = (tensors[key] + scale * up @ down).astype(np.float32)
        heads = {
            name: (
                changes[f"head.{name}.weight"].astype(np.float32),
                changes[f"head.{name}.bias"].astype(np.float32),
            )
            for name in ("hazard", "intent")
        }
        intents = [str(name) for name in changes["labels.intent"]]
    progress("quantising")
    write_encoder(
        target,
        weights.shape,
        tensors,
        make_tokenizer(weights.vocabulary),
        heads=heads,
        labels={"hazard": CLASSES, "intent": intents},
    )
    progress(f"written to {target}")


if __name__ == "__main__":
    build_triage(Path("var/models/triage"), print)
