"""The complete file of a complaint, for people and for other systems."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access import DeskStaff, PartsNow, address_of
from api.schemas.base import PathKey
from complaints.archive.document import as_pdf
from complaints.archive.file import file_of

router = APIRouter(tags=["complaints"])

MEDIA = {"json": "application/json", "pdf": "application/pdf"}


@router.get("/complaints/{no}/dossier", response_class=Response)
async def dossier(
    no: PathKey,
    staff: DeskStaff,
    parts: PartsNow,
    request: Request,
    file_format: Annotated[str, Query(alias="format", pattern="^(json|pdf)$")] = "json",
) -> Response:
    """Everything about a complaint, unmasked; the download goes into the audit log.

    An archived one comes as it was archived.
    """
    async with parts.work.begin() as session:
        complaint = await parts.complaints.find(session, no)
        file, text = await file_of(session, complaint)
        parts.staff.audit(
            session, staff, "dossier", complaint.no, address=address_of(request), format=file_format
        )
    content = text.encode()
    if file_format == "pdf":
        settings = parts.settings
        content = await asyncio.to_thread(
            as_pdf,
            file,
            company=settings.company_name,
            timezone=settings.timezone,
            printed=parts.clock.now(),
        )
    name = f"{complaint.no}.{file_format}"
    return Response(
        content,
        media_type=MEDIA[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
