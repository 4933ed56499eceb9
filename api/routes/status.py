"""Where a complaint stands, for its customer: number and contact phone open it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Anonymous, PartsNow, address_of
from api.schemas.complaints import StatusIn, StatusRatingIn, StatusReplyIn, StatusView
from api.wiring import Parts
from complaints.model import normal_number
from complaints.storage import Complaint
from foundation.errors import NotFound

router = APIRouter(prefix="/status", tags=["customer"], dependencies=[Anonymous])


@router.post("")
async def status(body: StatusIn, parts: PartsNow, request: Request) -> StatusView:
    """State, next step and the customer's part of the timeline."""

    async def look(session: AsyncSession) -> Complaint:
        return await parts.complaints.customers.look_up(session, body.no, body.phone)

    return await _answer(parts, request, body, look)


@router.post("/reply")
async def reply(body: StatusReplyIn, parts: PartsNow, request: Request) -> StatusView:
    """Add a word; what waited for the customer goes on."""

    async def say(session: AsyncSession) -> Complaint:
        return await parts.complaints.customers.reply(session, body.no, body.phone, body.text)

    return await _answer(parts, request, body, say)


@router.post("/rating")
async def rating(body: StatusRatingIn, parts: PartsNow, request: Request) -> StatusView:
    """Rate the outcome; not satisfied starts a second processing."""

    async def rate(session: AsyncSession) -> Complaint:
        return await parts.complaints.customers.rate(
            session,
            body.no,
            body.phone,
            score=body.score,
            satisfied=body.satisfied,
            comment=body.comment,
        )

    return await _answer(parts, request, body, rate)


async def _answer(
    parts: Parts,
    request: Request,
    body: StatusIn,
    act: Callable[[AsyncSession], Awaitable[Complaint]],
) -> StatusView:
    """Wrong tries are counted per number and address; right ones are free."""
    bucket = f"{normal_number(body.no)}:{address_of(request)}"
    parts.status_limit.take(bucket)
    wrong = False
    try:
        async with parts.work.begin() as session:
            complaint = await act(session)
            return await parts.complaint_presenter.status(session, complaint)
    except NotFound:
        wrong = True
        raise
    finally:
        if not wrong:
            parts.status_limit.refund(bucket)
