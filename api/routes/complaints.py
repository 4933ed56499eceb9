"""Complaints read by the desk: list, counts, board, words, one complaint with everything."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import DeskStaff, OverrideStaff, PartsNow, address_of
from api.presenting_compensations import actor_of
from api.schemas.base import PathKey, SearchWords
from api.schemas.complaints import (
    BoardOut,
    BoardTotals,
    CalendarOut,
    ComplaintCounts,
    ComplaintDetail,
    ComplaintList,
    Holder,
    Options,
    StaffOption,
)
from api.schemas.desk import Revealed, RevealIn
from api.wiring import Parts
from complaints.listing import (
    BOARD_ROWS,
    Filters,
    Sort,
    View,
    board,
    counts,
    load_of,
    page_of,
)
from complaints.model import (
    Category,
    Channel,
    ClockKind,
    Motive,
    Need,
    Priority,
    RejectReason,
    Responsibility,
    State,
)
from complaints.observation.storage import open_alerts
from complaints.service.recording import enter
from complaints.storage import Complaint, locked
from complaints.transitions import ALLOWED
from complaints.working_time import last_known_year
from conversations.storage import Customer
from foundation.errors import NotFound

router = APIRouter(prefix="/complaints", tags=["complaints"])

Chosen = Annotated[str, Query(max_length=80)]


@router.get("")
async def list_complaints(
    staff: DeskStaff,
    parts: PartsNow,
    view: View = View.OPEN,
    state: Annotated[list[State] | None, Query()] = None,
    priority: Annotated[list[Priority] | None, Query()] = None,
    category: Chosen = "",
    channel: Chosen = "",
    sensitive: bool | None = None,
    assigned_to: Chosen = "",
    product: SearchWords = "",
    q: SearchWords = "",
    since: Annotated[date | None, Query(alias="from")] = None,
    until: Annotated[date | None, Query(alias="to", le=date(9000, 1, 1))] = None,
    sort: Sort = Sort.NEWEST,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Chosen = "",
) -> ComplaintList:
    """One page of complaints; `q` searches numbers, phones and full text."""
    filters = Filters(
        view, state or (), priority or (), category, channel, sensitive, assigned_to, product, q,
        since, until, sort, limit, cursor,
    )  # fmt: skip
    async with parts.work.reading() as session:
        page = await page_of(session, filters, staff.id)
        items = await parts.complaint_presenter.summaries(session, page.items, staff.id)
    return ComplaintList(items=items, next_cursor=page.next_cursor)


@router.get("/counts")
async def count_complaints(staff: DeskStaff, parts: PartsNow) -> ComplaintCounts:
    """How many each tab holds."""
    async with parts.work.reading() as session:
        found = await counts(session, staff.id)
        inbox = await parts.compensations.judge.inbox(session, actor_of(staff), 0)
    return ComplaintCounts(**found, approvals=inbox[1])


@router.get("/board")
async def board_of_clocks(_staff: OverrideStaff, parts: PartsNow) -> BoardOut:
    """The clocks that need eyes, the most late first, and who holds how much."""
    async with parts.work.reading() as session:
        found = await board(session)
        alerts = await open_alerts(session, BOARD_ROWS)
    return BoardOut(
        now=parts.clock.now(),
        totals=BoardTotals(**found.totals),
        clocks=[parts.complaint_presenter.board_clock(row, c) for row, c in found.rows],
        alerts=[parts.complaint_presenter.board_alert(*entry) for entry in alerts],
        holders=[Holder(**holder) for holder in found.holders],
    )


@router.get("/options")
async def options(_staff: DeskStaff, parts: PartsNow) -> Options:
    """All words the pages offer, colleagues with their load, and the calendar."""
    async with parts.work.reading() as session:
        colleagues = await parts.complaints.ports.staffing.colleagues(session)
        load = await load_of(session)
    return Options(
        states=list(State),
        moves={state: sorted(targets) for state, targets in ALLOWED.items()},
        categories=list(Category),
        priorities=list(Priority),
        needs=list(Need),
        motives=list(Motive),
        responsibilities=list(Responsibility),
        channels=list(Channel),
        clock_kinds=list(ClockKind),
        reject_reasons=list(RejectReason),
        staff=[
            StaffOption(id=c.id, display_name=c.display_name, role=c.role, open=load.get(c.id, 0))
            for c in colleagues
        ],
        calendar=CalendarOut(
            shifts=[_hours(line) for line in parts.settings.work_shifts],
            timezone=parts.settings.timezone,
            known_until=last_known_year(),
        ),
    )


@router.get("/{no}")
async def read_complaint(no: PathKey, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """Everything the complaint page shows."""
    async with parts.work.reading() as session:
        complaint = await parts.complaints.find(session, no)
        return await parts.complaint_presenter.detail(session, complaint, staff)


@router.post("/{no}/reveal")
async def reveal(
    no: PathKey, body: RevealIn, staff: DeskStaff, parts: PartsNow, request: Request
) -> Revealed:
    """Show the masked phone in full; the look is noted in timeline and audit log."""
    number = await _number(parts, no)
    async with parts.work.begin() as session:
        complaint = await locked(session, number)
        parts.staff.audit(
            session, staff, "reveal", number, address=address_of(request), field=body.field
        )
        enter(session, complaint, actor_of(staff), "revealed", parts.clock.now(),
              detail={"field": body.field})  # fmt: skip
        return Revealed(value=await _phone(session, complaint))


async def _number(parts: Parts, typed: str) -> str:
    async with parts.work.reading() as session:
        return (await parts.complaints.find(session, typed)).no


async def _phone(session: AsyncSession, complaint: Complaint) -> str:
    if complaint.phone or complaint.customer_id is None:
        return complaint.phone
    customer = await session.get(Customer, complaint.customer_id)
    if customer is None:
        raise NotFound("customer", complaint.customer_id)
    return customer.phone


def _hours(line: str) -> tuple[str, str]:
    opens, _, closes = line.partition("-")
    return opens.strip(), closes.strip()
