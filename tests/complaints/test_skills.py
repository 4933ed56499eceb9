"""Which skills a complaint asks for, and who is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from complaints.ports import Colleague
from complaints.service.people import best_colleague
from complaints.skills import load_skills
from complaints.storage import Complaint
from foundation.errors import InvalidInput

SKILLS = load_skills()


@pytest.mark.parametrize(
    ("category", "product", "asked"),
    [
        ("price_billing", "双开门冰箱", {"billing", "refrigeration"}),
        ("", "燃气热水器", {"gas_safety"}),
        ("installation", "", {"installation"}),
        ("product_quality", "按摩椅", set()),
    ],
)
def test_category_and_product_ask_for_skills(category: str, product: str, asked: set[str]) -> None:
    assert SKILLS.asked_by(category, product) == asked


def test_skills_nobody_knows_of_are_refused() -> None:
    assert SKILLS.checked(["billing", "gas_safety", "billing"]) == ["gas_safety", "billing"]
    with pytest.raises(InvalidInput):
        SKILLS.checked(["billing", "magic"])


@pytest.mark.parametrize(
    "rows",
    [
        "[{id: a, title: A, products: [x]}, {id: a, title: B, products: [y]}]",
        "[{id: a, title: A, categories: [weather]}]",
        "[{id: a, title: A}]",
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(tmp_path: Path, rows: str) -> None:
    file = tmp_path / "skills.yml"
    file.write_text(f"skills: {rows}", encoding="utf-8")
    with pytest.raises(ValueError, match="skills"):
        load_skills(file)


def colleague(name: str, *skills: str, present: bool = True, role: str = "agent") -> Colleague:
    return Colleague(name, name, role, present, frozenset(skills))


def chosen(*candidates: Colleague, load: dict[str, int], **facts: object) -> str:
    complaint = Complaint(
        category=facts.get("category", "price_billing"), product=facts.get("product", "冰箱"),
        priority=facts.get("priority", "general"), sensitive=False,
    )  # fmt: skip
    found = best_colleague(candidates, load, complaint)
    assert found is not None
    return found.id


def test_presence_goes_before_skill_and_skill_before_load() -> None:
    both = colleague("a", "billing", "refrigeration")
    one = colleague("b", "billing")
    none = colleague("c")
    away = colleague("d", "billing", "refrigeration", present=False)
    load = {"a": 40, "b": 10}
    assert chosen(both, one, none, away, load=load) == "a"
    assert chosen(one, none, away, load=load) == "b"
    assert chosen(none, away, load=load) == "c"
    assert chosen(both, one, none, load=load, category="delivery", product="按摩椅") == "c"


def test_supervisors_are_asked_for_what_is_grave() -> None:
    boss = colleague("s", "billing", "refrigeration", role="supervisor")
    agent = colleague("b")
    assert chosen(boss, agent, load={}) == "b"
    assert chosen(boss, agent, load={}, priority="urgent") == "s"
