"""What helps agents: triage of a text, suggestions, and what became of them."""

from __future__ import annotations

import asyncio
import time

from fastapi import APIRouter

from api.access import AnyStaff, DeskStaff, PartsNow
from api.schemas.assist import (
    AssistFeedbackIn,
    DraftCheckIn,
    DraftCheckOut,
    DraftWarningOut,
    SuggestionsIn,
    SuggestionsOut,
    TriageIn,
    TriageVerdict,
)
from assist.feedback.model import Act, FeedbackKind
from conversations.model import Level
from conversations.storage import get_conversation

router = APIRouter(tags=["assist"])


@router.post("/triage")
async def judge(body: TriageIn, _staff: AnyStaff, parts: PartsNow) -> TriageVerdict:
    """What triage says of a text, and the advice the customer would get."""
    found = await asyncio.to_thread(parts.triage.assess, body.text)
    routine = found.level is Level.ROUTINE
    return TriageVerdict(
        level=found.level.value,
        category=found.category,
        certainty=found.certainty.value if found.certainty else None,
        score=round(found.score, 4),
        words=list(found.words),
        advice=None if routine else parts.knowledge.safety_advice(found.category),
    )


@router.post("/assist/suggestions")
async def suggest(body: SuggestionsIn, _staff: DeskStaff, parts: PartsNow) -> SuggestionsOut:
    """Up to three solutions and phrases for a conversation or a text."""
    async with parts.work.reading() as session:
        if body.conversation_id is None:
            found = await parts.sidebar.for_text(session, body.text, body.product)
        else:
            conversation = await get_conversation(session, body.conversation_id)
            found = await parts.sidebar.for_conversation(session, conversation)
    return SuggestionsOut.model_validate(found.as_dict())


@router.post("/assist/draft-check")
async def check_draft(body: DraftCheckIn, staff: DeskStaff, parts: PartsNow) -> DraftCheckOut:
    """What in a draft may hurt, with a better wording; nothing is kept and nothing is blocked."""
    began = time.perf_counter()
    async with parts.work.reading() as session:
        conversation = None
        if body.conversation_id:
            conversation = await get_conversation(session, body.conversation_id)
        found = await parts.drafting.look_at(session, body.text, staff, conversation)
    return DraftCheckOut(
        warnings=[DraftWarningOut.model_validate(warning) for warning in found],
        took_ms=round((time.perf_counter() - began) * 1000, 1),
    )


@router.post("/assist/feedback", status_code=204)
async def give_feedback(body: AssistFeedbackIn, staff: DeskStaff, parts: PartsNow) -> None:
    """Keep what the agent did with a proposal or a warning; a case counts its uses and thumbs."""
    async with parts.work.begin() as session:
        if body.conversation_id:
            await get_conversation(session, body.conversation_id)
        act = Act(staff.id, FeedbackKind(body.kind), body.rank, body.query, body.conversation_id)
        if body.warning is not None:
            await parts.feedback.record_warning(session, body.warning, act)
        elif body.case_id is not None:
            await parts.feedback.record(session, body.case_id, act)
