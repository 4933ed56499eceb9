"""Entities of customers' messages, remembered: the same message is looked at several times."""

from __future__ import annotations

from functools import lru_cache

from assist.entities.extractor import extract
from assist.entities.model import Entity


@lru_cache(maxsize=1024)
def entities_of(text: str) -> tuple[Entity, ...]:
    """What `assist.entities` finds in `text`, in order."""
    return tuple(extract(text))
