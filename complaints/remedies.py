"""What a customer may be offered, and on which basis (SPEC section 5). Pure but for `load`.

These are suggestions: who may grant what they cost is decided in `complaints.authority`. The
customer's tier changes the offer; what safety needs is done before and for everybody alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from complaints.money import fen_of, spoken
from complaints.tiers import Tier

OFFERS_FILE = Path(__file__).with_name("remedies.yml")
OVERCHARGE_FACTOR = 2
"""Overcharged by the company's fault: twice the amount back (SPEC section 5)."""


class Level(StrEnum):
    """How far a remedy goes."""

    BASIC = "basic"
    ADVANCED = "advanced"
    PREMIUM = "premium"


LEVEL_TITLES = {Level.BASIC: "基础", Level.ADVANCED: "进阶", Level.PREMIUM: "高级"}
TIER_TITLES = {
    Tier.HIGH_VALUE: "高价值客户",
    Tier.POTENTIAL: "潜力客户",
    Tier.AT_RISK: "流失风险客户",
    Tier.STANDARD: "普通客户",
}
CATEGORY_TITLES = {
    "product_quality": "产品质量",
    "service_attitude": "服务态度",
    "response_speed": "响应速度",
    "installation": "安装",
    "repair_delay": "维修拖延",
    "price_billing": "价格收费",
    "delivery": "配送",
}
RESPONSIBILITY_TITLES = {
    "company": "公司责任",
    "third_party": "第三方责任",
    "customer": "客户责任",
    "undetermined": "责任未定",
}
DOUBLE_REFUND = "double_refund"
_NOT_MENDED_BY_WORK = frozenset({"service_attitude", "response_speed", "repair_delay"})


@dataclass(frozen=True)
class Situation:
    """What is known of a complaint. `overcharged` is in fen; empty words are not known yet."""

    category: str
    responsibility: str = "undetermined"
    priority: str = "general"
    round: int = 1
    tier: Tier = Tier.STANDARD
    overcharged: int = 0


@dataclass(frozen=True)
class Offer:
    """One line of remedies.yml; `value` is fen by tier."""

    kind: str
    level: Level
    title: str
    detail: str = ""
    categories: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    responsibility: frozenset[str] = frozenset()
    value: Mapping[Tier, int] = field(default_factory=dict)

    def fits(self, situation: Situation) -> bool:
        """Whether it is for this category, tier and responsibility."""
        return (
            (not self.categories or situation.category in self.categories)
            and (not self.tiers or situation.tier in self.tiers)
            and (not self.responsibility or situation.responsibility in self.responsibility)
            and (not self.value or situation.tier in self.value)
        )


@dataclass(frozen=True)
class Remedy:
    """A suggestion. `amount` is what it costs in fen, None where no money is named.

    `owed` is what the customer has a right to; everything else is goodwill.
    """

    kind: str
    level: Level
    title: str
    basis: tuple[str, ...]
    amount: int | None = None
    owed: bool = False


def load_offers(path: Path = OFFERS_FILE) -> tuple[Offer, ...]:
    """The offers of a policy file.

    Raises:
        ValueError: an unknown level or tier, or an amount that is no money.
    """
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["offers"]
    return tuple(_offer(row) for row in rows)


def reached(situation: Situation) -> tuple[Level, tuple[str, ...]]:
    """The highest level this complaint reaches, and why.

    Goodwill beyond `basic` is for the company's own fault alone, so that an offer never reads as
    an admission while responsibility is open.
    """
    title = RESPONSIBILITY_TITLES.get(situation.responsibility, "责任未定")
    if situation.responsibility != "company":
        return Level.BASIC, (title,)
    weight = _weight(situation)
    if not weight:
        return Level.BASIC, (title,)
    valued = situation.tier in (Tier.HIGH_VALUE, Tier.AT_RISK)
    if valued or (situation.tier is Tier.POTENTIAL and situation.round > 1):
        return Level.PREMIUM, (title, *weight, TIER_TITLES[situation.tier])
    return Level.ADVANCED, (title, *weight)


def suggest(situation: Situation, offers: Sequence[Offer]) -> list[Remedy]:
    """What may be offered: first what is owed, then by level from basic upwards.

    Every suggestion names its basis. An amount is the policy's figure for the tier.
    """
    highest, basis = reached(situation)
    order = list(Level)
    found = [
        _remedy(offer, situation, basis)
        for offer in offers
        if offer.fits(situation) and order.index(offer.level) <= order.index(highest)
    ]
    found.sort(key=lambda remedy: order.index(remedy.level))
    owed = double_refund(situation)
    return [owed, *found] if owed else found


def double_refund(situation: Situation) -> Remedy | None:
    """Twice the overcharged sum where the company is at fault; None where the rule is not met."""
    if (
        situation.overcharged <= 0
        or situation.category != "price_billing"
        or situation.responsibility != "company"
    ):
        return None
    return Remedy(
        kind=DOUBLE_REFUND,
        level=Level.BASIC,
        title="多收费用双倍退还",
        basis=("公司责任", f"多收 {spoken(situation.overcharged)}，按两倍退还"),
        amount=OVERCHARGE_FACTOR * situation.overcharged,
        owed=True,
    )


def _weight(situation: Situation) -> tuple[str, ...]:
    """What makes more than the repair itself due."""
    found = []
    if situation.priority in ("urgent", "important"):
        found.append("紧急投诉" if situation.priority == "urgent" else "重要投诉")
    if situation.round > 1:
        found.append(f"第 {situation.round} 次处理")
    if situation.category in _NOT_MENDED_BY_WORK:
        found.append(f"{CATEGORY_TITLES[situation.category]}问题，修好不足以弥补")
    return tuple(found)


def _remedy(offer: Offer, situation: Situation, basis: tuple[str, ...]) -> Remedy:
    amount = offer.value.get(situation.tier)
    grounds = [*basis]
    if offer.categories:
        grounds.append(f"适用于{CATEGORY_TITLES.get(situation.category, '')}类投诉")
    if amount is not None:
        grounds.append(f"{TIER_TITLES[situation.tier]}标准 {spoken(amount)}")
    return Remedy(
        kind=offer.kind,
        level=offer.level,
        title=f"{offer.title}（{offer.detail}）" if offer.detail else offer.title,
        basis=tuple(dict.fromkeys(grounds)),
        amount=amount,
    )


def _offer(row: Mapping[str, Any]) -> Offer:
    value = row.get("value", {})
    by_tier = value if isinstance(value, Mapping) else dict.fromkeys(Tier, value)
    return Offer(
        kind=row["kind"],
        level=Level(row["level"]),
        title=row["title"],
        detail=row.get("detail", ""),
        categories=frozenset(row.get("categories", ())),
        tiers=frozenset(Tier(tier) for tier in row.get("tiers", ())),
        responsibility=frozenset(row.get("responsibility", ())),
        value={Tier(tier): fen_of(yuan) for tier, yuan in by_tier.items()},
    )
