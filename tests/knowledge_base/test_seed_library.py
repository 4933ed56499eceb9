"""The shipped library meets its data card: size, spread, unique ids, no doubles, no persons."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from knowledge_base.model import Case, CaseKind, Category, RemedyLevel
from knowledge_base.redaction import find
from knowledge_base.seeding import (
    HAZARDS,
    SEED,
    SENSITIVE,
    Phrase,
    SafetyAdvice,
    seed_cases,
    seed_phrases,
)

SLOTS = {"product", "loss", "days", "event", "name"}
TOPICS = {
    "ask_warranty", "ask_repair_price", "ask_invoice", "ask_return_exchange",
    "ask_refund_progress", "ask_logistics", "ask_installation", "ask_maintenance", "ask_usage",
    "ask_parts", "ask_service_points", "report_fault", "file_complaint", "request_human",
}  # fmt: skip
EMPTY_PHRASE = re.compile("理解您的心情|理解你的心情|您的心情我")
ADMITS_FAULT = re.compile("是我们的错|我们全责|赔偿您[0-9一二三]")


@pytest.fixture(scope="module")
def entries() -> list[Case]:
    return seed_cases()


@pytest.fixture(scope="module")
def phrases() -> list[Phrase]:
    return seed_phrases()


def of(entries: list[Case], kind: CaseKind) -> list[Case]:
    return [entry for entry in entries if entry.kind is kind]


def bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def test_there_are_enough_cases_over_all_categories_and_products(entries: list[Case]) -> None:
    cases = of(entries, CaseKind.CASE)
    assert len(cases) >= 300
    by_category = Counter(case.category for case in cases)
    assert set(by_category) == set(Category)
    assert min(by_category.values()) >= len(cases) / 30
    assert len({case.product for case in cases if case.product}) >= 12


def test_there_are_enough_answers_each_with_a_topic(entries: list[Case]) -> None:
    answers = of(entries, CaseKind.ANSWER)
    assert len(answers) >= 250
    assert {answer.topic for answer in answers} <= TOPICS


def test_ids_are_unique_and_nothing_is_said_twice(
    entries: list[Case], phrases: list[Phrase]
) -> None:
    ids = Counter([entry.id for entry in entries] + [phrase.id for phrase in phrases])
    assert [name for name, times in ids.items() if times > 1] == []
    titles = Counter(bare(entry.title) for entry in entries)
    assert [title for title, times in titles.items() if times > 1] == []
    said = Counter(bare(line) for entry in entries for line in entry.customer_statement)
    assert [line for line, times in said.items() if times > 1] == []
    texts = Counter(bare(phrase.text) for phrase in phrases)
    assert [text for text, times in texts.items() if times > 1] == []


def test_ids_say_what_they_name(entries: list[Case]) -> None:
    wrong = [entry.id for entry in entries if not entry.id.startswith(f"{entry.kind}-")]
    assert wrong == []


def test_each_case_is_whole(entries: list[Case]) -> None:
    for case in of(entries, CaseKind.CASE):
        assert 2 <= len(case.root_cause) <= 5, case.id
        assert 3 <= len(case.solution_steps) <= 6, case.id
        assert case.customer_statement, case.id
        assert case.outcome, case.id
        assert not EMPTY_PHRASE.search(case.empathy_phrase), case.id
        assert (case.times_used, case.success_rate) == (0, None), case.id
        if case.compensation.level is RemedyLevel.NONE:
            assert case.compensation.amount == 0, case.id
    for answer in of(entries, CaseKind.ANSWER):
        assert answer.solution_steps, answer.id


def test_there_are_enough_phrases_for_every_need_and_stage(phrases: list[Phrase]) -> None:
    assert len(phrases) >= 150
    assert min(Counter(phrase.need for phrase in phrases).values()) >= 20
    assert set(Counter(phrase.stage for phrase in phrases)) == {
        "opening", "listening", "apology_without_fault", "action", "waiting", "closing",
        "follow_up",
    }  # fmt: skip


def test_phrases_use_known_slots_and_promise_nothing(phrases: list[Phrase]) -> None:
    for phrase in phrases:
        assert set(re.findall(r"\{(.*?)\}", phrase.text)) <= SLOTS, phrase.id
        assert phrase.text.count("{") == phrase.text.count("}"), phrase.id
        assert not EMPTY_PHRASE.search(phrase.text), phrase.id
        assert not ADMITS_FAULT.search(phrase.text), phrase.id


def test_every_hazard_has_its_reviewed_text() -> None:
    advice = SafetyAdvice.load()
    assert set(advice.categories) == {*HAZARDS, *SENSITIVE}
    for category in HAZARDS:
        text = advice.text(category)
        assert re.search(r"1[.、]", text), category
        assert 40 <= len(text) <= 500, category
    assert advice.text("routine") == ""


def test_no_personal_data_is_in_the_seed(entries: list[Case], phrases: list[Phrase]) -> None:
    texts = [(phrase.id, phrase.text) for phrase in phrases]
    texts += [(entry.id, entry.model_dump_json()) for entry in entries]
    found = {name: text[f.start : f.end] for name, text in texts for f in find(text)}
    assert found == {}


def test_the_data_card_counts_what_is_there(entries: list[Case], phrases: list[Phrase]) -> None:
    card = (SEED / "README.md").read_text("utf-8")
    expected = Counter[str](str(entry.category) for entry in of(entries, CaseKind.CASE))
    expected.update(entry.topic for entry in of(entries, CaseKind.ANSWER))
    expected.update(phrase.stage for phrase in phrases)
    told = {name: int(count) for name, count in re.findall(r"^\| `(\w+)` \| (\d+) \|$", card, re.M)}
    assert told == dict(expected)
    totals = [int(count) for count in re.findall(r"^\| `.*jsonl` .*\| (\d+) \|$", card, re.M)]
    assert totals == [
        len(of(entries, CaseKind.CASE)), len(of(entries, CaseKind.ANSWER)), len(phrases), 14,
    ]  # fmt: skip
