"""Use cases of the case library. Each runs inside the caller's transaction (SPEC section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from foundation.clock import Clock
from foundation.errors import Conflict, InvalidInput
from foundation.ids import new_id
from knowledge_base import storage
from knowledge_base.model import Case, CaseStatus, check_move
from knowledge_base.reading import read_case, unknown_fields
from knowledge_base.records import CasePage, Change, StoredCase, VersionEntry
from knowledge_base.redaction import redact_case
from knowledge_base.storage import CaseChange, CaseRow, CaseVersion, content_of
from knowledge_base.versions import FieldChange, diff

ACTS = {
    CaseStatus.IN_REVIEW: "submit",
    CaseStatus.PUBLISHED: "publish",
    CaseStatus.RETIRED: "retire",
    CaseStatus.DRAFT: "send_back",
}
_NOT_EDITABLE = ("id", "status", "times_used", "success_rate")


class CaseLibrary:
    """The library of solved cases and answers. `timezone` decides which day it is."""

    def __init__(self, clock: Clock, timezone: str = "Asia/Shanghai") -> None:
        self._clock = clock
        self._zone = ZoneInfo(timezone)

    def today(self) -> date:
        """The organisation's calendar day."""
        return self._clock.now().astimezone(self._zone).date()

    async def create(
        self, session: AsyncSession, fields: Mapping[str, Any], author: str
    ) -> StoredCase:
        """Store a new draft; without an `id` it gets one.

        Raises:
            InvalidInput: `detail["reasons"]`.
            Conflict: the id exists.
        """
        status = {"status": CaseStatus.DRAFT}
        case = read_case({"id": new_id("case"), **_given(fields), **status})
        return await self.insert(session, case, author, "create")

    async def insert(self, session: AsyncSession, case: Case, author: str, act: str) -> StoredCase:
        """Store a new case with the status and usage it brings; personal data is masked first.

        Raises:
            Conflict: the id exists.
        """
        await storage.begin_writing(session)
        if await session.get(CaseRow, case.id) is not None:
            raise Conflict("a case with this id exists", id=case.id)
        clean, masked = redact_case(case)
        now = self._clock.now()
        row = CaseRow(id=clean.id, version=0, created_at=now, times_used=clean.times_used)
        row.success_rate = clean.success_rate
        row.judged = clean.times_used if clean.success_rate is not None else 0
        session.add(row)
        await self._write(session, row, clean, author, act)
        return StoredCase.of(row, masked)

    async def get(self, session: AsyncSession, case_id: str) -> StoredCase:
        """The current state of a case.

        Raises:
            NotFound: unknown id.
        """
        return StoredCase.of(await storage.get_row(session, case_id))

    async def cases(self, session: AsyncSession, case_ids: list[str]) -> dict[str, Case]:
        """Those of the given cases that may be shown today, with their usage."""
        found = (row.case for row in await storage.rows_by_id(session, case_ids))
        return {case.id: case for case in found if case.searchable_on(self.today())}

    async def browse(
        self,
        session: AsyncSession,
        *,
        words: str = "",
        page: int = 1,
        page_size: int = 20,
        **equal: str | None,
    ) -> CasePage:
        """Cases whose texts hold all `words`, newest change first.

        `equal` may name status, kind, product, category, topic and owner; empty ones are ignored.
        """
        wanted = {column: value for column, value in equal.items() if value}
        rows, total = await storage.matching_rows(
            session, wanted, words, (page - 1) * page_size, page_size
        )
        return CasePage([StoredCase.of(row) for row in rows], total, page, page_size)

    async def update(
        self,
        session: AsyncSession,
        case_id: str,
        fields: Mapping[str, Any],
        version: int,
        author: str,
        act: str = "update",
    ) -> StoredCase:
        """Change the given fields of the case that the author read as `version`.

        Status and usage have verbs of their own and cannot be changed here. A change that changes
        nothing makes no version.

        Raises:
            InvalidInput: `detail["reasons"]`.
            Conflict: somebody changed it meanwhile; `detail["changes"]` shows what.
        """
        await storage.begin_writing(session)
        row = await storage.get_row(session, case_id)
        if row.version != version:
            raise await self._conflict(session, row, version)
        before = row.case.model_dump(mode="json")
        _refuse_uneditable(before, fields)
        case = read_case({**before, **_given(fields)})
        clean, masked = redact_case(case)
        if content_of(clean) != row.content:
            await self._write(session, row, clean, author, act)
        return StoredCase.of(row, masked)

    async def submit(self, session: AsyncSession, case_id: str, author: str) -> StoredCase:
        """Hand a draft (or a retired case) to review. Raises `IllegalMove`."""
        return await self.move(session, case_id, CaseStatus.IN_REVIEW, author)

    async def send_back(self, session: AsyncSession, case_id: str, author: str) -> StoredCase:
        """Give a case under review back to its author. Raises `IllegalMove`."""
        return await self.move(session, case_id, CaseStatus.DRAFT, author)

    async def publish(self, session: AsyncSession, case_id: str, author: str) -> StoredCase:
        """Make a reviewed case searchable. Raises `IllegalMove`."""
        return await self.move(session, case_id, CaseStatus.PUBLISHED, author)

    async def retire(self, session: AsyncSession, case_id: str, author: str) -> StoredCase:
        """Take a case out of the search. Raises `IllegalMove`."""
        return await self.move(session, case_id, CaseStatus.RETIRED, author)

    async def move(
        self, session: AsyncSession, case_id: str, target: CaseStatus, author: str
    ) -> StoredCase:
        """Move a case to `target`.

        Raises:
            IllegalMove: not in `MOVES`.
        """
        await storage.begin_writing(session)
        row = await storage.get_row(session, case_id)
        check_move(CaseStatus(row.status), target)
        moved = row.case.model_copy(update={"status": target})
        await self._write(session, row, moved, author, ACTS[target])
        return StoredCase.of(row)

    async def versions(self, session: AsyncSession, case_id: str) -> list[VersionEntry]:
        """The history of a case, newest first, each with its difference to the one before.

        Raises:
            NotFound: unknown id.
        """
        await storage.get_row(session, case_id)
        kept = await storage.versions_of(session, case_id)
        older = [version.snapshot for version in kept[1:]] + [{}]
        return [
            VersionEntry(v.number, v.act, v.author, v.at, v.snapshot, diff(before, v.snapshot))
            for v, before in zip(kept, older, strict=True)
        ]

    async def compare(
        self, session: AsyncSession, case_id: str, before: int, after: int
    ) -> list[FieldChange]:
        """What changed from version `before` to version `after`.

        Raises:
            NotFound: no such case or version.
        """
        old = await storage.get_version(session, case_id, before)
        new = await storage.get_version(session, case_id, after)
        return diff(old.snapshot, new.snapshot)

    async def restore(
        self, session: AsyncSession, case_id: str, number: int, author: str
    ) -> StoredCase:
        """Bring back the content of version `number` as a new version; the status stays.

        Raises:
            NotFound: no such case or version.
        """
        await storage.begin_writing(session)
        row = await storage.get_row(session, case_id)
        version = await storage.get_version(session, case_id, number)
        case = Case.model_validate({**version.snapshot, "status": row.status})
        if content_of(case) != row.content:
            await self._write(session, row, case, author, "restore")
        return StoredCase.of(row)

    async def published(self, session: AsyncSession) -> list[Case]:
        """Every case that may be found today."""
        return [row.case for row in await storage.published_rows(session, self.today())]

    async def changes_since(
        self, session: AsyncSession, revision: int, limit: int = 1000
    ) -> list[Change]:
        """Cases changed after `revision`, each once in its present state, oldest change first.

        Every change carries the last revision read: go on from there.
        """
        ids, reached = await storage.changed_ids(session, revision, limit)
        current = await self.cases(session, ids)
        return [Change(reached, case_id, current.get(case_id)) for case_id in ids]

    async def record_use(
        self, session: AsyncSession, case_id: str, *, used: bool = False, helped: bool | None = None
    ) -> None:
        """Count a use and, when `helped` says so, move the success rate.

        Usage is no content: it makes neither a version nor a change. Unknown ids are ignored.
        """
        values: dict[str, Any] = {}
        if used:
            values["times_used"] = CaseRow.times_used + 1
        if helped is not None:
            helps = func.coalesce(CaseRow.success_rate, 0.0) * CaseRow.judged + int(helped)
            values["success_rate"] = helps / (CaseRow.judged + 1)
            values["judged"] = CaseRow.judged + 1
        if values:
            await session.execute(
                update(CaseRow)
                .where(CaseRow.id == case_id)
                .values(values)
                .execution_options(synchronize_session=False)
            )

    async def replace(
        self, session: AsyncSession, row: CaseRow, case: Case, author: str, act: str
    ) -> bool:
        """Put `case` in the place of what `row` holds, as a new version; False if nothing changes.

        For imports and the seed, which hold the write lock already and bring their own status.
        """
        clean, _ = redact_case(case)
        if content_of(clean) == row.content:
            return False
        await self._write(session, row, clean, author, act)
        return True

    async def _write(
        self, session: AsyncSession, row: CaseRow, case: Case, author: str, act: str
    ) -> None:
        now = self._clock.now()
        row.hold(case)
        row.version += 1
        row.updated_at = now
        row.updated_by = author[: storage.NAME_LENGTH]
        await session.flush()
        session.add(
            CaseVersion(
                case_id=row.id,
                number=row.version,
                act=act,
                author=row.updated_by,
                at=now,
                snapshot=row.content,
            )
        )
        session.add(CaseChange(case_id=row.id, at=now))
        await session.flush()

    async def _conflict(self, session: AsyncSession, row: CaseRow, version: int) -> Conflict:
        known = await session.get(CaseVersion, (row.id, version))
        changes = diff(known.snapshot, row.content) if known else []
        return Conflict(
            "the case was changed meanwhile",
            version=row.version,
            changed_by=row.updated_by,
            changed_at=row.updated_at.isoformat(),
            changes=[change.as_dict() for change in changes],
        )


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    strange = unknown_fields(fields)
    if strange:
        reasons = [f"不认识的字段：{name}" for name in strange]
        raise InvalidInput("；".join(reasons), reasons=reasons)
    return dict(fields)


def _refuse_uneditable(before: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    wrong = [name for name in _NOT_EDITABLE if name in fields and fields[name] != before[name]]
    if wrong:
        reasons = [f"{name} 不能在这里修改" for name in wrong]
        raise InvalidInput("；".join(reasons), reasons=reasons)
