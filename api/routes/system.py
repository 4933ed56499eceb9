"""Health, readiness, metrics, and the webhook of the bot's actions."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from api.access import Inside, PartsNow
from api.schemas.system import Health, Ready
from foundation.errors import InvalidInput

router = APIRouter(tags=["system"])


@router.get("/healthz")
async def health() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Ready}})
async def ready(parts: PartsNow, response: Response) -> Ready:
    """Each part's state; 503 while a required one is not ready. A missing bot only degrades."""
    states = await parts.readiness.states()
    found = Ready.model_validate(
        {
            "ready": all(state.ready or not state.required for state in states.values()),
            "parts": states,
        }
    )
    if not found.ready:
        response.status_code = 503
    return found


@router.get("/metrics", dependencies=[Inside], response_class=Response)
async def metrics() -> Response:
    """Prometheus metrics of this process; for this machine or with the internal token."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.post("/actions/webhook", dependencies=[Inside], include_in_schema=False)
async def run_action(request: Request, parts: PartsNow) -> JSONResponse:
    """Rasa's action webhook, in the shapes that Rasa reads."""
    try:
        payload: Any = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise InvalidInput("not JSON", field="body") from error
    if not isinstance(payload, dict):
        raise InvalidInput("not an action call", field="body")
    try:
        return JSONResponse(await parts.actions.run(payload))
    except ActionExecutionRejection as refusal:
        body = {"error": refusal.message, "action_name": refusal.action_name}
        return JSONResponse(body, 400)
    except ActionNotFoundException as missing:
        body = {"error": missing.message, "action_name": missing.action_name}
        return JSONResponse(body, 404)
