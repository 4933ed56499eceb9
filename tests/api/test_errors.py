"""Every error has a status and the one shape; unexpected ones tell nothing."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from api.errors import status_of
from api.wiring import Parts
from foundation.errors import FrontlineError
from tests.api.conftest import API, SignIn, Visitor

PACKAGES = (
    "foundation",
    "conversations",
    "complaints",
    "repairs",
    "knowledge_base",
    "assist",
    "webhooks",
    "api",
)
SKIPPED = (".train", ".calibrate", ".build", ".bert", "__main__", "migrations", ".export", ".graph")


def error_classes() -> Iterator[type[FrontlineError]]:
    for package in PACKAGES:
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not any(part in module.name for part in SKIPPED):
                importlib.import_module(module.name)
    waiting = FrontlineError.__subclasses__()
    while waiting:
        found = waiting.pop()
        waiting += found.__subclasses__()
        yield found


def test_every_error_class_has_a_status() -> None:
    statuses = {found.__name__: status_of(found) for found in error_classes()}
    assert len(statuses) >= 9
    assert all(400 <= status < 600 for status in statuses.values())


def test_an_error_outside_the_tree_has_none() -> None:
    with pytest.raises(LookupError):
        status_of(FrontlineError)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("DELETE", "/healthz", 405, "method_not_allowed"),
        ("GET", "/api/v1/auth/me", 401, "not_signed_in"),
        ("POST", "/api/v1/conversations", 422, "invalid_input"),
        ("GET", "/desk/../../pyproject.toml", 404, "not_found"),
        ("GET", "/desk/%2e%2e/%2e%2e/pyproject.toml", 404, "not_found"),
        ("GET", "/shop/..%2f..%2fpyproject.toml", 404, "not_found"),
        ("GET", "/desk/x%00.js", 404, "not_found"),
    ],
)
async def test_errors_have_one_shape(
    http: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    response = await http.request(method, path)
    assert response.status_code == status
    body = response.json()
    assert set(body) == {"code", "message", "detail"}
    assert body["code"] == code
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_an_unexpected_error_tells_nothing_and_logs_no_text(
    visitor: Visitor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("电话 13800001234")

    monkeypatch.setattr(parts.intake, "receive", broken)
    structlog.configure(cache_logger_on_first_use=False)
    with capture_logs() as logs:
        response = await visitor.says("我的电话 13800001234")
    assert response.status_code == 500
    assert response.json() == {
        "code": "internal",
        "message": "something went wrong on our side",
        "detail": {},
    }
    [line] = [entry for entry in logs if entry["event"] == "request_failed"]
    assert line["error"] == "RuntimeError"
    assert "13800001234" not in str(logs)


async def test_validation_errors_name_the_field_and_repeat_no_text(
    http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    person = await sign_in("admin")
    body = {"username": "秘密" * 100, "display_name": "x", "role": "boss"}
    response = await http.post(f"{API}/staff", json=body, headers=person.auth)
    assert response.status_code == 422
    assert {e["field"] for e in response.json()["detail"]["errors"]} == {"username", "role"}
    assert "秘密" not in response.text
