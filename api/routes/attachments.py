"""Files that customers and agents send."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.responses import FileResponse

from api.access import Anonymous, CustomerOrDesk, PartsNow
from api.schemas.base import PathKey
from api.schemas.conversations import AttachmentKept
from api.uploads import INLINE

router = APIRouter(tags=["customer"])


@router.post("/conversations/{conversation_id}/attachments", status_code=201)
async def upload(
    conversation_id: PathKey,
    file: Annotated[UploadFile, File(description="png jpeg webp gif heic pdf mp4")],
    caller: CustomerOrDesk,
    parts: PartsNow,
) -> AttachmentKept:
    """Upload one file; its content says what it is. Send it by naming its id in a message."""
    if caller.staff is None:
        parts.customer_limit.take(conversation_id)
    kept = await parts.uploads.keep(conversation_id, file)
    return AttachmentKept(attachment=parts.presenter.attachment(kept))


@router.get("/attachments/{attachment_id}", response_class=FileResponse, dependencies=[Anonymous])
async def download(
    attachment_id: PathKey,
    parts: PartsNow,
    expires: Annotated[int, Query(ge=0, le=2**53)],
    signature: Annotated[str, Query(max_length=128)],
) -> FileResponse:
    """The file behind a signed link, as long as the link holds."""
    parts.tokens.check_link(attachment_id, expires, signature)
    evidence = attachment_id.startswith("evi_")
    stored = await (parts.evidence if evidence else parts.uploads).find(attachment_id)
    return FileResponse(
        stored.path,
        media_type=stored.mime,
        filename=stored.name,
        content_disposition_type="inline" if stored.mime in INLINE else "attachment",
        headers={
            "Cache-Control": "private, max-age=3600",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )
