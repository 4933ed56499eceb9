"""Training the bot in its own environment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from foundation.errors import Unavailable
from foundation.settings import ROOT, Settings

BOT = ROOT / "bot"
PYTHON = BOT / ".venv" / "bin" / "python"
MODELS = BOT / "models"
MODEL_NAME = "frontline"
TRAINING_LIMIT_S = 900


def bot_variables(settings: Settings) -> dict[str, str]:
    """What every process that runs Rasa needs beside the caller's environment."""
    return {
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TQDM_DISABLE": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "FRONTLINE_ENCODER_MODEL": settings.encoder_path,
    }


def bot_environment(settings: Settings) -> Mapping[str, str]:
    """The caller's environment with `bot_variables`."""
    return {**os.environ, **bot_variables(settings)}


def train_bot(
    settings: Settings,
    told: Callable[[str], None] = print,
    *,
    output: Path = MODELS,
    data: Path | None = None,
) -> Path:
    """Train on bot/data (or `data`) and give the model's file. The same data gives the same model.

    Raises:
        Unavailable: the bot's environment is missing, or Rasa refused; its last lines are the
            reason.
    """
    if not PYTHON.exists():
        raise Unavailable("bot", f"its environment is missing: {PYTHON}")
    told("training the bot (about two minutes)")
    command = [
        str(PYTHON), "-m", "rasa", "train",
        "--config", "config.yml", "--domain", "domain", "--data", str(data or "data"),
        "--out", str(output), "--fixed-model-name", MODEL_NAME, "--force",
    ]  # fmt: skip
    finished = subprocess.run(
        command,
        cwd=BOT,
        env=bot_environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TRAINING_LIMIT_S,
        check=False,
    )
    lines = finished.stdout.decode("utf-8", "replace").strip().splitlines()
    model = output / f"{MODEL_NAME}.tar.gz"
    if finished.returncode or not model.exists():
        raise Unavailable("bot", "training failed: " + " / ".join(lines[-5:]))
    told(f"bot trained: {model.relative_to(ROOT) if model.is_relative_to(ROOT) else model}")
    return model
