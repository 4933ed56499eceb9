"""The error tree. Every error has a stable `code`, a message for people and a `detail` dict.

The API maps each class to one HTTP status (api/errors.py); a test fails on an unmapped one.
"""

from __future__ import annotations

from typing import Any


class FrontlineError(Exception):
    """Root of all expected errors."""

    code = "error"

    def __init__(self, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class InvalidInput(FrontlineError):
    """The request is understood but not acceptable; `detail` says which part and why."""

    code = "invalid_input"


class NotSignedIn(FrontlineError):
    """No valid sign-in or token came with the request."""

    code = "not_signed_in"


class NotAllowed(FrontlineError):
    """Signed in, but this role or token may not do this."""

    code = "not_allowed"


class NotFound(FrontlineError):
    """The thing named does not exist (or is not yours to see)."""

    code = "not_found"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"{kind} not found", kind=kind, key=key)


class Conflict(FrontlineError):
    """The thing changed meanwhile or exists already."""

    code = "conflict"


class IllegalMove(FrontlineError):
    """A state machine was asked for a move it does not have."""

    code = "illegal_move"

    def __init__(self, kind: str, state: str, wanted: str, allowed: list[str]) -> None:
        super().__init__(
            f"{kind} cannot go from {state} to {wanted}",
            kind=kind,
            state=state,
            wanted=wanted,
            allowed=allowed,
        )


class TooLarge(FrontlineError):
    """A body, upload or field is over its limit."""

    code = "too_large"

    def __init__(self, what: str, limit: int, unit: str) -> None:
        super().__init__(f"{what} is larger than {limit} {unit}", what=what, limit=limit, unit=unit)


class TooManyRequests(FrontlineError):
    """A rate limit was hit; `retry_after_s` says when to try again."""

    code = "too_many_requests"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"try again in {retry_after_s} s", retry_after_s=retry_after_s)


class Unavailable(FrontlineError):
    """A part that this needs does not answer now."""

    code = "unavailable"

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"{part} is not available: {reason}", part=part, reason=reason)
