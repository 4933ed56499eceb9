"""The complete file of a complaint: gathered, as JSON, and kept when it is archived."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from complaints.archive.storage import ArchivedFile, archived_file
from complaints.compensation.payouts import CompensationPayout, payouts_of
from complaints.compensation.storage import (
    CompensationDecision,
    CompensationRequest,
    decisions_of,
    requests_of,
)
from complaints.model import State
from complaints.money import yuan_of
from complaints.service.dossier import complete_file
from complaints.storage import Complaint
from foundation.clock import Clock

FORMAT = "frontline.complaint/1"


async def with_money(session: AsyncSession, no: str, file: dict[str, Any]) -> dict[str, Any]:
    """`complete_file`'s data with every compensation, oldest first; amounts are yuan as text."""
    requests = await requests_of(session, no)
    decisions = await decisions_of(session, [request.id for request in requests])
    payouts = await payouts_of(session, [request.id for request in requests])
    money = [
        _compensation(request, decisions.get(request.id), payouts.get(request.id))
        for request in requests[::-1]
    ]
    return {"format": FORMAT, **file, "compensations": money}


async def file_of(session: AsyncSession, complaint: Complaint) -> tuple[dict[str, Any], str]:
    """The file and its JSON text: as archived if it is archived, else as it is now."""
    if complaint.state == State.ARCHIVED:
        kept = await archived_file(session, complaint.no, complaint.life)
        if kept is not None:
            return json.loads(kept.content), kept.content
    file = await with_money(session, complaint.no, await complete_file(session, complaint))
    return file, as_json(file)


def keep(
    session: AsyncSession, complaint: Complaint, file: dict[str, Any], clock: Clock
) -> ArchivedFile:
    """Keep the file of the life that ends, with a digest that shows any later change."""
    content = as_json(file)
    kept = ArchivedFile(
        complaint_no=complaint.no,
        life=complaint.life,
        archived_at=clock.now(),
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        content=content,
    )
    session.add(kept)
    return kept


def as_json(file: dict[str, Any]) -> str:
    """JSON as people and other systems read it; the same file gives the same text."""
    return json.dumps(file, ensure_ascii=False, indent=2)


def _compensation(
    request: CompensationRequest,
    decision: CompensationDecision | None,
    payout: CompensationPayout | None,
) -> dict[str, Any]:
    return {
        "id": request.id,
        "kind": request.kind,
        "level": request.level,
        "amount": str(yuan_of(request.amount)),
        "overcharged": None if request.overcharged is None else str(yuan_of(request.overcharged)),
        "reason": request.reason,
        "round": request.round,
        "author": request.author_name,
        "author_role": request.author_role,
        "created_at": request.created_at.isoformat(),
        "status": request.status,
        "split": request.split,
        "decision": decision
        and {
            "act": decision.act,
            "by": decision.actor_name,
            "role": decision.actor_role,
            "at": decision.at.isoformat(),
            "reason": decision.reason,
        },
        "payout": payout
        and {
            "amount": str(yuan_of(payout.amount)),
            "paid_at": payout.paid_at.isoformat(),
            "reference": payout.reference,
            "by": payout.actor_name,
            "role": payout.actor_role,
        },
    }
