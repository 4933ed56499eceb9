"""What the platform's error codes mean for a message on its way."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from conversations.model import Kind

WINDOW_OVER, COUNT_OVER, DAILY_OVER, TOO_FAST = 45015, 45047, 45009, 45011
HELD = {WINDOW_OVER: "window", COUNT_OVER: "quota", 48001: "no_right"}
"""Error codes after which the next word of the customer opens the way again."""
NO_MENUS = 40200
HOPELESS = {40003: "not_reachable", 43004: "unsubscribed", 43005: "not_reachable",
            48002: "refused_by_user", 50002: "account_restricted"}  # fmt: skip
"""Error codes that no repetition mends, and the reason shown."""
URGENT = frozenset({Kind.SAFETY, Kind.SAFETY_QUESTION})
TOO_FAST_PAUSE = timedelta(seconds=60)
PLATFORM_ZONE = ZoneInfo("Asia/Shanghai")


def pause_after(code: int, now: datetime) -> datetime | None:
    """Until when the whole account has to wait: the daily count starts anew at midnight there."""
    if code == TOO_FAST:
        return now + TOO_FAST_PAUSE
    if code != DAILY_OVER:
        return None
    tomorrow = now.astimezone(PLATFORM_ZONE) + timedelta(days=1)
    return tomorrow.replace(hour=0, minute=0, second=10, microsecond=0).astimezone(now.tzinfo)
