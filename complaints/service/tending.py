"""Acts that move nothing: facts, priority, progress, waiting, measures, ratings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from complaints import full_text, texts
from complaints.model import Actor, ClockKind, Priority, State, Visibility
from complaints.service.acting import Acting
from complaints.service.handling import (
    MeasureIn,
    add_measure,
    note_result,
    rate,
    refuse_lowering,
)
from complaints.service.observing import Observation
from complaints.service.opening import check_words, entries
from complaints.service.recording import enter
from complaints.storage import Complaint
from foundation.errors import InvalidInput


class Tending(Acting):
    """Each act checks version and permission and writes its timeline entry."""

    observation: Observation

    async def edit(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        reason: str = "",
        **changed: str,
    ) -> Complaint:
        """Correct or complete the facts; the timeline keeps what they were."""
        complaint, now = await self.begin(session, no, actor, version, "edit")
        check_words(category=changed.get("category", ""))
        fresh = entries(changed)
        if "summary" in fresh and not fresh["summary"]:
            raise InvalidInput("a complaint needs what happened", field="summary")
        before = {
            name: getattr(complaint, name)
            for name, value in fresh.items()
            if getattr(complaint, name) != value
        }
        for name, value in fresh.items():
            setattr(complaint, name, value)
        enter(session, complaint, actor, "edited", now, reason=reason, detail={"before": before})
        await full_text.index(session, complaint)
        return complaint

    async def prioritize(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        priority: Priority,
        reason: str,
        sensitive: bool | None = None,
    ) -> Complaint:
        """Another class; the clocks are worked out anew and keep their history."""
        complaint, now = await self.begin(session, no, actor, version, "prioritize")
        flag = complaint.sensitive if sensitive is None else sensitive
        refuse_lowering(complaint, actor, priority, flag)
        before = {"priority": complaint.priority, "sensitive": complaint.sensitive}
        complaint.priority, complaint.sensitive = priority, flag
        detail = {"before": before, "priority": priority, "sensitive": flag}
        enter(session, complaint, actor, "prioritized", now, reason=reason, detail=detail)
        await self._keeper.change_class(session, complaint, actor, reason, now)
        return complaint

    async def investigate(
        self, session: AsyncSession, no: str, actor: Actor, version: int, *, note: str
    ) -> Complaint:
        """The investigation has begun."""
        complaint, now = await self.begin(session, no, actor, version, "investigate")
        enter(session, complaint, actor, "investigated", now, reason=note)
        await self._keeper.met(session, complaint, now, ClockKind.INVESTIGATION)
        return complaint

    async def statement(
        self, session: AsyncSession, no: str, actor: Actor, version: int, *, text: str
    ) -> Complaint:
        """The framework of a statement stands; for sensitive complaints."""
        complaint, now = await self.begin(session, no, actor, version, "statement")
        if not complaint.sensitive:
            raise InvalidInput("only a sensitive complaint needs a statement", field="sensitive")
        enter(session, complaint, actor, "statement", now, detail={"text": text})
        await self._keeper.met(session, complaint, now, ClockKind.STATEMENT)
        return complaint

    async def progress(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        known: str,
        action: str,
        next_at: datetime,
        text: str = "",
    ) -> Complaint:
        """Tell the customer what is known, what is done next and by when."""
        complaint, now = await self.begin(session, no, actor, version, "progress")
        if next_at <= now:
            raise InvalidInput("the next word lies in the future", field="next_at")
        local = next_at.astimezone(self._keeper.zone)
        said = text.strip() or texts.PROGRESS.format(
            no=no, known=known, action=action, when=f"{local.month}月{local.day}日 {local:%H:%M}"
        )
        told = await self._telling.tell(session, complaint, said, "progress")
        enter(
            session,
            complaint,
            actor,
            "progress",
            now,
            visible_to=Visibility.CUSTOMER,
            detail={"text": said, "next_at": next_at.isoformat(), "told": told},
        )
        if told:
            await self._telling.heard(session, complaint, now, progress=True)
        return complaint

    async def contact(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        way: str,
        reached: bool,
        note: str,
    ) -> Complaint:
        """Somebody tried to speak to the customer; tries in vain count towards confirmation."""
        complaint, now = await self.begin(session, no, actor, version, "contact")
        if reached:
            await self._telling.heard(session, complaint, now, progress=True)
            await self._keeper.met(session, complaint, now, ClockKind.FOLLOW_UP)
        elif complaint.state == State.RESOLVED:
            complaint.attempts += 1
        detail = {"way": way, "reached": reached, "attempts": complaint.attempts}
        enter(session, complaint, actor, "contact", now, reason=note, detail=detail)
        return complaint

    async def pause(
        self, session: AsyncSession, no: str, actor: Actor, version: int, *, reason: str
    ) -> Complaint:
        """Wait for the customer: clocks stand still, the first answer's excepted."""
        complaint, now = await self.begin(session, no, actor, version, "pause")
        complaint.waiting_for = reason.strip()
        await self._keeper.pause(session, complaint, now)
        enter(session, complaint, actor, "paused", now, reason=reason,
              visible_to=Visibility.CUSTOMER)  # fmt: skip
        return complaint

    async def resume(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int | None = None,
        *,
        note: str = "",
    ) -> Complaint:
        """What we waited for is here.

        Raises:
            InvalidInput: nothing is waited for.
        """
        complaint, now = await self.begin(session, no, actor, version, "resume")
        if not complaint.waiting_for:
            raise InvalidInput("nothing is waited for", field="waiting_for")
        complaint.waiting_for = ""
        await self._keeper.resume(session, complaint, now)
        enter(session, complaint, actor, "resumed", now, reason=note)
        return complaint

    async def measure(
        self, session: AsyncSession, no: str, actor: Actor, version: int, measure: MeasureIn
    ) -> Complaint:
        """One more measure in the present round."""
        complaint, now = await self.begin(session, no, actor, version, "measure")
        add_measure(session, complaint, measure)
        enter(session, complaint, actor, "measure_added", now, detail={"what": measure.what})
        return complaint

    async def measure_result(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        measure_id: int,
        result: str,
    ) -> Complaint:
        """What came of a measure."""
        complaint, now = await self.begin(session, no, actor, version, "measure-result")
        done = await note_result(session, complaint, measure_id, result, now)
        enter(session, complaint, actor, "measure_done", now,
              detail={"measure_id": measure_id, "what": done.what, "result": result})  # fmt: skip
        return complaint

    async def rate(
        self,
        session: AsyncSession,
        no: str,
        actor: Actor,
        version: int,
        *,
        score: int,
        comment: str = "",
    ) -> Complaint:
        """What the customer said to an agent when asked."""
        complaint, now = await self.begin(session, no, actor, version, "rate")
        rate(complaint, score, None, comment, actor, now)
        await self._keeper.met(session, complaint, now, ClockKind.FOLLOW_UP)
        enter(session, complaint, actor, "rated", now, reason=comment, detail={"score": score})
        await self.observation.rated(session, complaint)
        return complaint
