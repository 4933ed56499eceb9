"""Signed things: the customer's token for one conversation and links to attachments."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from datetime import timedelta

import jwt

from foundation.clock import Clock
from foundation.errors import NotAllowed, NotSignedIn
from foundation.settings import Settings

_AUDIENCE = "customer"
LINK_LASTS = timedelta(hours=1)
_KEY_BYTES = 32


class Tokens:
    """Signs and checks with one secret key per installation."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._key = secret_key(settings)
        self._link_key = hmac.digest(self._key.encode(), b"attachment links", "sha256")
        self._lasts = timedelta(days=settings.customer_token_days)
        self._clock = clock

    def for_conversation(self, conversation_id: str) -> str:
        """A customer's token, good for this conversation alone."""
        expires = self._clock.now() + self._lasts
        claims = {"sub": conversation_id, "aud": _AUDIENCE, "exp": int(expires.timestamp())}
        return jwt.encode(claims, self._key, algorithm="HS256")

    def conversation_of(self, token: str) -> str:
        """The conversation a token is for.

        Raises:
            NotSignedIn: forged, broken or expired.
        """
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                options={"require": ["sub", "exp"], "verify_exp": False},
            )
            expires, conversation_id = float(claims["exp"]), str(claims["sub"])
        except (jwt.InvalidTokenError, TypeError, ValueError) as error:
            raise NotSignedIn("this token is not valid") from error
        if expires <= self._clock.now().timestamp():
            raise NotSignedIn("this token has expired")
        return conversation_id

    def link(self, attachment_id: str) -> str:
        """A relative link to a file, good for one to two hours and the same within an hour."""
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        expires = int((hour + LINK_LASTS * 2).timestamp())
        signature = self._signature(attachment_id, expires)
        return f"/api/v1/attachments/{attachment_id}?expires={expires}&signature={signature}"

    def check_link(self, attachment_id: str, expires: int, signature: str) -> None:
        """Accept a link made by `link`.

        Raises:
            NotAllowed: forged or expired.
        """
        right = hmac.compare_digest(
            self._signature(attachment_id, expires).encode(), signature.encode("utf-8", "replace")
        )
        if not right or expires <= self._clock.now().timestamp():
            raise NotAllowed("this link is not valid any more")

    def _signature(self, attachment_id: str, expires: int) -> str:
        message = f"{attachment_id}:{expires}".encode()
        return hmac.new(self._link_key, message, hashlib.sha256).hexdigest()


def secret_key(settings: Settings) -> str:
    """The configured key, or the one kept in the data folder (made once, readable to us alone)."""
    if configured := settings.secret_key.get_secret_value():
        return configured
    path = settings.data_dir / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(_KEY_BYTES))
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text().strip()
