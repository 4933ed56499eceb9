"""Complaints coming in: from a form, from a conversation, as a table."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Query, Response, UploadFile

from api.access import DeskStaff, PartsNow
from api.complaint_entry import Entry, RowEntry, RowResult
from api.complaint_tables import Table, judge, read_table, row_of, template_csv, template_xlsx
from api.presenting_compensations import actor_of
from api.schemas.base import PathKey
from api.schemas.complaints import (
    AcceptedRow,
    CheckedRow,
    CheckedTable,
    Column,
    ComplaintDetail,
    ComplaintDraft,
    ComplaintIn,
    Imported,
    RejectedRow,
    RowProblem,
    RowsImported,
    RowsIn,
)
from api.staff.storage import Staff
from api.uploads import read_limited
from api.wiring import Parts

router = APIRouter(tags=["complaints"])

TableFile = Annotated[
    UploadFile,
    File(description="CSV (UTF-8 or GB18030; comma, semicolon, tab) or .xlsx, with a heading"),
]
TEMPLATES = {
    "csv": (template_csv, "text/csv; charset=utf-8"),
    "xlsx": (
        template_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}


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


@router.get("/complaints/import/template", response_class=Response)
async def template(
    _staff: DeskStaff,
    file_format: Annotated[str, Query(alias="format", pattern="^(csv|xlsx)$")] = "csv",
) -> Response:
    """An empty table with every column and one example."""
    write, media_type = TEMPLATES[file_format]
    return Response(
        await asyncio.to_thread(write),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="complaints.{file_format}"'},
    )


@router.post("/complaints/import/check")
async def check_table(file: TableFile, _staff: DeskStaff, parts: PartsNow) -> CheckedTable:
    """How a table would be imported, row by row; nothing is kept."""
    table = await _read(file, parts)
    known = await RowEntry(parts.work, parts.complaints).known(table.rows)
    return CheckedTable(
        columns=[Column(heading=heading, field=name) for heading, name in table.columns],
        rows=[
            CheckedRow(
                row=row.number,
                fields=row.fields,
                problems=[RowProblem.model_validate(problem) for problem in row.problems],
                known=None if row.problems else known.get(row.key),
            )
            for row in table.rows
        ],
    )


@router.post("/complaints/import/rows")
async def import_rows(body: RowsIn, staff: DeskStaff, parts: PartsNow) -> RowsImported:
    """Take rows of a checked table in, each whole or not at all; the same row again adds nothing.

    Long tables are sent a few hundred rows at a time.
    """
    rows = judge(row_of(one.row, one.fields) for one in body.rows)
    results = await RowEntry(parts.work, parts.complaints).take_in(rows, actor_of(staff))
    await _note(parts, staff, results)
    return RowsImported(
        accepted=[AcceptedRow(row=r.row, no=r.no, fresh=r.fresh) for r in results if r.no],
        rejected=[_rejected(r) for r in results if not r.no],
    )


@router.post("/complaints/import")
async def import_complaints(file: TableFile, staff: DeskStaff, parts: PartsNow) -> Imported:
    """A whole table at once: good rows go in, bad ones come back with reasons; the same row again,
    in this table or another, adds nothing."""
    table = await _read(file, parts)
    results = await RowEntry(parts.work, parts.complaints).take_in(table.rows, actor_of(staff))
    await _note(parts, staff, results)
    return Imported(
        accepted=[r.no for r in results if r.no],
        rejected=[_rejected(r) for r in results if not r.no],
    )


async def _read(file: UploadFile, parts: Parts) -> Table:
    limit = parts.settings.upload_max_bytes
    content = await read_limited(file, limit)
    return await asyncio.to_thread(read_table, content, file.filename or "", limit)


async def _note(parts: Parts, staff: Staff, results: list[RowResult]) -> None:
    fresh = sum(result.fresh for result in results)
    if not fresh:
        return
    rejected = sum(not result.no for result in results)
    async with parts.work.begin() as session:
        parts.staff.audit(session, staff, "complaints_imported", "",
                          accepted=fresh, rejected=rejected)  # fmt: skip


def _rejected(result: RowResult) -> RejectedRow:
    return RejectedRow(
        row=result.row,
        reasons=[problem.said() for problem in result.problems],
        problems=[RowProblem.model_validate(problem) for problem in result.problems],
    )
