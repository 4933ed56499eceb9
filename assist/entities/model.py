"""What an entity is; plain data, so that every environment can read it."""

from __future__ import annotations

from dataclasses import dataclass

TYPES = (
    "product",
    "model",
    "order_no",
    "complaint_no",
    "phone",
    "date_time",
    "amount",
    "address",
    "fault_code",
    "symptom",
)


@dataclass(frozen=True)
class Entity:
    """Characters `start` to `end` (exclusive) of the message, as typed."""

    type: str
    start: int
    end: int
    value: str
