"""`frontline up` and Ctrl-C."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.system.conftest import start, stop

pytestmark = [pytest.mark.rasa, pytest.mark.journey]


def test_the_second_start_is_quick_and_ctrl_c_stops_everything(tmp_path: Path) -> None:
    first = start(tmp_path)
    assert {"admin", "supervisor", "agent1"} <= first.accounts.keys()
    assert stop(first) == 0
    began = time.monotonic()
    second = start(tmp_path)
    seconds = time.monotonic() - began
    assert second.accounts == {}
    port = urlsplit(second.base).port
    pids = [second.pid("api"), second.pid("rasa")]
    assert stop(second) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert seconds < 45, "the promise is 20 s on an idle machine"
