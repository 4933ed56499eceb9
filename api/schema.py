"""Bringing the database's tables to the newest revision."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

from complaints import full_text
from foundation.settings import ROOT

TABLES = (
    "api.staff.storage",
    "assist.feedback.storage",
    "complaints.archive.storage",
    "complaints.compensation.payouts",
    "complaints.compensation.storage",
    "complaints.observation.storage",
    "complaints.storage",
    "complaints.tiering",
    "conversations.channels.wechat.storage",
    "conversations.storage",
    "knowledge_base.storage",
    "orders.storage",
    "repairs.storage",
    "webhooks.storage",
)
"""Every module that declares tables."""

_IN_THIS_PROCESS = threading.Lock()
"""Alembic's context is one per process."""


def import_tables() -> None:
    """Register every table on `foundation.database.Base`."""
    for module in TABLES:
        import_module(module)


def declared(_item: Any, name: str | None, _kind: str, _reflected: bool, _other: Any) -> bool:
    """Whether Alembic compares this object; full-text search keeps tables of its own."""
    return not full_text.is_ours(name)


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration for one database."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "api" / "migrations"))
    config.attributes["database_url"] = database_url
    return config


async def upgrade(database_url: str) -> None:
    """Upgrade to the newest revision; processes that start together wait for one another."""
    await asyncio.to_thread(_upgrade, database_url)


def _upgrade(database_url: str) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _IN_THIS_PROCESS, _alone(database_url):
        command.upgrade(alembic_config(database_url), "head")


@contextlib.contextmanager
def _alone(database_url: str) -> Iterator[None]:
    """One upgrader at a time on SQLite; PostgreSQL takes an advisory lock of its own."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        yield
        return
    lock = Path(f"{url.database}.upgrade")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
