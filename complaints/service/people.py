"""Who holds a complaint, who follows it, who looks at it now, what colleagues tell each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from complaints import texts
from complaints.listing import load_of
from complaints.model import Actor
from complaints.ports import Colleague
from complaints.service.acting import Acting
from complaints.service.recording import enter, notice
from complaints.skills import load_skills
from complaints.storage import (
    Complaint,
    ComplaintViewer,
    ComplaintWatcher,
    Notice,
    SavedView,
    locked,
)
from foundation.errors import Conflict, NotAllowed, NotFound

AUTO = "auto"
VIEWING_LASTS = timedelta(seconds=40)
NOTICES_SHOWN = 100
SKILLS = load_skills()
RECENT = 50
SKILLED_AFTER = 3


def best_colleague(
    candidates: Sequence[Colleague], load: dict[str, int], complaint: Complaint
) -> Colleague | None:
    """Who should take it: present before absent, then the most skills that fit, then the fewest
    open complaints. Supervisors and above are asked only for what is urgent or sensitive."""
    heavy = complaint.priority == "urgent" or complaint.sensitive
    asked = SKILLS.asked_by(complaint.category, complaint.product)

    def order(colleague: Colleague) -> tuple[bool, bool, int, int, str]:
        senior = colleague.role != "agent"
        return (
            not colleague.present,
            senior and not heavy,
            -len(asked & colleague.skills),
            load.get(colleague.id, 0),
            colleague.id,
        )

    return min(candidates, key=order, default=None)


class People(Acting):
    """Use cases of hands and eyes."""

    async def take(self, session: AsyncSession, no: str, actor: Actor, version: int) -> Complaint:
        """Hold it from now on; a supervisor may take what a colleague holds."""
        complaint, now = await self.begin(session, no, actor, version, "take")
        before = complaint.assigned_name
        complaint.assigned_to, complaint.assigned_name = actor.id, actor.name
        enter(session, complaint, actor, "taken", now, detail={"from": before})
        return complaint

    async def assign(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        staff_id: str,
        note: str = "",
    ) -> Complaint:
        """Give it to a colleague, or to whom skill and load suggest (`auto`)."""
        complaint, now = await self.begin(session, no, actor, version, "assign")
        if not actor.overrides and staff_id not in (AUTO, actor.id):
            raise NotAllowed("a supervisor assigns to others", reason="指派给同事需要主管处理")
        colleague = await self._colleague(session, complaint, staff_id)
        self._give(session, complaint, actor, colleague, note)
        enter(session, complaint, actor, "assigned", now, reason=note,
              detail={"to": colleague.display_name, "auto": staff_id == AUTO})  # fmt: skip
        return complaint

    async def hand_over(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        staff_id: str,
        note: str,
    ) -> Complaint:
        """The holder gives it to a colleague and says what he must know."""
        complaint, now = await self.begin(session, no, actor, version, "hand-over")
        colleague = await self._colleague(session, complaint, staff_id)
        self._give(session, complaint, actor, colleague, note)
        enter(session, complaint, actor, "handed_over", now, reason=note,
              detail={"to": colleague.display_name})  # fmt: skip
        return complaint

    async def release(
        self, session: AsyncSession, no: str, actor: Actor, version: int, *, note: str
    ) -> Complaint:
        """Nobody's again."""
        complaint, now = await self.begin(session, no, actor, version, "release")
        complaint.assigned_to, complaint.assigned_name = None, ""
        enter(session, complaint, actor, "released", now, reason=note)
        return complaint

    async def watch(self, session: AsyncSession, no: str, actor: Actor, on: bool) -> Complaint:
        """Follow a complaint, or no longer."""
        complaint = await locked(session, no)
        assert actor.id is not None
        known = await session.get(ComplaintWatcher, (no, actor.id))
        if on and known is None:
            session.add(
                ComplaintWatcher(complaint_no=no, staff_id=actor.id, display_name=actor.name)
            )
        elif known is not None and not on:
            await session.delete(known)
        return complaint

    async def note(
        self, session: AsyncSession, no: str, actor: Actor, text: str, mentions: Sequence[str]
    ) -> Complaint:
        """A note among colleagues; those mentioned are told.

        Raises:
            NotFound: somebody mentioned does not exist.
        """
        complaint = await locked(session, no)
        now = self._clock.now()
        names = {c.id: c.display_name for c in await self._ports.staffing.colleagues(session)}
        for staff_id in dict.fromkeys(mentions):
            if staff_id not in names:
                raise NotFound("staff", staff_id)
            said = texts.MENTIONED.format(name=actor.name, no=no, text=text[:200])
            notice(session, complaint, staff_id, "mention", said, now, actor.name)
        mentioned = [names[staff_id] for staff_id in dict.fromkeys(mentions)]
        enter(session, complaint, actor, "noted", now, reason=text,
              detail={"mentions": mentioned})  # fmt: skip
        return complaint

    async def present(self, session: AsyncSession, no: str, actor: Actor) -> list[ComplaintViewer]:
        """Say that one looks at a complaint; gives the others who do."""
        assert actor.id is not None
        now = self._clock.now()
        if await session.get(Complaint, no) is None:
            raise NotFound("complaint", no)
        mine = ComplaintViewer(
            complaint_no=no, staff_id=actor.id, display_name=actor.name, seen_at=now
        )
        await session.merge(mine)
        stale = ComplaintViewer.seen_at < now - VIEWING_LASTS
        await session.execute(delete(ComplaintViewer).where(stale))
        return await self.viewers(session, no, besides=actor.id)

    async def viewers(
        self, session: AsyncSession, no: str, besides: str = ""
    ) -> list[ComplaintViewer]:
        """Who looks at a complaint now."""
        query = select(ComplaintViewer).where(
            ComplaintViewer.complaint_no == no,
            ComplaintViewer.staff_id != besides,
            ComplaintViewer.seen_at >= self._clock.now() - VIEWING_LASTS,
        )
        return list((await session.execute(query)).scalars())

    async def notices(
        self, session: AsyncSession, staff_id: str, *, unread: bool
    ) -> tuple[list[Notice], int]:
        """One's own notices, newest first, and how many are unread."""
        mine = Notice.staff_id == staff_id
        query = select(Notice).where(mine).order_by(Notice.id.desc()).limit(NOTICES_SHOWN)
        if unread:
            query = query.where(Notice.read_at.is_(None))
        found = list((await session.execute(query)).scalars())
        counted = select(func.count()).where(mine, Notice.read_at.is_(None))
        return found, int((await session.execute(counted)).scalar_one())

    async def read(self, session: AsyncSession, staff_id: str, ids: Sequence[int]) -> None:
        """These notices, or all, have been read."""
        statement = update(Notice).where(Notice.staff_id == staff_id, Notice.read_at.is_(None))
        if ids:
            statement = statement.where(Notice.id.in_(ids))
        await session.execute(statement.values(read_at=self._clock.now()))

    async def views(self, session: AsyncSession, staff_id: str) -> list[SavedView]:
        """One's saved filters, by name."""
        query = select(SavedView).where(SavedView.staff_id == staff_id).order_by(SavedView.name)
        return list((await session.execute(query)).scalars())

    async def save_view(
        self, session: AsyncSession, staff_id: str, name: str, query: dict[str, str | list[str]]
    ) -> SavedView:
        """Keep a filter.

        Raises:
            Conflict: there is one of this name.
        """
        if name in {view.name for view in await self.views(session, staff_id)}:
            raise Conflict("there is a view of this name", name=name)
        view = SavedView(staff_id=staff_id, name=name, query=query)
        session.add(view)
        await session.flush()
        return view

    async def forget_view(self, session: AsyncSession, staff_id: str, view_id: int) -> None:
        """Drop a filter of one's own.

        Raises:
            NotFound: none such.
        """
        view = await session.get(SavedView, view_id)
        if view is None or view.staff_id != staff_id:
            raise NotFound("view", str(view_id))
        await session.delete(view)

    async def _colleague(
        self, session: AsyncSession, complaint: Complaint, staff_id: str
    ) -> Colleague:
        colleagues = await self._ports.staffing.colleagues(session)
        if staff_id == AUTO:
            found = best_colleague(colleagues, await load_of(session), complaint)
        else:
            found = next((c for c in colleagues if c.id == staff_id), None)
        if found is None:
            raise NotFound("staff", staff_id)
        return found

    def _give(
        self,
        session: AsyncSession,
        complaint: Complaint,
        actor: Actor,
        colleague: Colleague,
        note: str,
    ) -> None:
        complaint.assigned_to, complaint.assigned_name = colleague.id, colleague.display_name
        if colleague.id != actor.id:
            text = texts.ASSIGNED.format(no=complaint.no, note=f"：{note}" if note else "")
            now = self._clock.now()
            notice(session, complaint, colleague.id, "assigned", text, now, actor.name)


async def practised_by(session: AsyncSession, staff_id: str) -> list[str]:
    """Skills that at least `SKILLED_AFTER` complaints asked for which he closed of late."""
    query = (
        select(Complaint.category, Complaint.product)
        .where(Complaint.assigned_to == staff_id, Complaint.is_open.is_(False))
        .order_by(Complaint.key.desc())
        .limit(RECENT)
    )
    rows = (await session.execute(query)).all()
    counted = Counter(skill for row in rows for skill in SKILLS.asked_by(*row))
    return SKILLS.checked(skill for skill, n in counted.items() if n >= SKILLED_AFTER)
