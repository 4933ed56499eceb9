"""Webhooks: who is told of what happens to complaints, and what became of each delivery."""

from __future__ import annotations

import json
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import AdminStaff, PartsNow, address_of
from api.complaint_news import EVENTS
from api.schemas.base import PathKey, SearchWords
from api.schemas.webhooks import (
    DeliveryList,
    DeliveryOut,
    EventTypes,
    TryOut,
    WebhookChanges,
    WebhookIn,
    WebhookList,
    WebhookOut,
    WebhookSecret,
)
from complaints.model import normal_number
from webhooks import storage
from webhooks.model import DeliveryState
from webhooks.storage import Delivery, Subscription, WebhookEvent

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

RowPath = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
async def list_webhooks(_staff: AdminStaff, parts: PartsNow) -> WebhookList:
    """All webhooks, oldest first, and how each fares. Secrets are not shown again."""
    async with parts.work.reading() as session:
        found = await storage.subscriptions(session)
        standing = await storage.standing(session)
    return WebhookList(items=[_out(one, standing.get(one.id, {})) for one in found])


@router.post("", status_code=201)
async def create_webhook(
    body: WebhookIn, staff: AdminStaff, parts: PartsNow, request: Request
) -> WebhookSecret:
    """A new webhook; its secret is shown this once."""
    url = await parts.webhooks.check(body.url)
    async with parts.work.begin() as session:
        told = await parts.webhooks.create(
            session,
            url=url,
            events=body.events,
            description=body.description,
            active=body.active,
            by=staff.display_name,
        )
        made = told.subscription
        parts.staff.audit(session, staff, "webhook_created", made.id, host=_host(made),
                          address=address_of(request))  # fmt: skip
    return WebhookSecret(webhook=_out(made, {}), secret=told.secret)


@router.get("/events")
async def list_event_types(_staff: AdminStaff) -> EventTypes:
    """Every type of event there is to be told of; docs/webhooks.md says what they mean."""
    return EventTypes(items=list(EVENTS))


@router.get("/deliveries")
async def list_deliveries(
    _staff: AdminStaff,
    parts: PartsNow,
    webhook_id: Annotated[str, Query(pattern=r"^[\w.:@-]{0,80}$")] = "",
    state: DeliveryState | None = None,
    event: Annotated[str, Query(alias="type", max_length=60)] = "",
    complaint: SearchWords = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> DeliveryList:
    """The log of deliveries, newest first."""
    async with parts.work.reading() as session:
        found = await storage.deliveries(
            session,
            subscription_id=webhook_id,
            state=state or "",
            kind=event,
            subject=normal_number(complaint) or complaint,
            before=cursor,
            limit=limit + 1,
        )
    page = found[:limit]
    return DeliveryList(
        items=[_delivery(row, body) for row, body in page],
        next_cursor=page[-1][0].id if len(found) > limit else None,
    )


@router.post("/deliveries/{delivery_id}/resend")
async def resend_delivery(
    delivery_id: RowPath, staff: AdminStaff, parts: PartsNow, request: Request
) -> DeliveryOut:
    """Send a delivery again, at once and under the same id, whatever became of it."""
    async with parts.work.begin() as session:
        row = await parts.webhooks.resend(session, delivery_id)
        parts.staff.audit(session, staff, "webhook_resent", row.subscription_id,
                          delivery=row.id, address=address_of(request))  # fmt: skip
        return await _shown(session, row)


@router.patch("/{webhook_id}")
async def change_webhook(
    webhook_id: PathKey, body: WebhookChanges, staff: AdminStaff, parts: PartsNow, request: Request
) -> WebhookOut:
    """Other facts. Switched off, it is told of nothing; what waited goes on when it is on again."""
    changes: dict[str, Any] = body.model_dump(exclude_unset=True)
    if body.url is not None:
        changes["url"] = await parts.webhooks.check(body.url)
    async with parts.work.begin() as session:
        found = await parts.webhooks.change(session, webhook_id, **changes)
        parts.staff.audit(session, staff, "webhook_changed", found.id, host=_host(found),
                          fields=sorted(changes), address=address_of(request))  # fmt: skip
        return _out(found, (await storage.standing(session)).get(found.id, {}))


@router.post("/{webhook_id}/rotate")
async def rotate_secret(
    webhook_id: PathKey, staff: AdminStaff, parts: PartsNow, request: Request
) -> WebhookSecret:
    """A fresh secret, shown this once; for 24 hours the old one signs beside it."""
    async with parts.work.begin() as session:
        told = await parts.webhooks.rotate(session, webhook_id)
        found = told.subscription
        parts.staff.audit(session, staff, "webhook_rotated", found.id, address=address_of(request))
        standing = await storage.standing(session)
    return WebhookSecret(webhook=_out(found, standing.get(found.id, {})), secret=told.secret)


@router.delete("/{webhook_id}", status_code=204)
async def delete_webhook(
    webhook_id: PathKey, staff: AdminStaff, parts: PartsNow, request: Request
) -> None:
    """Forget a webhook, its log and what waited."""
    async with parts.work.begin() as session:
        found = await parts.webhooks.delete(session, webhook_id)
        parts.staff.audit(session, staff, "webhook_deleted", found.id, host=_host(found),
                          address=address_of(request))  # fmt: skip


@router.post("/{webhook_id}/test", status_code=202)
async def test_webhook(
    webhook_id: PathKey, staff: AdminStaff, parts: PartsNow, request: Request
) -> DeliveryOut:
    """Send a `webhook.test` event; the log tells what came of it."""
    async with parts.work.begin() as session:
        row = await parts.webhooks.test(session, webhook_id)
        parts.staff.audit(session, staff, "webhook_tested", webhook_id,
                          address=address_of(request))  # fmt: skip
        return await _shown(session, row)


async def _shown(session: AsyncSession, row: Delivery) -> DeliveryOut:
    await session.flush()
    return _delivery(row, (await session.get_one(WebhookEvent, row.event_id)).body)


def _out(found: Subscription, standing: dict[str, Any]) -> WebhookOut:
    return WebhookOut(
        **{
            name: getattr(found, name)
            for name in WebhookOut.model_fields
            if name not in ("pending", "dead", "delivered_at")
        },
        pending=standing.get("pending", 0),
        dead=standing.get("dead", 0),
        delivered_at=standing.get("delivered_at"),
    )


def _delivery(row: Delivery, body: str) -> DeliveryOut:
    return DeliveryOut(
        id=row.id,
        webhook_id=row.subscription_id,
        event_id=row.event_id,
        type=row.type,
        complaint_no=normal_number(row.subject),
        state=row.state,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at if row.state == DeliveryState.PENDING else None,
        status=row.status,
        error=row.error or "",
        excerpt=row.excerpt or "",
        tries=[TryOut.model_validate(one) for one in row.tries],
        payload=json.loads(body),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _host(found: Subscription) -> str:
    return httpx.URL(found.url).host
