"""Every route with every caller: nobody, a customer, another customer and each role."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app
from api.staff.model import Role
from api.wiring import Parts
from tests.api.conftest import API, SignIn, Visitor

ALL = frozenset(Role)
DESK = ALL - {Role.TRAINER}
LIBRARY = ALL - {Role.AGENT}
OVERRIDE = frozenset({Role.SUPERVISOR, Role.HQ, Role.ADMIN})
ANYBODY = "anybody"
CUSTOMER = "customer"
INSIDE = "inside"

ALLOWED: dict[str, frozenset[str]] = {
    "POST /conversations": frozenset({ANYBODY}),
    "POST /auth/login": frozenset({ANYBODY}),
    "GET /attachments/{attachment_id}": frozenset({ANYBODY}),
    "POST /conversations/{conversation_id}/messages": DESK | {CUSTOMER},
    "GET /conversations/{conversation_id}/messages": DESK | {CUSTOMER},
    "POST /conversations/{conversation_id}/attachments": DESK | {CUSTOMER},
    "POST /conversations/{conversation_id}/feedback": frozenset({CUSTOMER}),
    "POST /auth/logout": ALL,
    "GET /auth/me": ALL,
    "GET /desk/conversations": DESK,
    "GET /conversations/{conversation_id}": DESK,
    "POST /conversations/{conversation_id}/accept": DESK,
    "POST /conversations/{conversation_id}/return-to-bot": DESK,
    "POST /conversations/{conversation_id}/close": DESK,
    "POST /conversations/{conversation_id}/transfer": DESK,
    "POST /conversations/{conversation_id}/clear-emergency": DESK,
    "POST /conversations/{conversation_id}/read": DESK,
    "POST /conversations/{conversation_id}/reveal": DESK,
    "GET /conversations/{conversation_id}/delivery": DESK,
    "POST /conversations/{conversation_id}/messages/{message_id}/resend": DESK,
    "GET /desk/undelivered": DESK,
    "GET /pages": DESK,
    "POST /pages/{page_id}/acknowledge": DESK,
    "GET /staff/present": DESK,
    "GET /staff": frozenset({Role.ADMIN}),
    "GET /staff/skills": frozenset({Role.ADMIN}),
    "GET /staff/{staff_id}/skills": frozenset({Role.ADMIN}),
    "PUT /staff/{staff_id}/skills": frozenset({Role.ADMIN}),
    "POST /staff": frozenset({Role.ADMIN}),
    "PUT /orders/{order_no}": frozenset({Role.SUPERVISOR, Role.ADMIN}),
    "GET /orders/{order_no}": DESK,
    "POST /triage": ALL,
    "POST /assist/suggestions": DESK,
    "POST /assist/feedback": DESK,
    "POST /assist/draft-check": DESK,
    "POST /cases/search": ALL,
    "GET /cases": ALL,
    "GET /cases/{case_id}": ALL,
    "GET /cases/{case_id}/versions": ALL,
    "GET /empathy": ALL,
    "POST /cases": LIBRARY,
    "PATCH /cases/{case_id}": LIBRARY,
    "POST /cases/{case_id}/submit": LIBRARY,
    "POST /cases/{case_id}/publish": LIBRARY,
    "POST /cases/{case_id}/retire": LIBRARY,
    "POST /cases/{case_id}/versions/{number}/restore": LIBRARY,
    "POST /cases/import": LIBRARY,
    "GET /cases/export": LIBRARY,
    **{
        f"POST /complaints/{{no}}/{verb}": DESK
        for verb in (
            "register",
            "verify",
            "assess",
            "plan",
            "execute",
            "resolve",
            "confirm",
            "archive",
            "reprocess",
            "reject",
            "restore",
            "reopen",
            "edit",
            "prioritize",
            "investigate",
            "statement",
            "progress",
            "contact",
            "pause",
            "resume",
            "measure",
            "measure-result",
            "rate",
            "take",
            "assign",
            "hand-over",
            "release",
            "watch",
            "note",
            "presence",
            "reveal",
            "evidence",
            "compensations",
        )
    },
    "GET /complaints": DESK,
    "POST /complaints": DESK,
    "POST /complaints/import": DESK,
    "POST /complaints/import/check": DESK,
    "POST /complaints/import/rows": DESK,
    "GET /complaints/import/template": DESK,
    "GET /complaints/counts": DESK,
    "GET /complaints/board": OVERRIDE,
    "GET /complaints/options": DESK,
    "GET /complaints/notices": DESK,
    "POST /complaints/notices/read": DESK,
    "GET /complaints/views": DESK,
    "POST /complaints/views": DESK,
    "DELETE /complaints/views/{view_id}": DESK,
    "GET /complaints/calls": DESK,
    "POST /complaints/{no}/calls/{call_id}/done": DESK,
    "POST /complaints/{no}/alert/seen": DESK,
    "GET /complaints/{no}": DESK,
    "GET /conversations/{conversation_id}/complaint-draft": DESK,
    "GET /complaints/{no}/dossier": DESK,
    "GET /complaints/{no}/compensations": DESK,
    "POST /complaints/{no}/compensations/{request_id}/approve": DESK,
    "POST /complaints/{no}/compensations/{request_id}/deny": DESK,
    "POST /complaints/{no}/compensations/{request_id}/withdraw": DESK,
    "POST /complaints/{no}/compensations/{request_id}/payout": DESK,
    "GET /complaints/{no}/authority": DESK,
    "GET /complaints/{no}/remedies": DESK,
    "GET /authority": DESK,
    "GET /approvals": DESK,
    "GET /webhooks": frozenset({Role.ADMIN}),
    "POST /webhooks": frozenset({Role.ADMIN}),
    "GET /webhooks/events": frozenset({Role.ADMIN}),
    "GET /webhooks/deliveries": frozenset({Role.ADMIN}),
    "POST /webhooks/deliveries/{delivery_id}/resend": frozenset({Role.ADMIN}),
    "PATCH /webhooks/{webhook_id}": frozenset({Role.ADMIN}),
    "POST /webhooks/{webhook_id}/rotate": frozenset({Role.ADMIN}),
    "DELETE /webhooks/{webhook_id}": frozenset({Role.ADMIN}),
    "POST /webhooks/{webhook_id}/test": frozenset({Role.ADMIN}),
    "POST /personal-data/export": frozenset({Role.ADMIN}),
    "POST /personal-data/erase": frozenset({Role.ADMIN}),
    "POST /status": frozenset({ANYBODY}),
    "POST /status/reply": frozenset({ANYBODY}),
    "POST /status/rating": frozenset({ANYBODY}),
    "/healthz": frozenset({ANYBODY}),
    "/readyz": frozenset({ANYBODY}),
    "/": frozenset({ANYBODY}),
    "/widget.js": frozenset({ANYBODY}),
    "/desk": frozenset({ANYBODY}),
    "/desk/{path:path}": frozenset({ANYBODY}),
    "/shop/{path:path}": frozenset({ANYBODY}),
    "/channels/kept-messages": frozenset({ANYBODY}),
    "/channels/wechat/{account}": frozenset({ANYBODY}),
    "/metrics": frozenset({INSIDE}),
    "/actions/webhook": frozenset({INSIDE}),
}
REFUSED = {401, 403}
NAMES = {
    "attachment_id": "a",
    "message_id": "m",
    "page_id": "p",
    "case_id": "c",
    "no": "TS20251105-0001",
    "request_id": "r",
    "call_id": "1",
    "view_id": "1",
    "webhook_id": "w",
    "delivery_id": "1",
    "staff_id": "s",
}


def routes(parts: Parts) -> Iterator[tuple[str, str, str]]:
    """Key in `ALLOWED`, method and path of every route of ours."""
    app = create_app(parts.settings, parts=parts)
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute):
            continue
        path = route.path or ""
        for method in (route.methods or set()) - {"HEAD"}:
            key = f"{method} {path.removeprefix(API)}" if path.startswith(API) else path
            yield key, method, path


async def test_every_route_and_caller(
    http: httpx.AsyncClient, parts: Parts, visitor: Visitor, sign_in: SignIn
) -> None:
    people = {role: await sign_in(role) for role in Role}
    other = (await http.post(f"{API}/conversations", json={})).json()["token"]
    callers: dict[str, dict[str, str]] = {
        ANYBODY: {},
        "forged": {"Authorization": "Bearer forged.token.here"},
        "other customer": {"Authorization": f"Bearer {other}"},
        CUSTOMER: visitor.auth,
        **{role: person.auth for role, person in people.items()},
    }
    for key, method, path in routes(parts):
        allowed = ALLOWED[key]
        url = path.replace("{conversation_id}", visitor.id).replace("{number}", "1")
        for name, value in NAMES.items():
            url = url.replace(f"{{{name}}}", value)
        url = url.replace("{path:path}", "x.js")
        if key == "POST /auth/logout":
            continue
        for caller, headers in callers.items():
            outside = {"X-Forwarded-For": "203.0.113.9"}
            response = await http.request(method, url, headers={**headers, **outside})
            expected = caller in allowed or ANYBODY in allowed
            refused = response.status_code in REFUSED and "signature" not in response.text
            assert refused != expected, (key, caller, response.status_code, response.text)


def test_the_table_names_exactly_the_routes(parts: Parts) -> None:
    assert {key for key, _, _ in routes(parts)} == set(ALLOWED)


async def test_signing_out_ends_the_session(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    person = await sign_in()
    assert (await http.post(f"{API}/auth/logout", headers=person.auth)).status_code == 204
    assert (await http.get(f"{API}/auth/me", headers=person.auth)).status_code == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://frontline", 200), ("https://evil.example", 403), ("null", 403), ("", 200)],
)
async def test_a_cookie_works_from_our_own_pages_alone(
    http: httpx.AsyncClient, sign_in: SignIn, origin: str, status: int
) -> None:
    person = await sign_in()
    headers = {"Cookie": f"frontline_session={person.token}"}
    if origin:
        headers["Origin"] = origin
    response = await http.post(f"{API}/triage", headers=headers, json={"text": "你好"})
    assert response.status_code == status


async def test_the_webhook_takes_the_shared_token_from_elsewhere(
    http: httpx.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydantic import SecretStr

    settings = parts.settings.model_copy(update={"rasa_token": SecretStr("s3cret")})
    object.__setattr__(parts, "settings", settings)
    far = {"X-Forwarded-For": "203.0.113.9"}
    refused = await http.post("/actions/webhook?token=wrong", json={}, headers=far)
    taken = await http.post("/actions/webhook?token=s3cret", json={}, headers=far)
    assert (refused.status_code, taken.status_code) == (403, 200)
    assert taken.json() == {"events": [], "responses": []}
