"""Build the triage model folder from the default encoder and the shipped changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assist.encoder.export import write_encoder
from assist.encoder.vocabulary import chosen_ids, make_tokenizer
from assist.encoder.weights import read_weights
from assist.triage.changes import Changes
from assist.triage.lines import CLASSES

CHANGES_FILE = Path(__file__).parent / "weights" / "changes.npz"


def build_triage(
    target: Path, progress: Callable[[str], None] = lambda _: None, changes: Path = CHANGES_FILE
) -> None:
    """Write the model folder `target`: encoder plus changes, with heads `hazard` and `intent`.

    No torch is needed; takes a few seconds. Raises `EncoderSourceMissing`."""
    progress("reading weights")
    weights = read_weights(choose=chosen_ids)
    changed = Changes(changes)
    progress("quantising")
    write_encoder(
        target,
        weights.shape,
        changed.folded(weights.tensors),
        make_tokenizer(weights.vocabulary),
        heads={name: changed.head(name) for name in ("hazard", "intent")},
        labels={"hazard": CLASSES, "intent": changed.labels("intent")},
    )
    progress(f"written to {target}")


if __name__ == "__main__":
    build_triage(Path("var/models/triage"), print)
