"""What may be offered on which basis, and who is a customer at risk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.model import Category, Priority
from complaints.remedies import (
    CATEGORY_TITLES,
    Level,
    Situation,
    double_refund,
    load_offers,
    reached,
    suggest,
)
from complaints.tiers import Tier, TierPolicy, Trouble, tier_of
from foundation.settings import Settings

OFFERS = load_offers()
NOW = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)
POLICY = TierPolicy.of(Settings(_env_file=None))
OURS = Situation("product_quality", "company", "important")


def kinds(situation: Situation) -> list[str]:
    return [remedy.kind for remedy in suggest(situation, OFFERS)]


def test_every_category_of_a_complaint_has_a_title_and_something_basic() -> None:
    assert set(CATEGORY_TITLES) == set(Category)
    for category in Category:
        levels = {remedy.level for remedy in suggest(Situation(category, "company"), OFFERS)}
        assert Level.BASIC in levels, category


def test_a_plain_fault_of_ours_is_repaired_with_a_longer_warranty() -> None:
    assert kinds(Situation("product_quality", "company")) == ["repair", "extended_warranty"]


def test_an_important_complaint_brings_gift_or_coupon() -> None:
    found = suggest(OURS, OFFERS)
    assert [r.kind for r in found] == ["repair", "extended_warranty", "coupon", "gift"]
    coupon = found[2]
    assert (coupon.level, coupon.amount) == (Level.ADVANCED, 5_000)
    assert coupon.basis == ("公司责任", "重要投诉", "普通客户标准 50 元")


@pytest.mark.parametrize("tier", [Tier.HIGH_VALUE, Tier.AT_RISK])
def test_premium_is_by_the_customers_value(tier: Tier) -> None:
    found = suggest(replace(OURS, tier=tier), OFFERS)
    cash = next(remedy for remedy in found if remedy.kind == "cash")
    assert cash.level is Level.PREMIUM
    assert cash.amount == {Tier.HIGH_VALUE: 50_000, Tier.AT_RISK: 30_000}[tier]
    assert "replacement" in [remedy.kind for remedy in found]


def test_a_potential_customer_reaches_premium_from_the_second_round() -> None:
    first = replace(OURS, tier=Tier.POTENTIAL)
    assert reached(first)[0] is Level.ADVANCED
    level, basis = reached(replace(first, round=2))
    assert (level, basis) == (
        Level.PREMIUM,
        ("公司责任", "重要投诉", "第 2 次处理", "潜力客户"),
    )


@pytest.mark.parametrize("responsibility", ["undetermined", "third_party", "customer", ""])
def test_nothing_that_admits_fault_while_it_is_not_ours(responsibility: str) -> None:
    situation = replace(OURS, responsibility=responsibility, tier=Tier.HIGH_VALUE, round=3)
    found = suggest(situation, OFFERS)
    assert {remedy.level for remedy in found} <= {Level.BASIC}
    assert all(remedy.amount is None for remedy in found)


def test_overcharging_by_our_fault_is_paid_back_twice_and_owed() -> None:
    situation = Situation("price_billing", "company", overcharged=12_850)
    first = suggest(situation, OFFERS)[0]
    assert (first.kind, first.amount, first.owed) == ("double_refund", 25_700, True)
    assert first.basis == ("公司责任", "多收 128.50 元，按两倍退还")
    for other in (
        replace(situation, responsibility="undetermined"),
        replace(situation, category="delivery"),
        replace(situation, overcharged=0),
    ):
        assert double_refund(other) is None


situations = st.builds(
    Situation,
    category=st.sampled_from(list(Category)),
    responsibility=st.sampled_from(["company", "third_party", "customer", "undetermined"]),
    priority=st.sampled_from(list(Priority)),
    round=st.integers(1, 4),
    tier=st.sampled_from(list(Tier)),
    overcharged=st.integers(0, 10**6),
)


@given(situations)
def test_every_suggestion_has_a_basis_and_levels_rise(situation: Situation) -> None:
    found = suggest(situation, OFFERS)
    assert all(remedy.basis for remedy in found)
    order = [list(Level).index(remedy.level) for remedy in found]
    assert order == sorted(order)
    assert all(remedy.amount is None or remedy.amount > 0 for remedy in found)


@given(situations)
def test_the_tier_never_takes_a_basic_remedy_away(situation: Situation) -> None:
    def basic(tier: Tier) -> list[str]:
        found = suggest(replace(situation, tier=tier), OFFERS)
        return [remedy.kind for remedy in found if remedy.level is Level.BASIC]

    assert len({tuple(basic(tier)) for tier in Tier}) == 1


def test_a_policy_file_with_an_unknown_level_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "remedies.yml"
    path.write_text("offers: [{kind: car, level: royal, title: 汽车}]", encoding="utf-8")
    with pytest.raises(ValueError, match="royal"):
        load_offers(path)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.mark.parametrize(
    ("troubles", "tier"),
    [
        ([], Tier.POTENTIAL),
        ([Trouble(ago(1), True)], Tier.POTENTIAL),
        ([Trouble(ago(1), True), Trouble(ago(90), True)], Tier.AT_RISK),
        ([Trouble(ago(1), True), Trouble(ago(90.01), True)], Tier.POTENTIAL),
        ([Trouble(ago(1), True), Trouble(ago(20), False)], Tier.POTENTIAL),
        ([Trouble(ago(1), True), Trouble(ago(200), False, ago(5))], Tier.AT_RISK),
        ([Trouble(ago(1), True), Trouble(ago(200), False, ago(100))], Tier.POTENTIAL),
        ([Trouble(ago(300), False, ago(9)), Trouble(ago(9), False, ago(1))], Tier.AT_RISK),
    ],
)
def test_two_unresolved_or_reopened_in_ninety_days_are_a_risk(
    troubles: list[Trouble], tier: Tier
) -> None:
    assert tier_of(Tier.POTENTIAL, troubles, NOW, POLICY) is tier


def test_a_customer_who_settles_down_gets_his_own_tier_back() -> None:
    assert tier_of(Tier.HIGH_VALUE, [], NOW, POLICY) is Tier.HIGH_VALUE
    assert tier_of(Tier.AT_RISK, [], NOW, POLICY) is Tier.STANDARD
