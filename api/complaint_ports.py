"""Complaints joined to conversations, staff and pages: the adapters of `complaints.ports`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.staff.model import DESK
from api.staff.storage import Staff
from complaints.model import ClockKind
from complaints.ports import Call, Colleague
from complaints.service import ComplaintService
from complaints.storage import Complaint, locked
from conversations.duty import Duty
from conversations.model import Sender
from conversations.speaking import notify
from conversations.storage import Message, PageCall, get_conversation
from foundation.clock import Clock
from foundation.ids import new_id
from foundation.transactions import UnitOfWork, announce

log = structlog.get_logger(__name__)

CLOCK_LEVEL = "clock"
REASON_CHARS = 300


class PageEscalations:
    """`complaints.ports.Escalations` by pages, one open page a complaint."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def page(self, session: AsyncSession, calls: Sequence[Call]) -> None:
        """Call supervisors, or everybody when the complaint is urgent."""
        now = self._clock.now()
        query = select(PageCall).where(
            PageCall.complaint_no.in_({call.complaint.no for call in calls}),
            PageCall.acknowledged_at.is_(None),
        )
        pages = {page.complaint_no: page for page in (await session.execute(query)).scalars()}
        for call in calls:
            complaint = call.complaint
            page = pages.get(complaint.no)
            if page is None:
                page = PageCall(
                    id=new_id("page"),
                    conversation_id=complaint.conversation_id,
                    complaint_no=complaint.no,
                    episode=1,
                    level=CLOCK_LEVEL,
                    created_at=now,
                )
                pages[complaint.no] = page
                session.add(page)
            page.category = call.kind
            page.reason = call.why[:REASON_CHARS]
            page.audience = "everyone" if complaint.priority == "urgent" else "supervisors"
            page.last_paged_at = now
            announce(session, "page", page_id=page.id)


class ConversationVoice:
    """`complaints.ports.Voice` by the conversation that the complaint came from."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def tell(self, session: AsyncSession, complaint: Complaint, text: str) -> bool:
        """Append a notice to the conversation; it goes out by the outbox, once."""
        if complaint.conversation_id is None:
            return False
        conversation = await get_conversation(session, complaint.conversation_id, lock=True)
        notify(session, conversation, text, self._clock.now())
        return True


class DeskStaffing:
    """`complaints.ports.Staffing` by the accounts and the skills kept with them."""

    def __init__(self, clock: Clock, duty: Duty) -> None:
        self._clock = clock
        self._duty = duty

    async def colleagues(self, session: AsyncSession) -> Sequence[Colleague]:
        """Active staff of the desk, by name."""
        query = (
            select(Staff)
            .where(Staff.active.is_(True), Staff.role.in_(sorted(DESK)))
            .order_by(Staff.display_name)
        )
        staff = list((await session.execute(query)).scalars())
        seen = await self._duty.present(session, self._clock.now())
        here = {presence.staff_id for presence in seen}
        return [
            Colleague(
                person.id,
                person.display_name,
                person.role,
                present=person.id in here,
                skills=frozenset(person.skills),
            )
            for person in staff
        ]


class Listening:
    """Hears in conversations what concerns their complaints.

    What the customer says ends the wait for him; what an agent says is a human response.
    """

    def __init__(self, clock: Clock, work: UnitOfWork, complaints: ComplaintService) -> None:
        self._clock = clock
        self._work = work
        self._complaints = complaints
        self._news: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen from now on."""
        self._work.events.listen(self._heard)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Take in what was heard, then listen no more."""
        if self._task is None:
            return
        await self._news.join()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _heard(self, topic: str, payload: dict[str, Any]) -> None:
        if topic == "message" and payload["sender"] in (Sender.CUSTOMER, Sender.AGENT):
            self._news.put_nowait(payload)

    async def _run(self) -> None:
        while True:
            payload = await self._news.get()
            try:
                await self._take_in(payload)
            except Exception:
                log.exception("complaints_not_told", conversation=payload["conversation_id"])
            finally:
                self._news.task_done()

    async def _take_in(self, payload: dict[str, Any]) -> None:
        customer = payload["sender"] == Sender.CUSTOMER
        concerned = Complaint.conversation_id == payload["conversation_id"]
        waiting = Complaint.waiting.is_(True) if customer else Complaint.next_clock != ""
        query = select(Complaint.no).where(concerned, waiting, Complaint.is_open.is_(True))
        async with self._work.reading() as session:
            numbers = list((await session.execute(query)).scalars())
        for no in numbers:
            async with self._work.begin() as session:
                if customer:
                    message = await session.get(Message, payload["message_id"])
                    await self._complaints.customers.said(
                        session, no, message.text if message else ""
                    )
                else:
                    await self._answered(session, no)

    async def _answered(self, session: AsyncSession, no: str) -> None:
        complaint = await locked(session, no)
        keeper = self._complaints.keeper
        if await keeper.runs(session, complaint, ClockKind.FIRST_RESPONSE):
            now = self._clock.now()
            await keeper.settle(session, complaint, now)
            await keeper.met(session, complaint, now, ClockKind.FIRST_RESPONSE)
