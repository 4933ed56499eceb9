"""Foundation: settings from the environment, clocks, errors, ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import errors
from foundation.clock import FixedClock, OffsetClock
from foundation.ids import new_id
from foundation.settings import Settings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTLINE_PORT", "9001")
    monkeypatch.setenv("FRONTLINE_OFFICE_OPENS", "08:30")
    settings = Settings(_env_file=None)
    assert settings.port == 9001
    assert settings.office_opens.minute == 30


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_an_empty_database_url_means_a_file_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    assert settings.effective_database_url == f"sqlite+aiosqlite:///{tmp_path}/frontline.db"


def test_secrets_are_not_printed() -> None:
    assert "hunter2" not in repr(Settings(_env_file=None, secret_key="hunter2"))


def test_an_offset_clock_runs_from_where_it_was_set() -> None:
    start = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)
    clock = OffsetClock(start)
    assert timedelta(0) <= clock.now() - start < timedelta(seconds=5)


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(datetime(2025, 11, 5, 10, 30, tzinfo=UTC))
    before = clock.now()
    clock.advance(seconds=60)
    assert clock.now() - before == timedelta(seconds=60)


def test_every_error_has_a_code_of_its_own() -> None:
    tree = [errors.FrontlineError, *errors.FrontlineError.__subclasses__()]
    assert len({error.code for error in tree}) == len(tree)


@given(st.integers(2, 50))
def test_ids_are_unique_and_sort_by_time(count: int) -> None:
    ids = [new_id("msg") for _ in range(count)]
    assert len(set(ids)) == count
    assert all(i.startswith("msg_") for i in ids)
