"""Which acts on complaints other systems are told of, and in which words: no personal data.

Every act that the timeline knows is here or in `SILENT`; a test compares. The events go into the
outbox of `webhooks` in the transaction that wrote the act down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.archiving import masked
from complaints.model import phone_digits
from complaints.service.recording import Entered, entered_in
from complaints.storage import Complaint
from conversations.desk import mask_phone
from webhooks.model import Event, moment, wants
from webhooks.service import Webhooks

PREFIX = "complaint."
_MONEY = ("request_id", "kind", "level", "amount", "total")
_CLOCK = ("clock", "due_at")
DETAILS: Mapping[str, tuple[str, ...]] = {
    "received": (),
    "registered": (),
    "verified": (),
    "assessed": ("responsibility", "priority"),
    "planned": ("revised",),
    "awaiting_approval": (),
    "approved": (),
    "denied": (),
    "executing": (),
    "resolved": (),
    "reprocessed": (),
    "confirmed": ("by", "attempts"),
    "archived": (),
    "rejected": ("reason", "duplicate_of"),
    "restored": (),
    "reopened": (),
    "compensation_requested": _MONEY,
    "compensation_granted": _MONEY,
    "compensation_approved": _MONEY,
    "compensation_denied": _MONEY,
    "compensation_withdrawn": _MONEY,
    "clock_warned": _CLOCK,
    "clock_breached": _CLOCK,
    "observation_ended": _CLOCK,
    "progress": ("told", "next_at"),
    "contact": ("way", "reached", "attempts"),
    "call_done": ("reached",),
    "customer_said": (),
    "rated": ("score", "satisfied"),
    "rating_waived": (),
    "paused": (),
    "resumed": (),
    "taken": (),
    "assigned": ("auto",),
    "handed_over": (),
    "released": (),
    "prioritized": ("before", "priority", "sensitive"),
    "edited": ("fields",),
    "investigated": (),
    "statement": (),
    "measure_added": (),
    "measure_done": ("measure_id",),
    "evidence_added": ("id", "mime"),
    "emergency_again": ("hazard",),
    "observed": ("kind", "complaint_no"),
    "observation_alert": ("kind",),
    "observation_alert_seen": (),
    "compensation_paid": ("request_id", "amount", "paid_at"),
}
"""Acts that are told, each with the details that go along."""
SILENT = frozenset({"noted", "revealed"})
"""Words among colleagues, and looks at masked data: nobody else's business."""
MACHINES = frozenset({"system", "customer"})
"""Who may act besides staff; members of staff are not named."""
EVENTS = tuple(PREFIX + act for act in DETAILS)


class ComplaintNews:
    """Puts what was done to complaints into the outbox."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def keep(self, session: AsyncSession) -> None:
        """To be run at the end of every transaction."""
        entered = [one for one in entered_in(session) if one.entry.act in DETAILS]
        if not entered:
            return
        receivers = await self._webhooks.wanted(session)
        told = [one for one in entered if _wanted(one, [r.events for r in receivers])]
        if not told:
            return
        await session.flush()
        events = [self._event(one) for one in told]
        await self._webhooks.publish(session, events, receivers)

    def _event(self, one: Entered) -> Event:
        entry = one.entry
        data = {"complaint": _complaint(one), "change": _change(one)}
        return self._webhooks.event(PREFIX + entry.act, entry.complaint_no, data, entry.at)


def _wanted(one: Entered, lists: list[list[str]]) -> bool:
    return any(wants(events, PREFIX + one.entry.act) for events in lists)


def _complaint(one: Entered) -> dict[str, Any]:
    complaint: Complaint = one.complaint
    words = {
        "product": complaint.product,
        "model": complaint.model,
        "order_no": complaint.order_no,
        "external_id": complaint.external_id,
    }
    due = complaint.next_due_at
    return {
        "no": complaint.no,
        "state": one.state,
        "round": one.entry.round,
        "life": one.entry.life,
        "version": one.entry.version,
        "channel": complaint.channel,
        "category": complaint.category,
        "priority": complaint.priority,
        "sensitive": complaint.sensitive,
        "hazard": complaint.hazard,
        **masked(words),
        "phone_masked": mask_phone(phone_digits(complaint.phone)),
        "waiting_for_customer": bool(complaint.waiting_for),
        "escalated": complaint.escalated,
        "overdue": complaint.overdue,
        "next_clock": {"kind": complaint.next_clock, "due_at": moment(due)} if due else None,
        "created_at": moment(complaint.created_at),
    }


def _change(one: Entered) -> dict[str, Any]:
    entry = one.entry
    known = {**entry.detail}
    if entry.act == "edited":
        known["fields"] = sorted(entry.detail.get("before", {}))
    return {
        "sequence": entry.id,
        "act": entry.act,
        "by": entry.actor if entry.actor in MACHINES else "staff",
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "details": {name: known[name] for name in DETAILS[entry.act] if name in known},
    }
