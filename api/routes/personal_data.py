"""One customer's data: all of it in one file, or none of it any more."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import AdminStaff, PartsNow, address_of
from api.schemas.personal_data import EraseIn, Found, PersonIn
from conversations.desk import mask_phone

router = APIRouter(prefix="/personal-data", tags=["personal data"])


@router.post("/export", response_class=Response)
async def export(body: PersonIn, staff: AdminStaff, parts: PartsNow, request: Request) -> Response:
    """Everything we know of a customer, as a ZIP; audited without his number."""
    async with parts.work.begin() as session:
        person = await parts.personal_data.find(
            session, phone=body.phone, customer_id=body.customer_id
        )
        content = await parts.personal_data.export(session, person)
        parts.staff.audit(
            session, staff, "personal_data_exported", mask_phone(body.phone) or body.customer_id,
            address=address_of(request), **person.found,
        )  # fmt: skip
    return Response(
        content,
        media_type="application/zip",
        headers={
            "Content-Disposition": 'attachment; filename="personal-data.zip"',
            "Cache-Control": "no-store",
        },
    )


@router.post("/erase")
async def erase(body: EraseIn, staff: AdminStaff, parts: PartsNow, request: Request) -> Found:
    """Take a customer out of everything we keep, once his complaints are finished."""
    async with parts.work.begin() as session:
        person = await parts.personal_data.find(
            session, phone=body.phone, customer_id=body.customer_id
        )
        files = await parts.personal_data.erase(session, person)
        found = Found(**person.found, files=len(files))
        parts.staff.audit(
            session, staff, "personal_data_erased", mask_phone(body.phone) or body.customer_id,
            address=address_of(request), reason=body.reason, **person.found,
        )  # fmt: skip
    await parts.personal_data.forget_files(person, files)
    return found
