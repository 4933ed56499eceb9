"""What a journey's setup tells of a complaint is reached by the moves of its own life."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from api.journeys.lives import REOPENED, Lives
from api.wiring import Parts
from complaints.model import State
from complaints.storage import Complaint, ComplaintLife, TimelineEntry
from foundation.errors import InvalidInput


async def led(parts: Parts, told: str) -> Complaint:
    async with parts.work.begin() as session:
        complaint = await parts.complaints.open(session, channel="web", summary="冰箱不制冷")
        await Lives(parts.complaints, parts.compensations).lead(session, complaint, told)
    return complaint


@pytest.mark.parametrize("state", list(State))
async def test_every_state_is_reached_by_moves(parts: Parts, state: State) -> None:
    complaint = await led(parts, state)
    async with parts.work.reading() as session:
        query = select(TimelineEntry).where(TimelineEntry.to_state.is_not(None))
        moves = (await session.execute(query.order_by(TimelineEntry.id))).scalars().all()
    assert complaint.state == state
    assert [move.to_state for move in moves][-1:] == ([state] if state != "received" else [])


async def test_a_reopened_complaint_lives_its_second_life(parts: Parts) -> None:
    complaint = await led(parts, REOPENED)
    async with parts.work.reading() as session:
        [first] = (await session.execute(select(ComplaintLife))).scalars()
    assert (complaint.state, complaint.life, first.ended_state) == ("registered", 2, "confirmed")


@pytest.mark.parametrize("told", ["处理中", "registered"])
async def test_nothing_else_is_made_up(parts: Parts, told: str) -> None:
    async with parts.work.begin() as session:
        complaint = await parts.complaints.open(session, channel="web", summary="冰箱不制冷")
        lives = Lives(parts.complaints, parts.compensations)
        await lives.lead(session, complaint, "verified")
        with pytest.raises(InvalidInput):
            await lives.lead(session, complaint, told)
