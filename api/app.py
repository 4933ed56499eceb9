"""The application: parts, middlewares, routes and pages put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from api import errors
from api.limits import BodyLimit
from api.observing import Observed, SecurityHeaders
from api.routes import (
    assist,
    attachments,
    auth,
    cases,
    compensations,
    complaint_entry,
    complaint_people,
    complaint_verbs,
    complaints,
    conversations,
    delivery,
    desk,
    dossier,
    live,
    orders,
    pages,
    personal_data,
    site,
    staff,
    status,
    system,
    webhooks,
    wechat,
)
from api.schemas.base import Error
from api.wiring import Parts, build_parts
from foundation.settings import Settings

PREFIX = "/api/v1"
UPLOAD_MARGIN = 64 * 1024
UPLOAD_PATHS = (
    "/attachments",
    "/cases/import",
    "/complaints/import",
    "/complaints/import/check",
    "/evidence",
)
WECHAT = "/channels/wechat/"
WEBHOOK = "/actions/webhook"
WEBHOOK_MAX_BYTES = 32_000_000
"""A call of Rasa's brings the whole conversation along."""
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Error, "description": text}
    for status, text in {
        401: "Not signed in",
        403: "Not allowed",
        404: "Not found",
        409: "Conflict",
        413: "Too large",
        422: "Not valid",
        429: "Too many requests",
        503: "A part does not answer",
    }.items()
}
ROUTERS = (
    conversations,
    attachments,
    auth,
    desk,
    delivery,
    pages,
    staff,
    assist,
    cases,
    orders,
    complaint_entry,
    complaint_people,
    complaints,
    complaint_verbs,
    compensations,
    dossier,
    personal_data,
    status,
    webhooks,
)


def create_app(settings: Settings, *, parts: Parts | None = None) -> FastAPI:
    """The application; `parts` replaces the real ones in tests. The database has its tables."""
    parts = parts or build_parts(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await parts.start()
        yield
        await parts.stop()

    app = FastAPI(
        title="Frontline",
        summary="Conversations, desk, assist and case library of an after-sales service.",
        version="0.1.0",
        lifespan=lifespan,
        redoc_url=None,
    )
    app.state.parts = parts
    errors.install(app)
    for module in ROUTERS:
        app.include_router(module.router, prefix=PREFIX, responses=ERRORS)
    for module in (live, system, site):
        app.include_router(module.router)
    app.include_router(wechat.router, responses=ERRORS)
    _add_middlewares(app, settings)
    return app


def _add_middlewares(app: FastAPI, settings: Settings) -> None:
    """The last one added is the outermost."""

    def limit_of(path: str) -> int:
        if path.startswith(PREFIX) and path.endswith(UPLOAD_PATHS):
            return settings.upload_max_bytes + UPLOAD_MARGIN
        if path.startswith(WECHAT):
            return settings.wechat_callback_max_bytes
        return WEBHOOK_MAX_BYTES if path == WEBHOOK else settings.request_max_bytes

    app.add_middleware(BodyLimit, limit_of=limit_of)
    app.add_middleware(errors.LastResort)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_credentials="*" not in settings.allowed_origins,
        allow_methods=["*"],
        allow_headers=["Authorization", "Content-Type"],
        max_age=3600,
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Observed)
