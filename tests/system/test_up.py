"""`frontline up` and Ctrl-C."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.system.conftest import start, stop

pytestmark = [pytest.mark.rasa, pytest.mark.journey]


def test_a_second_start_keeps_the_accounts_and_ctrl_c_stops_everything(tmp_path: Path) -> None:
    first = start(tmp_path)
    assert {"admin", "supervisor", "agent1"} <= first.accounts.keys()
    assert stop(first) == 0
    second = start(tmp_path)
    assert second.accounts == {}
    port = urlsplit(second.base).port
    pids = [second.pid("api"), second.pid("rasa")]
    assert stop(second) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
