"""What changed between two states of a case; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldChange:
    """One field before and after, as JSON values."""

    field: str
    before: Any
    after: Any

    @property
    def removed(self) -> list[str]:
        """For lists: the items that are gone, in their order."""
        return _without(self.before, self.after)

    @property
    def added(self) -> list[str]:
        """For lists: the items that are new, in their order."""
        return _without(self.after, self.before)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"field": self.field, "before": self.before, "after": self.after}


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """The fields in which two snapshots differ, in the order of the case's fields."""
    fields = dict.fromkeys([*before, *after])
    return [
        FieldChange(field, before.get(field), after.get(field))
        for field in fields
        if before.get(field) != after.get(field)
    ]


def _without(items: Any, others: Any) -> list[str]:
    if not isinstance(items, list):
        return []
    return [item for item in items if item not in (others or [])]
