"""Complaints coming in: from a form, from a conversation, as a table."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Response, UploadFile

from api.access import DeskStaff, PartsNow
from api.complaint_entry import Entry, reasons_of, rows_of
from api.presenting_compensations import actor_of
from api.schemas.base import PathKey
from api.schemas.complaints import (
    ComplaintDetail,
    ComplaintDraft,
    ComplaintIn,
    Imported,
    RejectedRow,
)
from api.uploads import read_limited
from foundation.errors import FrontlineError

router = APIRouter(tags=["complaints"])


@router.post("/complaints", status_code=201)
async def create_complaint(
    body: ComplaintIn, staff: DeskStaff, parts: PartsNow, response: Response
) -> ComplaintDetail:
    """Take a complaint in; the same key again gives the same complaint (200)."""
    async with parts.work.begin() as session:
        entry = Entry(parts.complaints)
        complaint, fresh = await entry.take_in(session, body, actor_of(staff))
        if not fresh:
            response.status_code = 200
        return await parts.complaint_presenter.detail(session, complaint, staff)


@router.get("/conversations/{conversation_id}/complaint-draft")
async def draft_of_conversation(
    conversation_id: PathKey, _staff: DeskStaff, parts: PartsNow
) -> ComplaintDraft:
    """What a conversation knows, for the registration form."""
    async with parts.work.reading() as session:
        return await Entry(parts.complaints).draft(session, conversation_id)


@router.post("/complaints/import")
async def import_complaints(
    file: Annotated[UploadFile, File(description="CSV, UTF-8, with a header")],
    staff: DeskStaff,
    parts: PartsNow,
) -> Imported:
    """Good rows go in, bad ones come back with reasons; the same table again adds nothing."""
    rows = rows_of(await read_limited(file, parts.settings.upload_max_bytes))
    accepted, rejected = [], []
    entry, actor = Entry(parts.complaints), actor_of(staff)
    for number, row in rows:
        if isinstance(row, list):
            rejected.append(RejectedRow(row=number, reasons=row))
            continue
        try:
            async with parts.work.begin() as session:
                complaint, _ = await entry.take_in(session, row, actor)
                accepted.append(complaint.no)
        except FrontlineError as error:
            rejected.append(RejectedRow(row=number, reasons=reasons_of(error)))
    return Imported(accepted=accepted, rejected=rejected)
