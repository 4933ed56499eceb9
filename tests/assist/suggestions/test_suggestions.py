"""The sidebar's whole answer, with a search whose hits the test decides."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from assist.search.model import Hit, Reasons, SearchResult
from assist.suggestions.model import Situation
from assist.suggestions.service import SuggestionService
from foundation.clock import FixedClock
from foundation.database import Database
from knowledge_base.reading import read_case
from knowledge_base.seeding import load_seed
from knowledge_base.service import CaseLibrary


@dataclass
class FakeSearch:
    """Answers with the ids it was given and notes what it was asked."""

    ids: tuple[str, ...] = ()
    abstained: bool = False
    answers: tuple[tuple[str, float], ...] = ()
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    def search(
        self, query: str, k: int = 10, *, product: str | None = None, kind: str | None = None
    ) -> SearchResult:
        self.asked.append((query, product, kind))
        why = Reasons(words=("排水",), facts={"product": "洗衣机"})
        found = self.answers if kind == "answer" else [(name, 0.9) for name in self.ids[:k]]
        hits = [Hit(name, rank, score, why) for rank, (name, score) in enumerate(found, start=1)]
        return SearchResult(tuple(hits), self.abstained or not hits, 0.9)


@pytest.fixture
async def library(sqlite: Database, clock: FixedClock) -> CaseLibrary:
    library = CaseLibrary(clock)
    async with sqlite.transaction() as session:
        for number in range(5):
            case = read_case(
                {"id": f"c{number}", "title": f"题{number}", "solution_steps": ["清洗水泵"],
                 "status": "retired" if number == 0 else "published",
                 "times_used": 4, "success_rate": 0.75}
            )  # fmt: skip
            await library.insert(session, case, "周培", "create")
    return library


async def test_three_solutions_with_reasons_and_never_a_retired_one(
    sqlite: Database, library: CaseLibrary
) -> None:
    search = FakeSearch(ids=("c0", "c1", "c2", "c3", "c4"))
    service = SuggestionService(search, library)
    async with sqlite.reading() as session:
        answer = await service.suggest(session, Situation(("你好", "洗衣机不排水")))
    assert search.asked == [("洗衣机不排水", "洗衣机", kind) for kind in ("case", "answer")]
    assert [(s.case_id, s.rank) for s in answer.solutions] == [("c1", 1), ("c2", 2), ("c3", 3)]
    shown = answer.as_dict()["solutions"][0]
    assert shown["reasons"] == ["产品：洗衣机", "说法相同：排水"]
    assert (shown["times_used"], shown["success_rate"]) == (4, 0.75)
    assert shown["compensation"] == {"level": "none", "detail": "", "amount": 0.0}


async def test_likely_answers_stand_among_solved_cases_and_unlikely_ones_do_not(
    sqlite: Database, library: CaseLibrary
) -> None:
    search = FakeSearch(ids=("c1",), answers=(("c2", 0.95), ("c3", 0.1)))
    async with sqlite.reading() as session:
        answer = await SuggestionService(search, library).suggest(
            session, Situation(("洗衣机不排水",))
        )
    assert [(s.case_id, s.rank) for s in answer.solutions] == [("c2", 1), ("c1", 2)]


async def test_it_says_when_nothing_fits(sqlite: Database, library: CaseLibrary) -> None:
    service = SuggestionService(FakeSearch(ids=("c1",), abstained=True), library)
    async with sqlite.reading() as session:
        answer = await service.suggest(session, Situation(("我要买火箭",)))
    assert answer.abstained
    assert answer.solutions == []


async def test_small_talk_is_not_searched(sqlite: Database, library: CaseLibrary) -> None:
    search = FakeSearch(ids=("c1",))
    async with sqlite.reading() as session:
        answer = await SuggestionService(search, library).suggest(
            session, Situation(("你好", "在吗"))
        )
    assert search.asked == []
    assert (answer.query, answer.abstained, answer.ask_next, answer.empathy) == ("", True, [], [])


async def test_phrases_come_from_the_library(
    sqlite: Database, library: CaseLibrary, clock: FixedClock
) -> None:
    async with sqlite.transaction() as session:
        await load_seed(session, clock)
        service = SuggestionService(FakeSearch(), library)
        await service.load_phrases(session)
        situation = Situation(("洗衣机修了三次了还坏",), feeling="angry", name="王女士")
        answer = await service.suggest(session, situation)
    assert [phrase.scene for phrase in answer.empathy] == ["repeated_repair"] * 3
    assert set(answer.as_dict()) == {
        "query", "abstained", "solutions", "empathy", "facts", "ask_next", "took_ms",
    }  # fmt: skip
    assert answer.as_dict()["facts"] == [{"label": "产品", "value": "洗衣机"}]
