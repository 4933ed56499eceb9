"""The one error shape: `{"code", "message", "detail"}` and the HTTP status of every error.

Nothing a customer typed is repeated in an error, and the log line of an unexpected error holds
the place it came from, not its message (which may quote a person's words).
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foundation.errors import (
    Conflict,
    FrontlineError,
    IllegalMove,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooManyRequests,
    Unavailable,
)

log = structlog.get_logger(__name__)

STATUS: dict[type[FrontlineError], int] = {
    InvalidInput: 422,
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    IllegalMove: 409,
    TooLarge: 413,
    TooManyRequests: 429,
    Unavailable: 503,
}
"""HTTP status of each error class; subclasses take their nearest ancestor's."""

CODES = {
    400: "bad_request",
    401: NotSignedIn.code,
    403: NotAllowed.code,
    404: NotFound.code,
    405: "method_not_allowed",
    409: Conflict.code,
    413: TooLarge.code,
    415: "unsupported_media_type",
    422: InvalidInput.code,
    429: TooManyRequests.code,
    503: Unavailable.code,
}


def status_of(error: type[FrontlineError]) -> int:
    """The HTTP status of an error class.

    Raises:
        LookupError: neither it nor an ancestor is mapped.
    """
    for ancestor in error.__mro__:
        if ancestor in STATUS:
            return STATUS[ancestor]
    raise LookupError(f"{error.__name__} has no HTTP status")


def error_body(code: str, message: str, detail: dict[str, Any] | None = None) -> dict[str, Any]:
    """The JSON of an error."""
    return {"code": code, "message": message, "detail": detail or {}}


def as_body(error: FrontlineError) -> dict[str, Any]:
    """The JSON of an expected error."""
    return error_body(error.code, error.message, error.detail)


def install(app: FastAPI) -> None:
    """Answer every error of `app` in the one shape."""
    app.add_exception_handler(FrontlineError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _expected(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FrontlineError)
    headers = {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.detail["retry_after_s"])
    return JSONResponse(as_body(error), status_of(type(error)), headers=headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    detail = {"errors": list(_fields(error.errors()))}
    return JSONResponse(error_body("invalid_input", "the request is not valid", detail), 422)


def _fields(errors: Iterable[dict[str, Any]]) -> Iterable[dict[str, str]]:
    for error in errors:
        where = ".".join(str(part) for part in error["loc"] if part != "body")
        yield {"field": where or "body", "message": str(error["msg"])}


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code, "error")
    return JSONResponse(
        error_body(code, str(error.detail)), error.status_code, headers=error.headers
    )


def place_of(error: BaseException) -> list[str]:
    """Where an error came from: `file:line function`, innermost last, without any values."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-8:]]


class LastResort:
    """Turns an unexpected error into a plain 500 and logs where it happened, without texts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; answer 500 when nothing has been answered yet."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            log.error("request_failed", error=type(error).__name__, place=place_of(error))
            if started:
                raise
            body = error_body("internal", "something went wrong on our side")
            await JSONResponse(body, 500)(scope, receive, send)
