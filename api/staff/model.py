"""Members of staff, their roles and what a role includes (SPEC section 1)."""

from __future__ import annotations

import re
from enum import StrEnum

from foundation.errors import InvalidInput


class Role(StrEnum):
    """What a member of staff is there for."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    TRAINER = "trainer"
    HQ = "hq"
    ADMIN = "admin"


EVERYONE = frozenset(Role)
DESK = frozenset({Role.AGENT, Role.SUPERVISOR, Role.HQ, Role.ADMIN})
OVERRIDE = frozenset({Role.SUPERVISOR, Role.HQ, Role.ADMIN})
LIBRARY = frozenset({Role.TRAINER, Role.SUPERVISOR, Role.HQ, Role.ADMIN})
STAFF_ADMIN = frozenset({Role.ADMIN})

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,38}")


def normal_username(typed: str) -> str:
    """The user name as it is kept: lower case.

    Raises:
        InvalidInput: not 2-39 of `a-z 0-9 . _ -`.
    """
    name = typed.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise InvalidInput("a user name has 2 to 39 of a-z 0-9 . _ -", field="username")
    return name
