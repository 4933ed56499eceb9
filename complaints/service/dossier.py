"""The complete file of a complaint as plain data: for the archive and for export."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.storage import (
    CallTask,
    Complaint,
    ComplaintClock,
    ComplaintLife,
    ComplaintMeasure,
    Evidence,
    TimelineEntry,
)
from foundation.database import Base

_INNER = frozenset({"key", "next_at", "stretches", "earlier", "running_since", "complaint_no"})


async def complete_file(session: AsyncSession, complaint: Complaint) -> dict[str, Any]:
    """Everything we know of a complaint, as JSON-able data; moments are ISO 8601 in UTC."""
    await session.flush()
    return {
        "complaint": _plain(complaint),
        "clocks": await _rows(session, ComplaintClock, complaint.no),
        "measures": await _rows(session, ComplaintMeasure, complaint.no),
        "evidence": await _rows(session, Evidence, complaint.no),
        "calls": await _rows(session, CallTask, complaint.no),
        "timeline": await _rows(session, TimelineEntry, complaint.no),
        "earlier_lives": [
            {name: value for name, value in life.items() if name != "kept"}
            for life in await _rows(session, ComplaintLife, complaint.no)
        ],
    }


async def _rows(session: AsyncSession, table: Any, no: str) -> list[dict[str, Any]]:
    query = select(table).where(table.complaint_no == no).order_by(table.id)
    return [_plain(row) for row in (await session.execute(query)).scalars()]


def _plain(row: Base) -> dict[str, Any]:
    columns = inspect(type(row)).column_attrs
    return {
        column.key: _value(getattr(row, column.key))
        for column in columns
        if column.key not in _INNER
    }


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
