"""The shipped library: cases, answers, empathy phrases and safety texts of `seed/`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from foundation.clock import Clock
from knowledge_base import storage
from knowledge_base.model import Case
from knowledge_base.reading import read_case
from knowledge_base.service import CaseLibrary
from knowledge_base.storage import CaseRow, PhraseRow

SEED = Path(__file__).parent / "seed"
AUTHOR = "seed"
HAZARDS = (
    "gas_leak", "fire_smoke", "electric_shock", "explosion_battery", "injury", "carbon_monoxide",
    "water_electric", "food_safety", "self_harm", "batch_failure", "structural",
)  # fmt: skip
SENSITIVE = ("media_exposure", "regulator", "legal")


class Phrase(BaseModel):
    """An empathy phrase; `text` has slots such as `{product}` (SPEC section 6)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=80)
    scene: str = Field(min_length=1, max_length=storage.NAME_LENGTH)
    need: str = Field(pattern="^(resolution|acknowledgement|fairness)$")
    stage: str = Field(
        pattern="^(opening|listening|apology_without_fault|action|waiting|closing|follow_up)$"
    )
    text: str = Field(min_length=4)


@dataclass(frozen=True)
class SeedReport:
    """What a load did; `kept` are seed entries that the users have changed and we left alone."""

    added: int = 0
    updated: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Advice:
    """Reviewed text for one hazard or sensitive category."""

    id: str
    category: str
    level: str
    title: str
    text: str


class SafetyAdvice:
    """The reviewed safety texts by category (SPEC section 3)."""

    def __init__(self, advice: list[Advice]) -> None:
        self._by_category = {entry.category: entry for entry in advice}
        missing = sorted({*HAZARDS, *SENSITIVE} - self._by_category.keys())
        if missing or len(self._by_category) != len(advice):
            raise ValueError(f"safety advice must name each category once; missing: {missing}")

    @classmethod
    def load(cls, folder: Path = SEED) -> SafetyAdvice:
        """Read the seed's texts.

        Raises:
            ValueError: a category is missing or named twice.
        """
        return cls([Advice(**entry) for entry in _lines(folder / "safety_advice.jsonl")])

    @property
    def categories(self) -> list[str]:
        """All categories there is a text for."""
        return list(self._by_category)

    def entry(self, category: str) -> Advice:
        """The text with its title. Raises `KeyError` for an unknown category."""
        return self._by_category[category]

    def text(self, category: str) -> str:
        """The text for a hazard or sensitive category; empty for any other."""
        found = self._by_category.get(category)
        return found.text if found else ""


async def load_seed(session: AsyncSession, clock: Clock, folder: Path = SEED) -> SeedReport:
    """Bring the shipped library into the database; safe at every start and in every process.

    New entries are added. An entry whose text in the seed changed is updated, unless somebody
    has edited, retired or otherwise changed it since: what the users did stays.

    Raises:
        InvalidInput: an entry is faulty.
    """
    await storage.begin_writing(session)
    cases = await _load_cases(session, CaseLibrary(clock), folder)
    phrases = await _load_phrases(session, clock, folder)
    return SeedReport(
        cases.added + phrases.added, cases.updated + phrases.updated, cases.kept + phrases.kept
    )


def seed_cases(folder: Path = SEED) -> list[Case]:
    """All cases and answers of the seed, in the order of files and lines."""
    return [read_case(entry) for _, entry in _case_entries(folder)]


def seed_phrases(folder: Path = SEED) -> list[Phrase]:
    """All empathy phrases of the seed."""
    return [Phrase(**entry) for entry in _lines(folder / "empathy.jsonl")]


async def _load_cases(session: AsyncSession, library: CaseLibrary, folder: Path) -> SeedReport:
    known = {row.id: row for row in (await session.execute(select(CaseRow))).scalars()}
    added = updated = kept = 0
    for digest, entry in _case_entries(folder):
        row = known.get(str(entry["id"]))
        if row is not None and row.seed_digest == digest:
            continue
        if row is None:
            case = read_case(entry)
            await library.insert(session, case, AUTHOR, "seed")
            row = await storage.get_row(session, case.id)
            added += 1
        elif row.version != row.seed_version:
            kept += 1
            continue
        else:
            await library.replace(session, row, read_case(entry), AUTHOR, "seed")
            updated += 1
        row.seed_digest, row.seed_version = digest, row.version
    await session.flush()
    return SeedReport(added, updated, kept)


async def _load_phrases(session: AsyncSession, clock: Clock, folder: Path) -> SeedReport:
    known = {row.id: row for row in await storage.phrases(session, {})}
    added = updated = 0
    for phrase in seed_phrases(folder):
        digest = _digest(phrase.model_dump())
        row = known.get(phrase.id)
        if row is not None and row.seed_digest == digest:
            continue
        if row is None:
            row = PhraseRow(id=phrase.id)
            session.add(row)
            added += 1
        else:
            updated += 1
        row.scene, row.need, row.stage, row.text = (
            phrase.scene, phrase.need, phrase.stage, phrase.text,
        )  # fmt: skip
        row.seed_digest, row.updated_at = digest, clock.now()
    await session.flush()
    return SeedReport(added, updated)


def _case_entries(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in ("cases", "answers"):
        for file in sorted((folder / part).glob("*.jsonl")):
            for entry in _lines(file):
                yield _digest(entry), entry


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").split("\n"):
        if line.strip():
            yield json.loads(line)


def _digest(entry: dict[str, Any]) -> str:
    return hashlib.sha256(
        json.dumps(entry, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()
