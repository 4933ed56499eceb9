"""Sentence vectors: `load_encoder` opens one, `assist.encoder.build` makes the default one."""

from assist.encoder.load import load_encoder
from assist.encoder.runtime import Encoder, OnnxEncoder

__all__ = ["Encoder", "OnnxEncoder", "load_encoder"]
