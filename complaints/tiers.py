"""Customer tiers (SPEC section 5). Pure.

A tier changes the offer and the follow-up, never the safety handling.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from foundation.settings import Settings


class Tier(StrEnum):
    """How a customer stands with us."""

    HIGH_VALUE = "high_value"
    POTENTIAL = "potential"
    AT_RISK = "at_risk"
    STANDARD = "standard"


@dataclass(frozen=True)
class Trouble:
    """One complaint of a customer: when it came, whether it is unresolved, when last reopened."""

    opened_at: datetime
    unresolved: bool
    reopened_at: datetime | None = None

    def counts_since(self, start: datetime) -> bool:
        """Whether it is unresolved or was reopened, seen from `start` on."""
        reopened = self.reopened_at is not None and self.reopened_at >= start
        return reopened or (self.unresolved and self.opened_at >= start)


@dataclass(frozen=True)
class TierPolicy:
    """When a customer is at risk: `complaints` or more within `window`."""

    complaints: int
    window: timedelta

    @classmethod
    def of(cls, settings: Settings) -> TierPolicy:
        """The rule of the settings."""
        return cls(settings.at_risk_complaints, timedelta(days=settings.at_risk_days))


def tier_of(value: Tier, troubles: Iterable[Trouble], now: datetime, policy: TierPolicy) -> Tier:
    """`at_risk` by the customer's complaints, else `value`, what he is worth to us otherwise.

    A customer at risk who settles down gets his `value` tier back.
    """
    start = now - policy.window
    recent = sum(trouble.counts_since(start) for trouble in troubles)
    if recent >= policy.complaints:
        return Tier.AT_RISK
    return Tier.STANDARD if value is Tier.AT_RISK else value
