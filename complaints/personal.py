"""One customer's personal data in complaints: given out whole, or erased (SPEC section 10, PIPL).

Erasing keeps what business and law need without a person in it: states, times, amounts, who of the
staff did what. It writes past the guards that make timeline, archive and decisions immutable, and
is the only thing that does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from complaints import full_text
from complaints.archive.file import with_money
from complaints.archive.storage import ArchivedFile
from complaints.compensation.storage import CompensationDecision, CompensationRequest
from complaints.model import phone_digits
from complaints.observation.storage import ObservationAlert, Observed
from complaints.service.dossier import complete_file
from complaints.storage import (
    CallTask,
    Complaint,
    ComplaintLife,
    ComplaintMeasure,
    EntryKey,
    Evidence,
    Notice,
    TimelineEntry,
)
from complaints.tiering import CustomerTier

ERASED = "［已按客户要求删除］"
_KEPT_DETAIL = frozenset(
    {"clock", "clock_id", "due_at", "score", "satisfied", "amount", "total", "kind", "level",
     "priority", "sensitive", "reached", "attempts", "responsibility"}
)  # fmt: skip
_EMPTIED = (
    "customer_name", "phone", "contact", "order_no", "place", "occurred_at", "no_evidence_reason",
    "assessment_note", "waiting_for", "customer_word", "rating_comment", "rating_waiver",
)  # fmt: skip


async def complaints_of_person(
    session: AsyncSession,
    customers: Sequence[str],
    phones: Sequence[str],
    conversations: Sequence[str],
) -> list[Complaint]:
    """Complaints of these customer ids, telephones or conversations, oldest first."""
    called = {phone_digits(phone) for phone in phones} - {""}
    query = (
        select(Complaint)
        .where(
            or_(
                Complaint.customer_id.in_(customers),
                Complaint.phone.in_(called),
                Complaint.conversation_id.in_(conversations),
            )
        )
        .order_by(Complaint.key)
        .with_for_update(key_share=True)
    )
    return list((await session.execute(query)).scalars())


async def gathered(session: AsyncSession, complaints: Sequence[Complaint]) -> list[dict[str, Any]]:
    """Everything of these complaints as JSON-able data, earlier lives and archives included."""
    found = []
    for complaint in complaints:
        file = await complete_file(session, complaint)
        lives = select(ComplaintLife.kept).where(ComplaintLife.complaint_no == complaint.no)
        archived = select(ArchivedFile).where(ArchivedFile.complaint_no == complaint.no)
        found.append(
            {
                **await with_money(session, complaint.no, file),
                "lives": list((await session.execute(lives)).scalars()),
                "archives": [
                    {"life": kept.life, "content": json.loads(kept.content)}
                    for kept in (await session.execute(archived)).scalars()
                ],
            }
        )
    return found


async def evidence_of(session: AsyncSession, complaints: Sequence[Complaint]) -> list[Evidence]:
    """The files that bear witness to these complaints."""
    query = select(Evidence).where(Evidence.complaint_no.in_([c.no for c in complaints]))
    return list((await session.execute(query)).scalars())


async def erase(
    session: AsyncSession, complaints: Sequence[Complaint], customers: Sequence[str]
) -> list[str]:
    """Take the person out of these complaints; gives the ids of files whose bytes must go."""
    files = [found.id for found in await evidence_of(session, complaints)]
    numbers = [complaint.no for complaint in complaints]
    for complaint in complaints:
        _empty(complaint)
    await session.flush()
    for complaint in complaints:
        await full_text.index(session, complaint)
        await _erase_timeline(session, complaint.no)
    await _erase_rows(session, numbers)
    await session.execute(delete(CustomerTier).where(CustomerTier.customer_id.in_(customers)))
    return files


def _empty(complaint: Complaint) -> None:
    for name in _EMPTIED:
        setattr(complaint, name, "")
    complaint.summary = ERASED
    complaint.customer_id = complaint.conversation_id = complaint.external_id = None
    complaint.evidence_count = 0
    if complaint.plan:
        complaint.plan = {**complaint.plan, "whys": [], "cause": "", "note": ""}
    if complaint.rejection:
        complaint.rejection = {**complaint.rejection, "note": ""}


async def _erase_timeline(session: AsyncSession, no: str) -> None:
    query = select(TimelineEntry.id, TimelineEntry.detail).where(TimelineEntry.complaint_no == no)
    for entry_id, detail in (await session.execute(query)).all():
        kept = {name: value for name, value in detail.items() if name in _KEPT_DETAIL}
        changed = update(TimelineEntry).where(TimelineEntry.id == entry_id)
        await session.execute(
            changed.values(reason="", detail=kept).execution_options(synchronize_session=False)
        )


async def _erase_rows(session: AsyncSession, numbers: Sequence[str]) -> None:
    asked = select(CompensationRequest.id).where(CompensationRequest.complaint_no.in_(numbers))
    for statement in (
        update(CompensationRequest)
        .where(CompensationRequest.complaint_no.in_(numbers))
        .values(customer_id=None, phone="", reason=ERASED, split=""),
        update(CompensationDecision)
        .where(CompensationDecision.request_id.in_(asked))
        .values(reason=ERASED),
        update(ComplaintLife)
        .where(ComplaintLife.complaint_no.in_(numbers))
        .values(reason=ERASED, kept={}),
        update(ComplaintMeasure)
        .where(ComplaintMeasure.complaint_no.in_(numbers))
        .values(what=ERASED, result=ERASED),
        update(CallTask).where(CallTask.complaint_no.in_(numbers)).values(say=ERASED, outcome=""),
        update(Notice).where(Notice.complaint_no.in_(numbers)).values(text=""),
        update(ObservationAlert)
        .where(ObservationAlert.complaint_no.in_(numbers))
        .values(words=ERASED),
        delete(Observed).where(Observed.complaint_no.in_(numbers)),
        delete(EntryKey).where(EntryKey.complaint_no.in_(numbers)),
        delete(ArchivedFile).where(ArchivedFile.complaint_no.in_(numbers)),
        delete(Evidence).where(Evidence.complaint_no.in_(numbers)),
    ):
        await session.execute(statement.execution_options(synchronize_session=False))
