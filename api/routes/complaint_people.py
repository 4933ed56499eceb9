"""People around complaints: watching, notes, presence, notices, kept filters, calls, evidence."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Query, UploadFile

from api.access import DeskStaff, PartsNow
from api.presenting_compensations import actor_of
from api.presenting_complaints import call_out
from api.schemas.base import PathKey, Words
from api.schemas.complaints import (
    CallDoneIn,
    CallList,
    CallOut,
    ComplaintDetail,
    EvidenceOut,
    InternalNoteIn,
    NoticeList,
    NoticeOut,
    Others,
    ReadNotices,
    StaffRef,
    ViewIn,
    ViewList,
    ViewOut,
    WatchIn,
)
from api.wiring import Parts
from complaints.listing import calls_open
from complaints.storage import locked

router = APIRouter(prefix="/complaints", tags=["complaints"])

RowPath = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/notices")
async def list_notices(
    staff: DeskStaff, parts: PartsNow, unread: Annotated[bool, Query()] = False
) -> NoticeList:
    """One's own notices, newest first."""
    async with parts.work.reading() as session:
        found, count = await parts.complaints.people.notices(session, staff.id, unread=unread)
    return NoticeList(items=[NoticeOut.model_validate(n) for n in found], unread=count)


@router.post("/notices/read", status_code=204)
async def read_notices(body: ReadNotices, staff: DeskStaff, parts: PartsNow) -> None:
    """These have been read; without ids all have."""
    async with parts.work.begin() as session:
        await parts.complaints.people.read(session, staff.id, body.ids)


@router.get("/views")
async def list_views(staff: DeskStaff, parts: PartsNow) -> ViewList:
    """One's kept filters."""
    async with parts.work.reading() as session:
        found = await parts.complaints.people.views(session, staff.id)
    return ViewList(items=[ViewOut.model_validate(view) for view in found])


@router.post("/views", status_code=201)
async def keep_view(body: ViewIn, staff: DeskStaff, parts: PartsNow) -> ViewOut:
    """Keep a filter of the list under a name."""
    async with parts.work.begin() as session:
        view = await parts.complaints.people.save_view(session, staff.id, body.name, body.query)
        return ViewOut.model_validate(view)


@router.delete("/views/{view_id}", status_code=204)
async def forget_view(view_id: RowPath, staff: DeskStaff, parts: PartsNow) -> None:
    """Drop a kept filter."""
    async with parts.work.begin() as session:
        await parts.complaints.people.forget_view(session, staff.id, view_id)


@router.get("/calls")
async def list_calls(
    staff: DeskStaff, parts: PartsNow, mine: Annotated[bool, Query()] = False
) -> CallList:
    """Calls still to make, the most urgent first."""
    async with parts.work.reading() as session:
        found = await calls_open(session, staff.id if mine else None)
    return CallList(items=[call_out(call, complaint) for call, complaint in found])


@router.post("/{no}/calls/{call_id}/done")
async def call_done(
    no: PathKey, call_id: RowPath, body: CallDoneIn, staff: DeskStaff, parts: PartsNow
) -> CallOut:
    """Somebody called; one who was not reached stays on the list."""
    number = await _number(parts, no)
    async with parts.work.begin() as session:
        call = await parts.complaints.telling.call_done(
            session, number, call_id, actor_of(staff), body.reached, body.outcome
        )
        return call_out(call, await parts.complaints.find(session, number))


@router.post("/{no}/watch")
async def watch(no: PathKey, body: WatchIn, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """Follow a complaint, or no longer."""
    number = await _number(parts, no)
    async with parts.work.begin() as session:
        found = await parts.complaints.people.watch(session, number, actor_of(staff), body.on)
        return await parts.complaint_presenter.detail(session, found, staff)


@router.post("/{no}/note")
async def note(
    no: PathKey, body: InternalNoteIn, staff: DeskStaff, parts: PartsNow
) -> ComplaintDetail:
    """A note among colleagues; those mentioned are told."""
    number = await _number(parts, no)
    async with parts.work.begin() as session:
        found = await parts.complaints.people.note(
            session, number, actor_of(staff), body.text, body.mentions
        )
        return await parts.complaint_presenter.detail(session, found, staff)


@router.post("/{no}/alert/seen")
async def alert_seen(no: PathKey, staff: DeskStaff, parts: PartsNow) -> ComplaintDetail:
    """The bad turn of the observation is being seen to; the first one to say so is kept."""
    number = await _number(parts, no)
    async with parts.work.begin() as session:
        complaint = await locked(session, number)
        await parts.complaints.observation.see(session, complaint, actor_of(staff))
        return await parts.complaint_presenter.detail(session, complaint, staff)


@router.post("/{no}/presence")
async def presence(no: PathKey, staff: DeskStaff, parts: PartsNow) -> Others:
    """Say that one looks at a complaint; who else does."""
    number = await _number(parts, no)
    async with parts.work.begin() as session:
        found = await parts.complaints.people.present(session, number, actor_of(staff))
    return Others(others=[StaffRef(id=v.staff_id, display_name=v.display_name) for v in found])


@router.post("/{no}/evidence", status_code=201)
async def add_evidence(
    no: PathKey,
    file: Annotated[UploadFile, File(description="png jpeg webp gif heic pdf mp4")],
    staff: DeskStaff,
    parts: PartsNow,
    note: Annotated[Words, Form(max_length=1000)] = "",
) -> EvidenceOut:
    """Upload one file; its content says what it is."""
    number = await _number(parts, no)
    kept = await parts.evidence.keep(number, file, note, actor_of(staff))
    return parts.complaint_presenter.evidence(kept)


async def _number(parts: Parts, typed: str) -> str:
    async with parts.work.reading() as session:
        return (await parts.complaints.find(session, typed)).no
