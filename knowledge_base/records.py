"""What the library gives back: a case as kept, its versions, pages of a list, changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from knowledge_base.model import Case
from knowledge_base.redaction import PersonalData
from knowledge_base.storage import CaseRow
from knowledge_base.versions import FieldChange


@dataclass(frozen=True)
class StoredCase:
    """A case as kept. `masked` names the kinds of personal data this write masked, by field."""

    case: Case
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    masked: dict[str, list[PersonalData]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON form: the fields of the case, its version and who changed it when."""
        return {
            **self.case.model_dump(mode="json"),
            "version": self.version,
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "updated_by": self.updated_by,
            "masked": self.masked,
        }

    @classmethod
    def of(cls, row: CaseRow, masked: dict[str, list[PersonalData]] | None = None) -> StoredCase:
        """What `row` holds."""
        return cls(
            row.case, row.version, row.created_at, row.updated_at, row.updated_by, masked or {}
        )


@dataclass(frozen=True)
class VersionEntry:
    """One version and what it changed against the one before."""

    number: int
    act: str
    author: str
    at: datetime
    snapshot: dict[str, Any]
    changes: list[FieldChange]


@dataclass(frozen=True)
class CasePage:
    """A page of a list and the number of cases in the whole list."""

    items: list[StoredCase]
    total: int
    page: int
    page_size: int


@dataclass(frozen=True)
class Change:
    """A case changed at `revision`; `case` is None when it may not be found any more."""

    revision: int
    case_id: str
    case: Case | None
