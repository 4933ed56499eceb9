"""Accounts, and who is at the desk."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import AdminStaff, DeskStaff, PartsNow
from api.schemas.staff import NewStaff, Present, PresentList, StaffCreated, StaffList, StaffOut
from api.staff.storage import all_staff

router = APIRouter(prefix="/staff", tags=["staff"])


@router.get("/present")
async def present(_staff: DeskStaff, parts: PartsNow) -> PresentList:
    """Colleagues at the desk now."""
    async with parts.work.reading() as session:
        found = await parts.duty.present(session, parts.clock.now())
    return PresentList(
        items=[Present(id=p.staff_id, display_name=p.display_name, role=p.role) for p in found]
    )


@router.get("")
async def list_staff(_staff: AdminStaff, parts: PartsNow) -> StaffList:
    """Every account."""
    async with parts.work.reading() as session:
        found = await all_staff(session)
    return StaffList(items=[StaffOut.model_validate(staff) for staff in found])


@router.post("", status_code=201)
async def create_staff(body: NewStaff, staff: AdminStaff, parts: PartsNow) -> StaffCreated:
    """A new account; its random password is shown this once."""
    account = await parts.staff.create(body.username, body.display_name, body.role, by=staff)
    return StaffCreated(staff=StaffOut.model_validate(account.staff), password=account.password)
