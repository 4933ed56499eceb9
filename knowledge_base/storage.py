"""Tables and queries of cases, their versions and changes, and the empathy phrases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.errors import NotFound
from knowledge_base.model import Case, CaseStatus

NAME_LENGTH = 120


class CaseRow(Base):
    """The current state of a case: `content` is the whole case, the columns are for filtering.

    `judged` counts the thumbs behind `success_rate`. `seed_digest` and `seed_version` say which
    seed entry was written last and as which version; both are empty for cases of the users' own.
    """

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_status_product", "status", "product"),)

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    product: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    category: Mapped[str] = mapped_column(String(40), default="")
    owner: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    words: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    times_used: Mapped[int] = mapped_column(default=0)
    success_rate: Mapped[float | None]
    judged: Mapped[int] = mapped_column(default=0)
    seed_digest: Mapped[str] = mapped_column(String(64), default="")
    seed_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    updated_by: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")

    @property
    def case(self) -> Case:
        """The case with its usage so far."""
        usage = {"times_used": self.times_used, "success_rate": self.success_rate}
        return Case.model_validate({**self.content, **usage})

    def hold(self, case: Case) -> None:
        """Take over content and status of `case`; usage is counted elsewhere."""
        self.kind = case.kind
        self.status = case.status
        self.title = case.title
        self.topic = case.topic
        self.product = case.product
        self.category = case.category or ""
        self.owner = case.owner
        self.valid_from = case.valid_from
        self.valid_to = case.valid_to
        self.content = content_of(case)
        self.words = "\n".join(
            (
                case.id, case.title, case.model, case.fault_code,
                *case.customer_statement, *case.solution_steps, *case.tags,
            )
        ).lower()  # fmt: skip


class CaseVersion(Base):
    """One change of a case: the full case after it, who made it and by which act."""

    __tablename__ = "case_versions"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    act: Mapped[str] = mapped_column(String(20))
    author: Mapped[str] = mapped_column(String(NAME_LENGTH))
    at: Mapped[datetime]
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)


class CaseChange(Base):
    """A line of the log that every process reads to keep its search index up to date."""

    __tablename__ = "case_changes"
    __table_args__ = ({"sqlite_autoincrement": True},)

    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class PhraseRow(Base):
    """An empathy phrase with slots in braces."""

    __tablename__ = "empathy_phrases"
    __table_args__ = (Index("ix_empathy_phrases_place", "scene", "need", "stage"),)

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    scene: Mapped[str] = mapped_column(String(NAME_LENGTH))
    need: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text)
    seed_digest: Mapped[str] = mapped_column(String(64), default="")
    updated_at: Mapped[datetime]


def content_of(case: Case) -> dict[str, Any]:
    """The case as JSON without the usage, which lives in columns of its own."""
    return case.model_dump(mode="json", exclude={"times_used", "success_rate"})


async def begin_writing(session: AsyncSession) -> None:
    """Let one transaction at a time write cases, until it ends.

    Otherwise a change could be committed after one with a higher revision had been read, and the
    reader would never see it. Taken before any row lock, so that writers cannot block each other.
    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("LOCK TABLE case_changes IN SHARE ROW EXCLUSIVE MODE"))


async def get_row(session: AsyncSession, case_id: str) -> CaseRow:
    """The current row of a case, read afresh.

    Raises:
        NotFound: unknown id.
    """
    query = select(CaseRow).where(CaseRow.id == case_id)
    found = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("case", case_id)
    return found


async def get_version(session: AsyncSession, case_id: str, number: int) -> CaseVersion:
    """One version of a case.

    Raises:
        NotFound: the case has no such version.
    """
    found = await session.get(CaseVersion, (case_id, number))
    if found is None:
        raise NotFound("case version", f"{case_id} #{number}")
    return found


async def versions_of(session: AsyncSession, case_id: str) -> list[CaseVersion]:
    """All versions of a case, newest first."""
    query = (
        select(CaseVersion)
        .where(CaseVersion.case_id == case_id)
        .order_by(CaseVersion.number.desc())
    )
    return list((await session.execute(query)).scalars())


async def rows_by_id(session: AsyncSession, case_ids: list[str]) -> list[CaseRow]:
    """Rows of the given ids, in no order; unknown ids are left out."""
    found: list[CaseRow] = []
    for at in range(0, len(case_ids), 500):
        query = select(CaseRow).where(CaseRow.id.in_(case_ids[at : at + 500]))
        fresh = query.execution_options(populate_existing=True)
        found.extend((await session.execute(fresh)).scalars())
    return found


async def matching_rows(
    session: AsyncSession,
    equal: dict[str, str],
    words: str,
    offset: int,
    limit: int | None,
) -> tuple[list[CaseRow], int]:
    """Rows whose columns equal `equal` and whose texts hold every word of `words`, and their total.

    Newest change first.
    """
    conditions = [getattr(CaseRow, column) == value for column, value in equal.items()]
    conditions += [CaseRow.words.contains(word, autoescape=True) for word in words.lower().split()]
    total = await session.scalar(select(func.count()).select_from(CaseRow).where(*conditions))
    query = (
        select(CaseRow)
        .where(*conditions)
        .order_by(CaseRow.updated_at.desc(), CaseRow.id)
        .offset(offset)
        .limit(limit)
    )
    return list((await session.execute(query)).scalars()), int(total or 0)


async def published_rows(session: AsyncSession, day: date) -> list[CaseRow]:
    """Rows searchable on `day`, by id."""
    query = (
        select(CaseRow)
        .where(
            CaseRow.status == CaseStatus.PUBLISHED,
            or_(CaseRow.valid_from.is_(None), CaseRow.valid_from <= day),
            or_(CaseRow.valid_to.is_(None), CaseRow.valid_to >= day),
        )
        .order_by(CaseRow.id)
    )
    return list((await session.execute(query)).scalars())


async def turned_between(session: AsyncSession, after: date, until: date) -> list[str]:
    """Ids of published cases whose validity began or ended on the days after `after` to `until`."""
    query = select(CaseRow.id).where(
        CaseRow.status == CaseStatus.PUBLISHED,
        or_(
            (CaseRow.valid_from > after) & (CaseRow.valid_from <= until),
            (CaseRow.valid_to >= after) & (CaseRow.valid_to < until),
        ),
    )
    return list((await session.execute(query)).scalars())


async def last_revision(session: AsyncSession) -> int:
    """The newest revision, 0 before the first change."""
    return int(await session.scalar(select(func.max(CaseChange.revision))) or 0)


async def changed_ids(session: AsyncSession, revision: int, limit: int) -> tuple[list[str], int]:
    """Ids changed after `revision`, each once, and the last revision they reach to."""
    query = (
        select(CaseChange.revision, CaseChange.case_id)
        .where(CaseChange.revision > revision)
        .order_by(CaseChange.revision)
        .limit(limit)
    )
    rows = (await session.execute(query)).all()
    return list(dict.fromkeys(row.case_id for row in rows)), rows[-1].revision if rows else revision


async def phrases(session: AsyncSession, equal: dict[str, str]) -> list[PhraseRow]:
    """Empathy phrases whose columns equal `equal`, by id."""
    query = select(PhraseRow).order_by(PhraseRow.id)
    for column, value in equal.items():
        query = query.where(getattr(PhraseRow, column) == value)
    return list((await session.execute(query)).scalars())
