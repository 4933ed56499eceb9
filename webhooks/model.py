"""What goes out and when: signatures, secrets, the schedule of tries. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

VERSION = 1
"""Of the payload: fields may be added to it, none is renamed or dropped."""
ALL = "*"
TEST = "webhook.test"
SECRET_PREFIX = "whsec_"
OLD_SECRET_LASTS = timedelta(hours=24)
"""After a rotation the old secret signs too, so that receivers change over in their own time."""

FIRST_RETRY_S = 5.0
RETRY_FACTOR = 4.0
LONGEST_RETRY_S = 6 * 3600.0
JITTER = 0.2
LONGEST_WISH = timedelta(hours=24)
"""The longest `Retry-After` that is obeyed."""


class DeliveryState(StrEnum):
    """Where a delivery stands; `dead` waits for a person."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True)
class Event:
    """Something that happened. Deliveries of one `subject` go out in order."""

    id: str
    type: str
    at: datetime
    subject: str
    data: dict[str, Any] = field(default_factory=dict)

    def body(self) -> str:
        """The payload as it is signed and sent; the same for every receiver and every try."""
        payload = {
            "id": self.id,
            "version": VERSION,
            "type": self.type,
            "timestamp": moment(self.at),
            "data": self.data,
        }
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def moment(at: datetime) -> str:
    """A moment as payloads have it: ISO 8601, UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def secret_of(key: bytes, subscription_id: str, generation: int) -> str:
    """The secret of a subscription, worked out from the installation's key and kept nowhere."""
    made = hmac.digest(key, f"{subscription_id}:{generation}".encode(), "sha256")
    return SECRET_PREFIX + base64.b64encode(made).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body` (Standard Webhooks)."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def retry_delay(failures: int, share: float) -> timedelta:
    """The wait after so many failures (1, 2, …): 5 s, 20 s, 80 s … at most 6 h, spread by a fifth
    to either side. `share` is random, 0 to 1."""
    steps = min(max(0, failures - 1), 16)
    plain = min(FIRST_RETRY_S * RETRY_FACTOR**steps, LONGEST_RETRY_S)
    return timedelta(seconds=plain * (1 - JITTER + 2 * JITTER * share))


def retry_wish(header: str, now: datetime) -> timedelta | None:
    """What a `Retry-After` asks for: seconds or a date; None when it says nothing of use."""
    said = header.strip()
    if said.isascii() and said.isdigit():
        return min(timedelta(seconds=min(int(said[:9]), 10**8)), LONGEST_WISH)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), LONGEST_WISH)


def wants(events: list[str], kind: str) -> bool:
    """Whether a subscription to `events` gets this one; a test is for everybody."""
    return kind == TEST or ALL in events or kind in events
