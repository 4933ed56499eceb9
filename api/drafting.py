"""The draft check over a conversation: what was said, what is known, what may be granted."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from api.presenting_compensations import actor_of
from api.sidebar import Sidebar, situation_of
from api.staff.storage import Staff
from assist.drafts.check import DraftCheck
from assist.drafts.model import Allowance, Conversation, DraftWarning
from assist.suggestions import facts
from assist.suggestions.empathy import stage_of
from assist.suggestions.model import Situation
from assist.text import normalise
from complaints.authority import ROLE_TITLES, Granted, Verdict
from complaints.compensation.judging import Judge, person_of
from complaints.service import ComplaintService
from conversations.storage import Conversation as StoredConversation


class Drafting:
    """Looks at what a member of staff is typing. Writes nothing and decides nothing."""

    def __init__(
        self, check: DraftCheck, sidebar: Sidebar, complaints: ComplaintService, judge: Judge
    ) -> None:
        self._check = check
        self._sidebar = sidebar
        self._complaints = complaints
        self._judge = judge

    async def look_at(
        self,
        session: AsyncSession,
        draft: str,
        staff: Staff,
        conversation: StoredConversation | None = None,
    ) -> list[DraftWarning]:
        """Warnings on `draft`, with what its conversation tells where one is given."""
        if conversation is None:
            about = Conversation(allowance=_allowance(self._verdict(staff)))
            return await asyncio.to_thread(self._check.check, draft, about)
        situation = await situation_of(session, conversation)
        allowance = await self._allowance_for(session, conversation, staff)
        return await asyncio.to_thread(self._judged, draft, situation, allowance)

    def _judged(self, draft: str, situation: Situation, allowance: Allowance) -> list[DraftWarning]:
        said = normalise("。".join(situation.said))
        stage = situation.stage or stage_of(said, situation.agent_spoke)
        known = facts.known(situation.said, situation.slots, situation.product)
        about = Conversation(situation.said, known, stage, allowance)
        return self._check.check(draft, about, lambda: self._sidebar.phrase_for(situation))

    async def _allowance_for(
        self, session: AsyncSession, conversation: StoredConversation, staff: Staff
    ) -> Allowance:
        """What the books leave on the newest open complaint of this customer, else the bare limit.

        The customer's sums of the window count through any complaint of his (SPEC section 5).
        """
        found = await self._complaints.of_customer(
            session, conversation.customer_id, conversation.id
        )
        if not found:
            return _allowance(self._verdict(staff))
        complaint = next((c for c in found if c.is_open), found[0])
        person = person_of(actor_of(staff))
        outlook = await self._judge.outlook(session, complaint, person, 0)
        over = (outlook.verdict.left or 0) + 1
        roles = self._judge.authority.roles_for(outlook.granted.sum_with(over), complaint.category)
        return _allowance(outlook.verdict, roles)

    def _verdict(self, staff: Staff) -> Verdict:
        """Nothing granted yet and nobody has classified it: the lowest limit of the role holds."""
        return self._judge.authority.grant(person_of(actor_of(staff)), ("",), Granted(), 0)


def _allowance(verdict: Verdict, roles: tuple[str, ...] = ("supervisor",)) -> Allowance:
    higher = roles[0] if roles else "hq"
    return Allowance(verdict.left, ROLE_TITLES.get(higher, higher))
