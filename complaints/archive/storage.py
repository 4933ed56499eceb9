"""Files of archived complaints, kept as they were when they were closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class ArchivedFile(Base):
    """The complete file of one life of a complaint as JSON text, and its SHA-256. Never changed."""

    __tablename__ = "complaint_archives"

    complaint_no: Mapped[str] = mapped_column(ForeignKey("complaints.no"), primary_key=True)
    life: Mapped[int] = mapped_column(primary_key=True)
    archived_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)


@event.listens_for(ArchivedFile, "before_update")
@event.listens_for(ArchivedFile, "before_delete")
def _refuse(_mapper: Any, _connection: Any, _file: ArchivedFile) -> None:
    raise TypeError("archived files are immutable")


async def archived_file(session: AsyncSession, no: str, life: int) -> ArchivedFile | None:
    """The file of one life of a complaint, if that life was archived."""
    query = select(ArchivedFile).where(ArchivedFile.complaint_no == no, ArchivedFile.life == life)
    return (await session.execute(query)).scalar_one_or_none()
