"""Migrated tables equal the declared ones, on each backend, also when several start at once."""

from __future__ import annotations

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url

from api.schema import alembic_config, declared, import_tables, upgrade
from foundation.database import Base


def differences(connection: Connection) -> list[object]:
    import_tables()
    opts = {"compare_type": True, "include_object": declared}
    context = MigrationContext.configure(connection, opts=opts)
    found: list[object] = compare_metadata(context, Base.metadata)
    return found


async def test_an_upgraded_database_has_exactly_the_declared_tables(database_url: str) -> None:
    await asyncio.gather(*(upgrade(database_url) for _ in range(3)))
    await upgrade(database_url)
    engine = create_engine(make_url(database_url.replace("+aiosqlite", "")))
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


def test_there_is_one_head() -> None:
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    assert len(script.get_heads()) == 1
