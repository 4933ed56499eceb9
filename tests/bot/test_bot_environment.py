"""What can only be tested with the bot's own Python, run there."""

from __future__ import annotations

import subprocess

import pytest

from bot.training import BOT, PYTHON, bot_environment
from foundation.settings import Settings


@pytest.mark.rasa
@pytest.mark.skipif(not PYTHON.exists(), reason="the bot's environment is not built here")
def test_the_parts_that_rasa_loads() -> None:
    command = [str(PYTHON), "-W", "ignore", "-m", "unittest", "discover"]
    command += ["-s", "bot/tests", "-t", "."]
    done = subprocess.run(
        command,
        cwd=BOT.parent,
        env=bot_environment(Settings()),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "\nOK" in done.stderr
    assert "Ran 0 tests" not in done.stderr
