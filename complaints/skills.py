"""Which skills a complaint asks for: a policy file, `skills.yml`. Pure but for reading it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from complaints.model import Category
from foundation.errors import InvalidInput

SKILLS_FILE = Path(__file__).with_name("skills.yml")


@dataclass(frozen=True)
class Skill:
    """Something people know; complaints of these categories or products ask for it."""

    id: str
    title: str
    categories: frozenset[str] = frozenset()
    products: tuple[str, ...] = ()

    def is_asked_by(self, category: str, product: str) -> bool:
        """Whether a complaint of this category about this product asks for it."""
        return category in self.categories or any(word in product for word in self.products)


@dataclass(frozen=True)
class Skills:
    """All skills there are, in the order of the file."""

    items: tuple[Skill, ...]

    def asked_by(self, category: str, product: str) -> frozenset[str]:
        """Skills a complaint asks for; none where the policy says nothing of it."""
        return frozenset(s.id for s in self.items if s.is_asked_by(category, product))

    def checked(self, ids: Iterable[str]) -> list[str]:
        """These skills once each, in the order of the file.

        Raises:
            InvalidInput: one that the policy does not know.
        """
        wanted = set(ids)
        unknown = sorted(wanted - {skill.id for skill in self.items})
        if unknown:
            raise InvalidInput("unknown skill", field="skills", unknown=unknown)
        return [skill.id for skill in self.items if skill.id in wanted]


def load_skills(path: Path = SKILLS_FILE) -> Skills:
    """The skills of a policy file.

    Raises:
        ValueError: two of one name, a category that does not exist, or one that nothing asks for.
    """
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["skills"]
    items = tuple(
        Skill(
            id=str(row["id"]),
            title=str(row["title"]),
            categories=frozenset(row.get("categories", ())),
            products=tuple(str(word) for word in row.get("products", ())),
        )
        for row in rows
    )
    if len({skill.id for skill in items}) < len(items):
        raise ValueError(f"{path}: two skills of one id")
    for skill in items:
        if not skill.categories <= set(Category) or not (skill.categories or skill.products):
            raise ValueError(f"{path}: {skill.id} names no category or product we know")
    return Skills(items)
