"""A library, a session on each backend and a case to begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from foundation.clock import FixedClock
from foundation.database import Database
from knowledge_base.service import CaseLibrary


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """One transaction on each backend."""
    async with database.transaction() as session:
        yield session


@pytest.fixture
def library(clock: FixedClock) -> CaseLibrary:
    """A library whose day is 5 November 2025."""
    return CaseLibrary(clock)


@pytest.fixture
def fields() -> dict[str, Any]:
    """What a trainer fills in."""
    return {
        "id": "case-test-1",
        "title": "洗衣机脱水时走位撞墙",
        "product": "洗衣机",
        "category": "installation",
        "customer_statement": ["一甩干就满屋子跑", "脱水的时候咣咣撞墙"],
        "solution_steps": ["检查运输螺栓", "调平底脚"],
        "compensation": {"level": "basic", "detail": "延保3个月", "amount": 0},
        "tags": ["脱水", "安装"],
    }
