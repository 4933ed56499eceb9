"""Import with a row-by-row report and export that can be imported again (SPEC section 7)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from foundation.errors import IllegalMove, InvalidInput
from knowledge_base import storage
from knowledge_base.model import Case, CaseStatus, check_move
from knowledge_base.reading import is_id, read_case, shown, unknown_fields
from knowledge_base.redaction import redact_case
from knowledge_base.service import CaseLibrary
from knowledge_base.storage import CaseRow
from knowledge_base.tables import COLUMNS, RawRow, read_rows, to_cells

LARGEST_FILE = 10_000_000
_USAGE = ("times_used", "success_rate")


class OnConflict(StrEnum):
    """What to do with a row whose id the library has already."""

    UPDATE = "update"
    REJECT = "reject"


@dataclass(frozen=True)
class RejectedRow:
    """A row that did not go in, with the reasons in plain words."""

    row: int
    id: str
    reasons: list[str]


@dataclass
class ImportReport:
    """What became of every row: created, updated, unchanged or rejected."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """Rows that are in the library as the file has them."""
        return self.created + self.updated + self.unchanged

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "accepted": self.accepted,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": [
                {"row": row.row, "id": row.id, "reasons": row.reasons} for row in self.rejected
            ],
            "warnings": self.warnings,
        }


async def import_cases(
    session: AsyncSession,
    library: CaseLibrary,
    data: bytes,
    file_name: str,
    author: str,
    on_conflict: OnConflict = OnConflict.UPDATE,
    max_bytes: int = LARGEST_FILE,
) -> ImportReport:
    """Take the good rows of a file in and report every other row.

    A row is checked as a whole before it is written. A known id gets a new version in which the
    fields that the file has replace the old ones; usage counts stay.

    Raises:
        TooLarge: the file is over `max_bytes`.
        InvalidInput: the file as a whole cannot be read.
    """
    rows = list(read_rows(data, file_name, max_bytes))
    await storage.begin_writing(session)
    known = {row.id: row for row in await storage.rows_by_id(session, _ids(rows))}
    run = _Import(session, library, author, on_conflict, known)
    for row in rows:
        await run.take(row)
    run.report.warnings[:0] = _unknown_columns(rows)
    return run.report


def export_jsonl(cases: Iterable[Case]) -> str:
    """One JSON object a line, all fields."""
    return "".join(f"{case.model_dump_json()}\n" for case in cases)


def export_csv(cases: Iterable[Case]) -> str:
    """CSV with a byte-order mark, so that Excel reads the Chinese; lists are lines in a cell."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(to_cells(case) for case in cases)
    return f"\ufeff{out.getvalue()}"


async def all_cases(session: AsyncSession) -> list[Case]:
    """Every case of the library in any status, by id, for an export."""
    rows, _ = await storage.matching_rows(session, {}, "", 0, None)
    return sorted((row.case for row in rows), key=lambda case: case.id)


class _Import:
    """One import under way."""

    def __init__(
        self,
        session: AsyncSession,
        library: CaseLibrary,
        author: str,
        on_conflict: OnConflict,
        known: dict[str, CaseRow],
    ) -> None:
        self.report = ImportReport()
        self._session = session
        self._library = library
        self._author = author
        self._on_conflict = on_conflict
        self._known = known
        self._seen: dict[str, int] = {}

    async def take(self, row: RawRow) -> None:
        """Write one row or note why not."""
        case_id = str(row.fields.get("id") or "").strip()
        try:
            if row.faults:
                raise _rejection(*row.faults)
            if case_id in self._seen:
                raise _rejection(f"编号与第{self._seen[case_id]}行重复")
            await self._write(row.fields, self._known.get(case_id))
        except (InvalidInput, IllegalMove) as error:
            reasons = error.detail.get("reasons", [error.message])
            self.report.rejected.append(RejectedRow(row.number, shown(case_id), reasons))
            return
        self._seen[case_id] = row.number

    async def _write(self, fields: dict[str, Any], known: CaseRow | None) -> None:
        if known is None:
            case = self._masked(read_case(fields))
            await self._library.insert(self._session, case, self._author, "import")
            self.report.created += 1
            return
        if self._on_conflict is OnConflict.REJECT:
            raise _rejection("编号已存在")
        case = self._masked(_merged(known.case, fields))
        changed = await self._library.replace(self._session, known, case, self._author, "import")
        if changed:
            self.report.updated += 1
        else:
            self.report.unchanged += 1

    def _masked(self, case: Case) -> Case:
        clean, found = redact_case(case)
        if found:
            kinds = dict.fromkeys(kind.value for kinds in found.values() for kind in kinds)
            self.report.warnings.append(f"{case.id}：已遮盖个人信息（{'、'.join(kinds)}）")
        return clean


def _merged(old: Case, fields: dict[str, Any]) -> Case:
    current = old.model_dump(mode="json")
    given = {name: value for name, value in fields.items() if name not in _USAGE}
    if isinstance(given.get("compensation"), dict):
        given["compensation"] = {**current["compensation"], **given["compensation"]}
    case = read_case({**current, **given})
    if case.status is not old.status:
        _check_status(old.status, case.status)
    return case


def _check_status(state: CaseStatus, target: CaseStatus) -> None:
    try:
        check_move(state, target)
    except IllegalMove as error:
        allowed = "、".join(error.detail["allowed"])
        raise _rejection(f"状态不能从 {state} 改成 {target}，可以改成：{allowed}") from error


def _rejection(*reasons: str) -> InvalidInput:
    return InvalidInput("；".join(reasons), reasons=list(reasons))


def _ids(rows: list[RawRow]) -> list[str]:
    ids = dict.fromkeys(str(row.fields.get("id") or "").strip() for row in rows)
    return [case_id for case_id in ids if is_id(case_id)]


def _unknown_columns(rows: list[RawRow]) -> list[str]:
    strange = dict.fromkeys(name for row in rows for name in unknown_fields(row.fields))
    return [f"不认识的列，已忽略：{shown(name)}" for name in strange]
