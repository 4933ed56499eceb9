"""The sidebar's answer to one situation: well under 100 ms (SPEC section 6)."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from assist.drafts.check import DraftCheck
from assist.encoder import Encoder
from assist.search.model import Hit, Reasons, SearchResult
from assist.suggestions import facts
from assist.suggestions.empathy import EmpathyBook, Phrase
from assist.suggestions.model import EmpathyPhrase, Situation, Solution, Suggestions
from assist.suggestions.query import boil_down
from knowledge_base.model import CaseKind
from knowledge_base.service import CaseLibrary
from knowledge_base.storage import phrases as stored_phrases

# What is less likely than this to help is noise beside the rest.
_WORTH_SHOWING = 0.2
_MOST = 3
_SEARCHED = 6


class Search(Protocol):
    """The production search (`assist.search.engine.SearchEngine`)."""

    def search(
        self, query: str, k: int = 10, *, product: str | None = None, kind: str | None = None
    ) -> SearchResult:
        """The cases of a kind that fit `query`, best first; thread-safe."""
        ...


class SuggestionService:
    """Solutions, phrases and facts for an open conversation."""

    def __init__(
        self,
        search: Search,
        library: CaseLibrary,
        encoder: Encoder | None = None,
        check: DraftCheck | None = None,
    ) -> None:
        self._search = search
        self._library = library
        self._encoder = encoder
        self._check = check
        self._book = EmpathyBook([])

    async def load_phrases(self, session: AsyncSession) -> None:
        """Take over the empathy phrases of the library; to be called at start."""
        rows = await stored_phrases(session, {})
        found = [Phrase(row.id, row.scene, row.need, row.stage, row.text) for row in rows]
        self._book = await asyncio.to_thread(EmpathyBook, found, self._encoder, self._check)

    def phrase_for(self, situation: Situation) -> str:
        """The one phrase that fits best, empty where none does."""
        known = facts.known(situation.said, situation.slots, situation.product)
        found = self._book.choose(situation, known)
        return found[0].text if found else ""

    async def suggest(self, session: AsyncSession, situation: Situation) -> Suggestions:
        """Up to three solutions and phrases, what is known and what to ask.

        Solutions are empty when nothing fits well enough (`abstained`).
        """
        started = time.perf_counter()
        query, hits, known, empathy = await asyncio.to_thread(self._judge, situation)
        solutions = await self._solutions(session, hits) if hits else []
        return Suggestions(
            query=query,
            abstained=not solutions,
            solutions=solutions,
            empathy=empathy,
            facts=facts.as_shown(known),
            ask_next=facts.ask_next(situation.said, known) if query else [],
            took_ms=(time.perf_counter() - started) * 1000,
        )

    def _judge(
        self, situation: Situation
    ) -> tuple[str, list[Hit], dict[str, str], list[EmpathyPhrase]]:
        known = facts.known(situation.said, situation.slots, situation.product)
        product = known.get("product", "")
        query = boil_down(situation.said, product)
        hits = self._hits(query, product) if query else []
        return query, hits, known, self._book.choose(situation, known)

    def _hits(self, query: str, product: str) -> list[Hit]:
        """Solved cases and routine answers, ranked among their own kind, then by score; none when
        the search stands by neither first one."""
        found = [
            self._search.search(query, _SEARCHED, product=product or None, kind=kind)
            for kind in CaseKind
        ]
        if all(result.abstained for result in found):
            return []
        hits = [hit for result in found for hit in result.hits if hit.score >= _WORTH_SHOWING]
        return sorted(hits, key=lambda hit: -hit.score)

    async def _solutions(self, session: AsyncSession, hits: list[Hit]) -> list[Solution]:
        """The hits as proposals, read from the library: never one that was retired meanwhile."""
        cases = await self._library.cases(session, [hit.case_id for hit in hits])
        kept = [hit for hit in hits if hit.case_id in cases][:_MOST]
        return [
            Solution.of(cases[hit.case_id], reasons_said(hit.reasons), hit.score, rank)
            for rank, hit in enumerate(kept, start=1)
        ]


def reasons_said(reasons: Reasons) -> list[str]:
    """Why a case was found, in words for the agent: facts first, then the words in common."""
    lines = [f"{facts.LABELS.get(kind, kind)}：{value}" for kind, value in reasons.facts.items()]
    if reasons.words:
        lines.append(f"说法相同：{'、'.join(reasons.words[:5])}")
    return lines
