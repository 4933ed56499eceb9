"""Who is on duty, and how long a customer will wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from conversations.model import waiting_minutes
from conversations.storage import Conversation, Presence, present_staff, queue_position
from foundation.settings import Settings

PRESENCE_LASTS = timedelta(seconds=75)


@dataclass(frozen=True)
class Wait:
    """Place in the queue (1 = next) and expected minutes."""

    position: int
    minutes: int


class Duty:
    """Answers whether humans can be reached now."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.timezone)

    def in_office_hours(self, now: datetime) -> bool:
        """Whether `now` lies within the agents' hours."""
        local = now.astimezone(self._zone).time()
        opens, closes = self._settings.office_opens, self._settings.office_closes
        if opens <= closes:
            return opens <= local < closes
        return local >= opens or local < closes

    async def reachable(self, session: AsyncSession, now: datetime) -> bool:
        """Whether a human can take over: office hours, or somebody sits at the desk anyway."""
        return self.in_office_hours(now) or bool(await self.present(session, now))

    async def present(self, session: AsyncSession, now: datetime) -> list[Presence]:
        """Staff at the desk."""
        return await present_staff(session, now - PRESENCE_LASTS)

    async def wait(self, session: AsyncSession, conversation: Conversation, now: datetime) -> Wait:
        """Where a queued conversation stands."""
        position = await queue_position(session, conversation)
        agents = len(await self.present(session, now))
        minutes = waiting_minutes(position, agents, self._settings.handling_minutes)
        return Wait(position, minutes)
