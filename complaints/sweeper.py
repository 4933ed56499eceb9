"""Looks after the clocks: warns, records breaches once, escalates once (SPEC section 5).

What is due is found by an index on the moments kept in the database, in batches. A batch is one
transaction: its breaches, timeline entries, notices and pages are kept together or not at all, so a
process that dies in the middle has done nothing, and one that runs twice finds nothing left. Two
sweepers share the work: each passes over complaints that the other holds.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.service import ComplaintService
from complaints.storage import Complaint, ComplaintClock
from foundation.clock import Clock
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

log = structlog.get_logger(__name__)

BATCH = 200


class Sweeper:
    """Sweeps once every `clock_sweep_s`; a missed night is made up for in the first sweep."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        work: UnitOfWork,
        complaints: ComplaintService,
        *,
        batch: int = BATCH,
    ) -> None:
        self._every = settings.clock_sweep_s
        self._clock = clock
        self._work = work
        self._complaints = complaints
        self._batch = batch
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Sweep in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop sweeping."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def sweep(self) -> int:
        """Do everything that is due now; how many warnings, breaches and ends were recorded."""
        total = 0
        while True:
            due = await self._due()
            if not due:
                return total
            done = await self._settle(due)
            total += done
            if done == 0:
                return total

    async def adopt(self) -> int:
        """Start the clocks of complaints from before there were clocks; how many."""
        total = 0
        while True:
            async with self._work.begin() as session:
                adopted = await self._complaints.adopt(session)
            total += adopted
            if adopted == 0:
                return total

    async def _run(self) -> None:
        adopted = False
        while True:
            try:
                if not adopted:
                    await self.adopt()
                    adopted = True
                await self.sweep()
            except Exception as error:
                log.error("clock_sweep_failed", error=type(error).__name__)
            await asyncio.sleep(self._every)

    async def _due(self) -> list[str]:
        """Numbers of complaints on which a clock has something to tell, the longest due first."""
        query = (
            select(ComplaintClock.complaint_no)
            .where(ComplaintClock.next_at <= self._clock.now())
            .order_by(ComplaintClock.next_at)
            .limit(self._batch)
        )
        async with self._work.reading() as session:
            found = (await session.execute(query)).scalars()
            return sorted(set(found))

    async def _settle(self, numbers: list[str]) -> int:
        async with self._work.begin() as session:
            free = await _free(session, numbers)
            return await self._complaints.keeper.settle_all(session, free, self._clock.now())


async def _free(session: AsyncSession, numbers: list[str]) -> list[Complaint]:
    """These complaints, locked, without those that somebody else is writing to."""
    query = (
        select(Complaint)
        .where(Complaint.no.in_(numbers))
        .order_by(Complaint.no)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list((await session.execute(query)).scalars())
