"""All parts of one process, built in one place and started in order."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

import httpx
import structlog

from api.library import CaseLibrary
from api.limits import RateLimit
from api.presenting import Presenter
from api.readiness import Readiness
from api.staff.service import StaffService
from api.tokens import Tokens
from api.triage import GatewayTriage
from api.websockets import Hub
from complaints.service import ComplaintService
from conversations.channels.web.channel import WebChannel
from conversations.duty import Duty
from conversations.handover import Handover
from conversations.intake import Intake
from conversations.outbox import Dispatcher
from conversations.ports import Bot
from conversations.safety import Safety
from conversations.timers import Timers
from conversations.turns import TurnRunner
from foundation.clock import Clock, SystemClock
from foundation.database import Database
from foundation.events import Events, RedisEvents, create_events
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

log = structlog.get_logger(__name__)
