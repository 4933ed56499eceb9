"""Signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.access import COOKIE, Anonymous, AnyStaff, PartsNow, address_of, staff_token
from api.schemas.staff import Me, SignedInOut, SignIn, StaffOut
from conversations.desk import leave

router = APIRouter(prefix="/auth", tags=["staff"])


@router.post("/login", dependencies=[Anonymous])
async def login(body: SignIn, request: Request, response: Response, parts: PartsNow) -> SignedInOut:
    """Open a session, as a cookie and as a token for clients without cookies."""
    signed_in = await parts.staff.sign_in(body.username, body.password, address_of(request))
    response.set_cookie(
        COOKIE,
        signed_in.token,
        httponly=True,
        samesite="lax",
        secure=_is_https(request, trusted=parts.settings.trusted_proxies > 0),
        path="/",
    )
    return SignedInOut(staff=StaffOut.model_validate(signed_in.staff), token=signed_in.token)


@router.post("/logout", status_code=204)
async def logout(staff: AnyStaff, request: Request, response: Response, parts: PartsNow) -> None:
    """End this session; the member of staff is not at the desk any more."""
    await parts.staff.sign_out(staff_token(request), staff, address_of(request))
    async with parts.work.begin() as session:
        await leave(session, staff.id)
    response.delete_cookie(COOKIE, path="/")


@router.get("/me")
async def me(staff: AnyStaff) -> Me:
    """Who is signed in."""
    return Me(staff=StaffOut.model_validate(staff))


def _is_https(request: Request, *, trusted: bool) -> bool:
    forwarded = request.headers.get("x-forwarded-proto", "") if trusted else ""
    return (forwarded or request.url.scheme) == "https"
