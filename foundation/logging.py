"""Structured logs. Message texts, names and numbers of persons never go into a log line.

Log ids, counts, durations and codes. Keys that could carry a person's words are dropped by
`_drop_private` as a last line of defence.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

PRIVATE_KEYS = frozenset(
    {"text", "message_text", "body", "phone", "address", "name", "password", "token", "query"}
)


def _drop_private(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    for key in PRIVATE_KEYS & event.keys():
        event[key] = "[private]"
    return event


def configure_logging(level: str = "INFO", fmt: str = "console") -> None:
    """Set up structlog and the standard library's logging for this process."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _drop_private,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s", force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
