"""Full-text search of complaints in the database itself: FTS5 on SQLite, a GIN index on PostgreSQL.

Chinese is kept as overlapping pairs of characters, everything else as lower-case words, so that
both engines need no dictionary. Rows share the integer `Complaint.key`, so results come in the
order of the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, event, text
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.storage import Complaint

NAME = "complaint_search"
"""What the tables and indexes of the search are named after; migrations leave them alone."""

CREATE = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {NAME} USING fts5(words, tokenize='unicode61')",
    ),
    "postgresql": (
        f"CREATE TABLE IF NOT EXISTS {NAME} (key BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        f"CREATE INDEX IF NOT EXISTS {NAME}_words ON {NAME} USING gin (words)",
    ),
}
_WALK = 8_000
"""How many of the newest complaints are looked at one by one."""
_WALKED = {
    "sqlite": (
        f"SELECT id FROM {NAME}_content WHERE id < :before AND id >= coalesce((SELECT key "
        "FROM complaints WHERE key < :before ORDER BY key DESC LIMIT 1 OFFSET :walk), 0) "
        "AND {each} ORDER BY id DESC LIMIT :limit"
    ),
    "postgresql": (
        f"SELECT key FROM (SELECT key, words FROM {NAME} "
        "WHERE key < :before ORDER BY key DESC LIMIT :walk) AS newest "
        "WHERE words @@ to_tsquery('simple', :match) ORDER BY key DESC LIMIT :limit"
    ),
}
_BY_INDEX = {
    "sqlite": (
        f"SELECT rowid FROM {NAME} WHERE {NAME} MATCH :match AND rowid < :before "
        "ORDER BY rowid DESC LIMIT :limit"
    ),
    "postgresql": (
        f"SELECT key FROM {NAME} WHERE words @@ to_tsquery('simple', :match) AND key < :before "
        "ORDER BY key DESC LIMIT :limit"
    ),
}
_NEWEST = 2**62
_RUN = re.compile(r"[一-鿿㐀-䶿]+|[a-z0-9]+")
_MAX_WORDS = 24
_KEPT_CHARS = 2000


def words(said: str) -> Iterator[str]:
    """Pairs of Chinese characters and lower-case words, in order, repeated ones too."""
    for run in _RUN.findall(said.lower()[:_KEPT_CHARS]):
        if run.isascii() or len(run) == 1:
            yield run
        else:
            yield from (run[i : i + 2] for i in range(len(run) - 1))


def searched(complaint: Complaint) -> str:
    """The words a complaint is found by."""
    parts = (
        complaint.no,
        complaint.product,
        complaint.model,
        complaint.order_no,
        complaint.customer_name,
        complaint.place,
        complaint.summary,
    )
    return " ".join(dict.fromkeys(word for part in parts for word in words(part)))


async def index(session: AsyncSession, complaint: Complaint) -> None:
    """Make the complaint's present words findable."""
    given = {"key": complaint.key, "words": searched(complaint)}
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(
            text(
                f"INSERT INTO {NAME} (key, words) VALUES (:key, to_tsvector('simple', :words)) "
                "ON CONFLICT (key) DO UPDATE SET words = excluded.words"
            ),
            given,
        )
        return
    await session.execute(text(f"DELETE FROM {NAME} WHERE rowid = :key"), given)
    await session.execute(text(f"INSERT INTO {NAME} (rowid, words) VALUES (:key, :words)"), given)


async def keys(session: AsyncSession, query: str, before: int | None, limit: int) -> list[int]:
    """Sorting keys below `before` of complaints that have all words of `query`, newest first.

    What is common is found by looking at the newest complaints one by one, what is rare by the
    index, which may have to gather all matches before it gives the first.
    """
    wanted = list(dict.fromkeys(words(query)))[:_MAX_WORDS]
    if not wanted:
        return []
    dialect = session.get_bind().dialect.name
    given = {
        "match": _match(wanted, dialect),
        "before": _NEWEST if before is None else before,
        "limit": limit,
        "walk": _WALK,
    }
    if dialect == "postgresql" or any(_open_ended(word) for word in wanted):
        walked = _WALKED[dialect]
        if dialect == "sqlite":
            pieces = {f"w{n}": _piece(word) for n, word in enumerate(wanted)}
            walked = walked.format(
                each=" AND ".join(f"instr(' ' || c0 || ' ', :{name})" for name in pieces)
            )
            given |= pieces
        found = list((await session.execute(text(walked), given)).scalars())
        if len(found) >= limit:
            return found
    return list((await session.execute(text(_BY_INDEX[dialect]), given)).scalars())


def _piece(word: str) -> str:
    return f" {word}" if _open_ended(word) else f" {word} "


def _match(wanted: list[str], dialect: str) -> str:
    if dialect == "postgresql":
        return " & ".join(f"{word}:*" if _open_ended(word) else word for word in wanted)
    return " AND ".join(f'"{word}"*' if _open_ended(word) else f'"{word}"' for word in wanted)


def _open_ended(word: str) -> bool:
    """A single character begins a pair; a word of letters may be typed in part."""
    return len(word) == 1 or word.isascii()


def create(connection: Connection) -> None:
    """Make the search's own tables."""
    for statement in CREATE[connection.dialect.name]:
        connection.execute(text(statement))


def is_ours(name: str | None) -> bool:
    """Whether a table or index belongs to the search."""
    return (name or "").startswith(NAME)


@event.listens_for(Complaint.__table__, "after_create")
def _with_the_table(_target: Table, connection: Connection, **_: Any) -> None:
    create(connection)
