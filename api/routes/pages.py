"""Calls to people about emergencies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import DeskStaff, PartsNow
from api.schemas.base import PathKey
from api.schemas.desk import PageList, PageOut
from conversations.desk import pages

router = APIRouter(prefix="/pages", tags=["desk"])


@router.get("")
async def list_pages(
    _staff: DeskStaff,
    parts: PartsNow,
    open_only: Annotated[bool, Query(alias="open")] = True,
) -> PageList:
    """Pages nobody has acknowledged, oldest first; with `open=false` the last hundred of all."""
    async with parts.work.reading() as session:
        found = await pages(session, open_only=open_only)
    return PageList(items=[parts.presenter.page(page) for page in found])


@router.post("/{page_id}/acknowledge")
async def acknowledge(page_id: PathKey, staff: DeskStaff, parts: PartsNow) -> PageOut:
    """Say that you have seen it; the first to say so is kept, and the page stops repeating."""
    async with parts.work.begin() as session:
        page = await parts.safety.acknowledge(session, page_id, staff.display_name)
        parts.staff.audit(session, staff, "acknowledge", page.id, by=page.acknowledged_by)
    return parts.presenter.page(page)
