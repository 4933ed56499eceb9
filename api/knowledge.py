"""What conversations ask of the knowledge base: safety texts, and an answer when the bot fails."""

from __future__ import annotations

import structlog

from api.case_search import CaseSearch
from conversations.model import Reply
from foundation.errors import Unavailable
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from knowledge_base.model import CaseKind
from knowledge_base.seeding import SafetyAdvice
from knowledge_base.service import CaseLibrary

log = structlog.get_logger(__name__)

GENERAL_ADVICE = (
    "请先离开危险的地方，别再碰出问题的电器或燃气具。"
    "有人受伤、冒烟、起火或者闻到异味，马上拨打 120 或 119，我们的同事正在联系您。"
)


class Knowledge:
    """`conversations.ports.Knowledge` over the library and the reviewed safety texts."""

    def __init__(
        self,
        settings: Settings,
        work: UnitOfWork,
        library: CaseLibrary,
        search: CaseSearch,
        advice: SafetyAdvice,
    ) -> None:
        self._sure = settings.direct_answer_score
        self._work = work
        self._library = library
        self._search = search
        self._advice = advice

    async def fallback(self, text: str) -> Reply | None:
        """The library's answer when it is as sure as the bot would have to be, else None."""
        try:
            result = await self._search.search(text, 1, kind=CaseKind.ANSWER)
        except Unavailable:
            return None
        if result.abstained or not result.hits or result.hits[0].score < self._sure:
            return None
        case_id = result.hits[0].case_id
        async with self._work.reading() as session:
            found = (await self._library.cases(session, [case_id])).get(case_id)
        return Reply("\n".join(found.solution_steps)) if found and found.solution_steps else None

    def safety_advice(self, category: str) -> str:
        """Reviewed advice for a category; a general one when it has none of its own."""
        advice = self._advice.text(category)
        if not advice:
            log.error("safety_advice_missing", category=category)
        return advice or GENERAL_ADVICE

    def title(self, category: str) -> str:
        """The category in Chinese, or its code when there is no text for it."""
        try:
            return self._advice.entry(category).title
        except KeyError:
            return category
