"""Rate limits per customer, per address and per sign-in."""

from __future__ import annotations

import httpx
import pytest

from api.limits import RateLimit
from api.wiring import Parts
from foundation.clock import FixedClock
from foundation.errors import TooManyRequests
from tests.api.conftest import API, SignIn, Visitor


def test_a_bucket_empties_and_refills_evenly() -> None:
    now = 0.0
    limit = RateLimit(60, clock=lambda: now)
    for _ in range(60):
        limit.take("a")
    with pytest.raises(TooManyRequests) as refused:
        limit.take("a")
    assert refused.value.detail == {"retry_after_s": 1}
    limit.take("b")
    now = 1.0
    limit.take("a")
    with pytest.raises(TooManyRequests):
        limit.take("a")


def test_buckets_are_forgotten_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.limits._REMEMBERED", 2)
    limit = RateLimit(1, clock=lambda: 0.0)
    for key in "abc":
        limit.take(key)
    limit.take("a")
    with pytest.raises(TooManyRequests):
        limit.take("c")


async def test_a_customer_who_floods_is_slowed_and_loses_nothing_kept(
    visitor: Visitor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.customer_limit, "_size", 3.0)
    monkeypatch.setattr(parts.customer_limit, "_rate", 0.001)
    answers = [await visitor.says(f"第{n}句") for n in range(5)]
    assert [a.status_code for a in answers] == [201, 201, 201, 429, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert sum(m["sender"] == "customer" for m in await visitor.hears()) == 3


async def test_an_address_without_sign_in_is_limited_and_staff_is_not(
    http: httpx.AsyncClient, parts: Parts, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await sign_in()
    monkeypatch.setattr(parts.ip_limit, "_size", 2.0)
    monkeypatch.setattr(parts.ip_limit, "_rate", 0.001)
    wrong = {"Authorization": "Bearer nothing"}
    statuses = [
        (await http.post(f"{API}/conversations", json={})).status_code,
        (await http.get(f"{API}/auth/me", headers=wrong)).status_code,
        (await http.get(f"{API}/auth/me", headers=wrong)).status_code,
        (await http.post(f"{API}/conversations", json={})).status_code,
        (await http.get(f"{API}/auth/me", headers=person.auth)).status_code,
    ]
    assert statuses == [201, 401, 429, 429, 200]


async def test_guessing_a_password_is_stopped(
    http: httpx.AsyncClient, parts: Parts, clock: FixedClock
) -> None:
    account = await parts.staff.create("agent.x", "小谢", "agent")
    right = {"username": "Agent.X", "password": account.password}
    wrong = {**right, "password": "guess"}

    async def attempt(body: dict[str, str]) -> int:
        return (await http.post(f"{API}/auth/login", json=body)).status_code

    assert [await attempt(wrong) for _ in range(8)] == [401] * 8
    assert await attempt(right) == 429
    clock.advance(minutes=16)
    assert await attempt(right) == 200


async def test_signing_in_sets_a_cookie_scripts_cannot_read(
    http: httpx.AsyncClient, parts: Parts
) -> None:
    account = await parts.staff.create("agent.x", "小谢", "agent")
    body = {"username": "agent.x", "password": account.password}
    response = await http.post(f"{API}/auth/login", json=body)
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert response.json()["staff"] == {
        "id": account.staff.id,
        "username": "agent.x",
        "display_name": "小谢",
        "role": "agent",
        "skills": [],
    }
    assert (await http.get(f"{API}/auth/me")).json()["staff"]["username"] == "agent.x"
    unknown = {"username": "nobody", "password": "x"}
    assert (await http.post(f"{API}/auth/login", json=unknown)).status_code == 401
