"""Records that must exist before a journey's first turn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from api.journeys.lives import TOLD, Lives
from api.journeys.script import Journey
from api.wiring import Parts
from complaints.model import Category, normal_number
from complaints.service import ComplaintService
from complaints.storage import Complaint, ComplaintCounter
from foundation.clock import FixedClock
from orders.model import OrderFacts
from orders.model import normal_number as order_number

SETTLED = frozenset({"resolved", "confirmed", "archived"})
"""States of a complaint that is done unless it is reopened (SPEC section 5)."""

_SUMMARY_KEYS = ("summary", "what", "description", "title", "content")
_OPENED = time(10, 0)


async def set_up(parts: Parts, journey: Journey, customer_id: str) -> dict[str, str]:
    """Make the orders and complaints of `setup`; the state of each complaint by its number.

    What a record leaves out is taken from the facts of the journey, whose customer it belongs to.
    Keys that name nothing we keep are passed over.
    """
    async with parts.work.begin() as session:
        for record in records(journey.setup.get("orders"), "order_no"):
            if number := order_number(str(record.get("order_no", ""))):
                await parts.orders.put(session, number, order_facts(record, journey.facts))
        known = {}
        for record in records(journey.setup.get("complaints"), "no"):
            complaint = await _complaint(parts, session, journey, record)
            complaint.customer_id = customer_id
            known[complaint.no] = complaint.state
    return known


def records(told: Any, key: str) -> Iterator[dict[str, Any]]:
    """A list of records, one record, or a mapping from `key` to the rest of each, one by one.

    YAML reads a bare `no` as false; as the name of a field it is the word.
    """
    if isinstance(told, dict) and {key, False} & told.keys():
        told = [told]
    elif isinstance(told, dict):
        told = [
            {key: name, **(rest if isinstance(rest, dict) else {})} for name, rest in told.items()
        ]
    for record in told if isinstance(told, list) else []:
        if isinstance(record, dict):
            yield {"no" if name is False else str(name): value for name, value in record.items()}


def order_facts(record: dict[str, Any], facts: dict[str, str]) -> OrderFacts:
    """An order as the file tells it; `status` is another name for `state`."""
    told = {name: str(value) for name, value in record.items() if value is not None}
    return OrderFacts(
        phone=told.get("phone", facts.get("phone", "")),
        product=told.get("product", ""),
        bought_on=_day(record.get("bought_on")),
        state=told.get("state", told.get("status", "")),
        logistics=told.get("logistics", ""),
        refund=told.get("refund", ""),
        invoice=told.get("invoice", ""),
        installation=told.get("installation", ""),
    )


async def _complaint(
    parts: Parts, session: AsyncSession, journey: Journey, record: dict[str, Any]
) -> Complaint:
    """The complaint told, opened by the service on the day and under the number it is to have."""
    told = {name: str(value) for name, value in record.items() if value is not None}
    number = normal_number(told.get("no", told.get("complaint_no", ""))) or ""
    found = await session.get(Complaint, number) if number else None
    if found is None:
        found = await _open(parts, session, journey, told, number)
    for name in ("product", "phone"):
        if name in told:
            setattr(found, name, told[name])
    if told.get("state") in TOLD:
        day = ComplaintService(parts.settings, FixedClock(found.created_at))
        await Lives(day, parts.compensations).lead(session, found, told["state"])
    return found


async def _open(
    parts: Parts, session: AsyncSession, journey: Journey, told: dict[str, str], number: str
) -> Complaint:
    opened, counter, last = journey.now, None, 0
    if number:
        day, _, n = number.removeprefix("TS").partition("-")
        zone = ZoneInfo(parts.settings.timezone)
        opened = datetime.combine(date.fromisoformat(day), _OPENED, zone)
        counter = await session.get(ComplaintCounter, day) or ComplaintCounter(day=day, value=0)
        last, counter.value = counter.value, int(n) - 1
        session.add(counter)
        await session.flush()
    category = told.get("category", "")
    summary = next((told[key] for key in _SUMMARY_KEYS if key in told), "")
    complaint = await ComplaintService(parts.settings, FixedClock(opened)).open(
        session,
        channel=told.get("channel", journey.channel),
        summary=summary or f"{told.get('product', '')}投诉",
        product=told.get("product", ""),
        phone=told.get("phone", journey.facts.get("phone", "")),
        priority=told.get("priority", ""),
        category=category if category in list(Category) else "",
    )
    if counter is not None:
        await session.refresh(counter)
        counter.value = max(last, counter.value)
    return complaint


def _day(told: Any) -> date | None:
    if isinstance(told, date):
        return told
    try:
        return date.fromisoformat(str(told))
    except ValueError:
        return None
