"""The case library: hit test, reading, and the trainers' work on it."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, File, Path, Query, UploadFile
from fastapi.responses import Response

from api.access import AnyStaff, LibraryStaff, PartsNow
from api.schemas.base import SearchWords, readable
from api.schemas.cases import (
    CaseChanges,
    CaseFields,
    CaseHit,
    CaseList,
    CaseOut,
    CasePathKey,
    CaseVersionOut,
    CaseVersions,
    ImportOut,
    PhraseList,
    PhraseOut,
    SearchIn,
    SearchOut,
)
from assist.suggestions.service import reasons_said
from knowledge_base import interchange, storage
from knowledge_base.model import CaseKind, CaseStatus, Category
from knowledge_base.records import StoredCase

router = APIRouter(tags=["case library"])

PAGE_SIZE = 20
EXPORTS = {
    "jsonl": (interchange.export_jsonl, "application/x-ndjson"),
    "csv": (interchange.export_csv, "text/csv"),
}


@router.post("/cases/search")
async def search_cases(body: SearchIn, _staff: AnyStaff, parts: PartsNow) -> SearchOut:
    """The production search on a typed query, with scores and reasons (hit test)."""
    began = time.perf_counter()
    result = await parts.search.search(
        body.query, body.k, product=body.product or None, kind=body.kind
    )
    async with parts.work.reading() as session:
        cases = await parts.library.cases(session, [hit.case_id for hit in result.hits])
    hits = [
        CaseHit(
            case=cases[hit.case_id],
            score=round(hit.score, 4),
            rank=hit.rank,
            reasons=reasons_said(hit.reasons),
        )
        for hit in result.hits
        if hit.case_id in cases
    ]
    took = (time.perf_counter() - began) * 1000
    return SearchOut(hits=hits, abstained=result.abstained, took_ms=round(took, 1))


@router.get("/cases")
async def list_cases(
    _staff: AnyStaff,
    parts: PartsNow,
    status: CaseStatus | None = None,
    kind: CaseKind | None = None,
    category: Category | None = None,
    product: SearchWords = "",
    q: SearchWords = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> CaseList:
    """Cases in any status, newest change first, twenty a page."""
    async with parts.work.reading() as session:
        found = await parts.library.browse(
            session,
            words=q,
            page=page,
            page_size=PAGE_SIZE,
            status=status,
            kind=kind,
            category=category,
            product=product,
        )
    return CaseList(items=[_out(stored) for stored in found.items], total=found.total)


@router.get("/cases/export", response_class=Response)
async def export_cases(
    _staff: LibraryStaff,
    parts: PartsNow,
    file_format: Annotated[str, Query(alias="format", pattern="^(jsonl|csv)$")] = "jsonl",
) -> Response:
    """The whole library as a file that can be imported again."""
    write, media_type = EXPORTS[file_format]
    async with parts.work.reading() as session:
        cases = await interchange.all_cases(session)
    return Response(
        write(cases),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="cases.{file_format}"'},
    )


@router.post("/cases/import")
async def import_cases(
    file: Annotated[UploadFile, File(description=".csv, .jsonl or .xlsx")],
    staff: LibraryStaff,
    parts: PartsNow,
    on_conflict: interchange.OnConflict = interchange.OnConflict.UPDATE,
) -> ImportOut:
    """Take good rows in and report the others, row by row."""
    limit = parts.settings.upload_max_bytes
    data = await file.read(limit + 1)
    name = str(readable(file.filename or ""))
    async with parts.work.begin() as session:
        report = await interchange.import_cases(
            session,
            parts.library,
            data,
            name,
            staff.display_name,
            on_conflict,
            limit,
        )
        parts.staff.audit(
            session,
            staff,
            "cases_imported",
            name,
            accepted=report.accepted,
            rejected=len(report.rejected),
        )
    return ImportOut.model_validate(report.as_dict())


@router.post("/cases", status_code=201)
async def create_case(body: CaseFields, staff: LibraryStaff, parts: PartsNow) -> CaseOut:
    """A new draft. Personal data in it is masked before it is kept; `masked` names what was."""
    async with parts.work.begin() as session:
        return _out(await parts.library.create(session, body.fields(), staff.display_name))


@router.get("/cases/{case_id}")
async def read_case(case_id: CasePathKey, _staff: AnyStaff, parts: PartsNow) -> CaseOut:
    """One case in its present state."""
    async with parts.work.reading() as session:
        return _out(await parts.library.get(session, case_id))


@router.patch("/cases/{case_id}")
async def change_case(
    case_id: CasePathKey, body: CaseChanges, staff: LibraryStaff, parts: PartsNow
) -> CaseOut:
    """Change fields; 409 with the differences when somebody changed the case meanwhile."""
    async with parts.work.begin() as session:
        stored = await parts.library.update(
            session, case_id, body.fields(), body.version, staff.display_name
        )
        return _out(stored)


@router.post("/cases/{case_id}/submit")
async def submit_case(case_id: CasePathKey, staff: LibraryStaff, parts: PartsNow) -> CaseOut:
    """Hand a draft to review."""
    async with parts.work.begin() as session:
        return _out(await parts.library.submit(session, case_id, staff.display_name))


@router.post("/cases/{case_id}/publish")
async def publish_case(case_id: CasePathKey, staff: LibraryStaff, parts: PartsNow) -> CaseOut:
    """Make a reviewed case searchable, within a second and in every process."""
    async with parts.work.begin() as session:
        return _out(await parts.library.publish(session, case_id, staff.display_name))


@router.post("/cases/{case_id}/retire")
async def retire_case(case_id: CasePathKey, staff: LibraryStaff, parts: PartsNow) -> CaseOut:
    """Take a case out of the search."""
    async with parts.work.begin() as session:
        return _out(await parts.library.retire(session, case_id, staff.display_name))


@router.get("/cases/{case_id}/versions")
async def list_versions(case_id: CasePathKey, _staff: AnyStaff, parts: PartsNow) -> CaseVersions:
    """The history of a case, newest first, each version with its differences."""
    async with parts.work.reading() as session:
        found = await parts.library.versions(session, case_id)
    return CaseVersions(
        items=[
            CaseVersionOut(
                number=version.number,
                act=version.act,
                author=version.author,
                at=version.at,
                snapshot=version.snapshot,
                changes=[change.as_dict() for change in version.changes],
            )
            for version in found
        ]
    )


@router.post("/cases/{case_id}/versions/{number}/restore")
async def restore_version(
    case_id: CasePathKey,
    number: Annotated[int, Path(ge=1, le=2**31 - 1)],
    staff: LibraryStaff,
    parts: PartsNow,
) -> CaseOut:
    """Bring an earlier version back as a new one."""
    async with parts.work.begin() as session:
        return _out(await parts.library.restore(session, case_id, number, staff.display_name))


@router.get("/empathy")
async def list_phrases(
    _staff: AnyStaff,
    parts: PartsNow,
    scene: SearchWords = "",
    need: SearchWords = "",
    stage: SearchWords = "",
) -> PhraseList:
    """Empathy phrases, optionally of one scene, need or stage."""
    wanted = {"scene": scene, "need": need, "stage": stage}
    async with parts.work.reading() as session:
        found = await storage.phrases(session, {k: v for k, v in wanted.items() if v})
    return PhraseList(items=[PhraseOut.model_validate(phrase) for phrase in found])


def _out(stored: StoredCase) -> CaseOut:
    return CaseOut.model_validate(stored.as_dict())
