"""What helps agents: triage of a text, suggestions, and what became of them."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from api.access import AnyStaff, DeskStaff, PartsNow
from api.schemas.assist import (
    AssistFeedbackIn,
    SuggestionsIn,
    SuggestionsOut,
    TriageIn,
    TriageVerdict,
)
from assist.feedback.model import FeedbackKind
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


@router.post("/assist/feedback", status_code=204)
async def give_feedback(body: AssistFeedbackIn, staff: DeskStaff, parts: PartsNow) -> None:
    """Keep what the agent did with a proposal; uses and thumbs count on the case at once."""
    async with parts.work.begin() as session:
        if body.conversation_id:
            await get_conversation(session, body.conversation_id)
        await parts.feedback.record(
            session,
            staff_id=staff.id,
            case_id=body.case_id,
            kind=FeedbackKind(body.kind),
            rank=body.rank,
            query=body.query,
            conversation_id=body.conversation_id,
        )
