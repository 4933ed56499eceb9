"""Migrated tables equal the declared ones, on each backend, also when several start at once."""

from __future__ import annotations

import asyncio

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text

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


async def test_complaints_from_the_first_release_survive(database_url: str) -> None:
    config = alembic_config(database_url)
    await asyncio.to_thread(command.upgrade, config, "0001")
    engine = create_engine(make_url(database_url.replace("+aiosqlite", "")))
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO complaints (no, channel, category, hazard, priority, sensitive, state,"
                " summary, product, phone, created_at) VALUES ('TS20251105-0042', 'web', '', '',"
                " 'general', false, 'received', '修了三次', '冰箱', '138-0000-1234',"
                " '2025-11-05 02:30:00')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO complaint_timeline (complaint_no, at, actor, act, reason, visible_to,"
                " detail) VALUES ('TS20251105-0042', '2025-11-05 02:30:00', 'system', 'received',"
                " '', 'customer', '{}')"
            )
        )
    await upgrade(database_url)
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT state, key, phone, version, life, is_open, next_due_at FROM complaints")
        ).one()
        acts = connection.execute(text("SELECT act, version FROM complaint_timeline")).all()
    engine.dispose()
    assert tuple(kept) == ("received", 20251105000042, "13800001234", 1, 1, True, None)
    assert [tuple(act) for act in acts] == [("received", 1)]


async def test_the_life_of_complaints_can_be_taken_back(database_url: str) -> None:
    config = alembic_config(database_url)
    await asyncio.to_thread(command.upgrade, config, "0003")
    await asyncio.to_thread(command.downgrade, config, "0002")
    await upgrade(database_url)
