"""Accounts, and who is at the desk."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import AdminStaff, DeskStaff, PartsNow
from api.schemas.base import PathKey
from api.schemas.staff import (
    NewStaff,
    Present,
    PresentList,
    SkillList,
    SkillOut,
    SkillsIn,
    SkillsOut,
    StaffCreated,
    StaffList,
    StaffOut,
)
from api.staff.storage import Staff, all_staff
from complaints.service.people import SKILLS, practised_by
from foundation.errors import NotFound

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


@router.get("/skills")
async def all_skills(_staff: AdminStaff) -> SkillList:
    """The skills of the policy."""
    return SkillList(
        items=[
            SkillOut(
                id=skill.id,
                title=skill.title,
                categories=sorted(skill.categories),
                products=list(skill.products),
            )
            for skill in SKILLS.items
        ]
    )


@router.get("/{staff_id}/skills")
async def read_skills(staff_id: PathKey, _staff: AdminStaff, parts: PartsNow) -> SkillsOut:
    """What somebody knows, and what he has practised."""
    async with parts.work.reading() as session:
        found = await session.get(Staff, staff_id)
        if found is None:
            raise NotFound("staff", staff_id)
        practised = await practised_by(session, staff_id)
    return SkillsOut(skills=found.skills, practised=practised)


@router.put("/{staff_id}/skills")
async def set_skills(
    staff_id: PathKey, body: SkillsIn, staff: AdminStaff, parts: PartsNow
) -> StaffOut:
    """Say what somebody knows; automatic assignment goes by it."""
    changed = await parts.staff.set_skills(staff_id, SKILLS.checked(body.skills), by=staff)
    return StaffOut.model_validate(changed)


@router.post("", status_code=201)
async def create_staff(body: NewStaff, staff: AdminStaff, parts: PartsNow) -> StaffCreated:
    """A new account; its random password is shown this once."""
    account = await parts.staff.create(body.username, body.display_name, body.role, by=staff)
    return StaffCreated(staff=StaffOut.model_validate(account.staff), password=account.password)
