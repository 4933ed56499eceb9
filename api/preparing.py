"""What must be there before any process serves: tables, the shipped library, first accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from api.schema import upgrade
from api.staff.service import NewAccount, StaffService
from foundation.clock import SystemClock
from foundation.database import Database
from foundation.events import InProcessEvents
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from knowledge_base.seeding import load_seed
from knowledge_base.service import CaseLibrary

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Store:
    """The database and what commands need over it, without encoder, bot or channels."""

    work: UnitOfWork
    staff: StaffService
    library: CaseLibrary


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The upgraded database for the length of one command."""
    await upgrade(settings.effective_database_url)
    database = Database(settings.effective_database_url)
    clock = SystemClock()
    work = UnitOfWork(database, InProcessEvents())
    try:
        staff = StaffService(settings, clock, work)
        yield Store(work, staff, CaseLibrary(clock, settings.timezone))
    finally:
        await database.close()


async def prepare(settings: Settings) -> list[NewAccount]:
    """Upgrade the tables, load the seed, make the first accounts; those made just now.

    Safe at every start and in every process.
    """
    async with opened(settings) as store:
        async with store.work.begin() as session:
            seed = await load_seed(session, SystemClock())
        log.info("seed_loaded", added=seed.added, updated=seed.updated, kept=seed.kept)
        return await store.staff.create_first_accounts()


def accounts_text(accounts: list[NewAccount]) -> str:
    """Sign-ins for the terminal, told this once; empty when there are none."""
    if not accounts:
        return ""
    lines = [
        f"  {a.staff.username:<12} {a.password:<16} {a.staff.role} · {a.staff.display_name}"
        for a in accounts
    ]
    return "\n".join(["首次登录账号（只显示这一次，请记下） sign-ins, shown this once:", *lines])
