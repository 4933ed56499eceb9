"""The one door for permissions: who is calling, and what may be reached.

Staff come with a session (cookie or bearer token), customers with a signed token bound to one
conversation. Every route names its need with one of the dependencies below; a test walks every
route with every role.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.schemas.base import PathKey
from api.staff.model import DESK, EVERYONE, LIBRARY, OVERRIDE, STAFF_ADMIN, Role
from api.staff.storage import Staff
from api.wiring import Parts
from foundation.errors import NotAllowed, NotSignedIn

COOKIE = "frontline_session"
ORDER_FEED = frozenset({Role.SUPERVISOR, Role.ADMIN})
"""Roles under which another system tells us of orders."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """Whoever may use a conversation: a member of staff, or its customer (`staff` is None)."""

    staff: Staff | None = None


def parts_of(connection: HTTPConnection) -> Parts:
    """The running parts of this process."""
    parts: Parts = connection.app.state.parts
    return parts


PartsNow = Annotated[Parts, Depends(parts_of)]


def address_of(connection: HTTPConnection) -> str:
    """The caller's address, seen through as many proxies as the settings trust."""
    trusted = parts_of(connection).settings.trusted_proxies
    direct = connection.client.host if connection.client else ""
    if trusted == 0:
        return direct
    hops = [hop.strip() for hop in connection.headers.get("x-forwarded-for", "").split(",")]
    return hops[-min(trusted, len(hops))] or direct


def is_local(connection: HTTPConnection) -> bool:
    """Whether the call came from this machine itself and through no proxy."""
    headers = connection.headers
    if "x-forwarded-for" in headers or "forwarded" in headers or connection.client is None:
        return False
    try:
        return ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


def anonymous(connection: HTTPConnection) -> None:
    """Anybody, within the rate limit of his address.

    Raises:
        TooManyRequests: the address is over it.
    """
    parts_of(connection).ip_limit.take(address_of(connection))


def bearer_of(connection: HTTPConnection) -> str:
    """The bearer token, or nothing."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def current_staff(connection: HTTPConnection) -> Staff:
    """The member of staff signed in.

    Raises:
        NotSignedIn: no valid session.
        NotAllowed: a cookie used from a foreign page.
        TooManyRequests: too many calls without a valid session from this address.
    """
    return await staff_of_token(connection, staff_token(connection))


def staff_token(connection: HTTPConnection) -> str:
    """The session token, from the header before the cookie."""
    if token := bearer_of(connection):
        return token
    token = connection.cookies.get(COOKIE, "")
    if token:
        _same_site(connection)
    return token


async def staff_of_token(connection: HTTPConnection, token: str) -> Staff:
    """Whose session this token is. Raises as `current_staff`."""
    try:
        if not token:
            raise NotSignedIn("sign in first")
        return await parts_of(connection).staff.by_token(token)
    except NotSignedIn:
        anonymous(connection)
        raise


def require(roles: frozenset[Role]) -> Callable[[HTTPConnection], Awaitable[Staff]]:
    """A dependency that lets `roles` pass.

    Raises:
        NotSignedIn: nobody is signed in.
        NotAllowed: another role is.
    """

    async def dependency(connection: HTTPConnection) -> Staff:
        staff = await current_staff(connection)
        check_role(staff, roles)
        return staff

    return dependency


def check_role(staff: Staff, roles: frozenset[Role]) -> None:
    """Raise `NotAllowed` unless the role is one of `roles`."""
    if staff.role not in roles:
        raise NotAllowed("your role may not do this", role=staff.role, allowed=sorted(roles))


def customer_of(connection: HTTPConnection, token: str, conversation_id: str) -> None:
    """Accept a customer's token for this conversation.

    Raises:
        NotSignedIn: not a valid token.
        NotAllowed: a token for another conversation.
    """
    try:
        owned = parts_of(connection).tokens.conversation_of(token)
    except NotSignedIn:
        anonymous(connection)
        raise
    if owned != conversation_id:
        raise NotAllowed("this token is for another conversation")


async def customer(connection: HTTPConnection, conversation_id: PathKey) -> Caller:
    """The customer of the conversation in the path."""
    customer_of(connection, bearer_of(connection), conversation_id)
    return Caller()


async def customer_or_desk(connection: HTTPConnection, conversation_id: PathKey) -> Caller:
    """The customer of the conversation in the path, or staff of the desk."""
    token = bearer_of(connection)
    if is_customer_token(token):
        customer_of(connection, token, conversation_id)
        return Caller()
    staff = await current_staff(connection)
    check_role(staff, DESK)
    return Caller(staff)


def is_customer_token(token: str) -> bool:
    """Whether a token has the form of a customer's (three dotted parts)."""
    return token.count(".") == 2


def from_inside(connection: HTTPConnection) -> None:
    """Our own processes: this machine, or the token shared with Rasa (header or `?token=`).

    Raises:
        NotAllowed: anybody else.
    """
    shared = parts_of(connection).settings.rasa_token.get_secret_value()
    given = connection.query_params.get("token", "") or bearer_of(connection)
    if not (is_local(connection) or (shared and same(given, shared))):
        raise NotAllowed("for the service's own processes alone")


def same(given: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _same_site(connection: HTTPConnection) -> None:
    """Refuse a cookie that a page of another site made the browser send."""
    if connection.scope["type"] == "http" and connection.scope["method"] in _SAFE_METHODS:
        return
    origin = connection.headers.get("origin", "")
    if not origin or origin in parts_of(connection).settings.allowed_origins:
        return
    hosts = {connection.headers.get("host", "")}
    if parts_of(connection).settings.trusted_proxies:
        hosts.add(connection.headers.get("x-forwarded-host", ""))
    if urlsplit(origin).netloc not in hosts:
        raise NotAllowed("this page may not use your sign-in")


Anonymous = Depends(anonymous)
Inside = Depends(from_inside)
AnyStaff = Annotated[Staff, Depends(require(EVERYONE))]
DeskStaff = Annotated[Staff, Depends(require(DESK))]
LibraryStaff = Annotated[Staff, Depends(require(LIBRARY))]
OrderFeed = Annotated[Staff, Depends(require(ORDER_FEED))]
OverrideStaff = Annotated[Staff, Depends(require(OVERRIDE))]
AdminStaff = Annotated[Staff, Depends(require(STAFF_ADMIN))]
Customer = Annotated[Caller, Depends(customer)]
CustomerOrDesk = Annotated[Caller, Depends(customer_or_desk)]
