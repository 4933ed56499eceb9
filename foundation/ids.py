"""Identifiers: sortable by time, safe in URLs, prefixed by what they name."""

from __future__ import annotations

from ulid import ULID


def new_id(prefix: str) -> str:
    """A fresh id such as `msg_01jbz…` (lower-case ULID after the prefix)."""
    return f"{prefix}_{str(ULID()).lower()}"
