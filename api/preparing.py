"""What must be there before any process serves: tables, the shipped library, first accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from api.schema import upgrade
from api.staff.service import NewAccount, StaffService
from foundation.clock import Clock, SystemClock
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

    clock: Clock
    work: UnitOfWork
    staff: StaffService
    library: CaseLibrary


class Fillable(Protocol):
    """What the first content goes into; a `Store` is one, and so are `api.wiring.Parts`."""

    @property
    def clock(self) -> Clock:
        """Tells when it was."""
        ...

    @property
    def work(self) -> UnitOfWork:
        """Opens transactions."""
        ...

    @property
    def staff(self) -> StaffService:
        """Makes accounts."""
        ...


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The upgraded database for the length of one command."""
    await upgrade(settings.effective_database_url)
    database = Database(settings.effective_database_url)
    clock = SystemClock()
    work = UnitOfWork(database, InProcessEvents())
    try:
        staff = StaffService(settings, clock, work)
        yield Store(clock, work, staff, CaseLibrary(clock, settings.timezone))
    finally:
        await database.close()


async def prepare(settings: Settings, into: Fillable | None = None) -> list[NewAccount]:
    """Upgrade the tables, load the seed, make the first accounts; those made just now.

    Safe at every start and in every process.
    """
    if into is None:
        async with opened(settings) as store:
            return await _fill(store)
    await upgrade(settings.effective_database_url)
    return await _fill(into)


async def _fill(into: Fillable) -> list[NewAccount]:
    async with into.work.begin() as session:
        seed = await load_seed(session, into.clock)
    log.info("seed_loaded", added=seed.added, updated=seed.updated, kept=seed.kept)
    return await into.staff.create_first_accounts()


def accounts_text(accounts: list[NewAccount]) -> str:
    """Sign-ins for the terminal, told this once; empty when there are none."""
    if not accounts:
        return ""
    lines = [
        f"  {a.staff.username:<12} {a.password:<16} {a.staff.role} · {a.staff.display_name}"
        for a in accounts
    ]
    return "\n".join(["首次登录账号（只显示这一次，请记下） sign-ins, shown this once:", *lines])
