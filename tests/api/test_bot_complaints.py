"""What the bot keeps of a customer's word on a complaint."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from api.bot_actions import Complaints
from api.wiring import Parts
from bot.actions.services import Kept
from complaints.storage import Complaint
from complaints.storage import TimelineEntry as Entry
from foundation.errors import NotFound


async def complaint_of(parts: Parts, conversation_id: str | None, state: str = "received") -> str:
    async with parts.work.begin() as session:
        opened = await parts.complaints.open(
            session, channel="web", summary="洗衣机漏水", product="洗衣机", phone="13800001234",
            category="product_quality", conversation_id=conversation_id,
        )  # fmt: skip
        opened.state = state
        return opened.no


async def test_a_word_is_kept_and_an_unsolved_one_begins_another_round(parts: Parts) -> None:
    desk = Complaints(parts.work, parts.complaints)
    conversation = await parts.intake.start("web")
    urged = await complaint_of(parts, conversation.id)
    assert await desk.add_word(urged, conversation.id, "催一下", unsolved=False) is Kept.NOTED
    resolved = await complaint_of(parts, conversation.id, "resolved")
    again = await desk.add_word(resolved, conversation.id, "今天又漏了", unsolved=True)
    assert again is Kept.REOPENED
    async with parts.work.reading() as session:
        assert (await session.get_one(Complaint, resolved)).state != "resolved"
        query = select(Entry.reason).where(
            Entry.complaint_no == urged, Entry.act == "customer_said"
        )
        assert list(await session.scalars(query)) == ["催一下"]


async def test_nobody_speaks_for_anothers_complaint(parts: Parts) -> None:
    desk = Complaints(parts.work, parts.complaints)
    mine, other = await parts.intake.start("web"), await parts.intake.start("web")
    no = await complaint_of(parts, mine.id, "resolved")
    assert await desk.add_word(no, other.id, "没修好", unsolved=True) is Kept.NOT_HIS
    async with parts.work.reading() as session:
        assert (await session.get_one(Complaint, no)).state == "resolved"
    with pytest.raises(NotFound):
        await desk.add_word("TS20200101-0001", mine.id, "没修好", unsolved=True)
