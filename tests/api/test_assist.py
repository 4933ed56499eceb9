"""Triage, suggestions, feedback and the case library over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api.wiring import Parts
from tests.api.conftest import API, Person, SignIn, Visitor

CASE = {
    "id": "case-washer-900",
    "title": "洗衣机不排水报E2，过滤网被硬币堵住",
    "product": "洗衣机",
    "fault_code": "E2",
    "customer_statement": ["洗到一半水排不出去"],
    "solution_steps": ["教客户放水", "清过滤网", "单脱水试机"],
    "outcome": "当天解决",
}


@pytest.fixture
async def trainer(sign_in: SignIn) -> Person:
    return await sign_in("trainer")


async def published(http: httpx.AsyncClient, trainer: Person) -> dict[str, Any]:
    created = await http.post(f"{API}/cases", json=CASE, headers=trainer.auth)
    assert created.status_code == 201, created.text
    for verb in ("submit", "publish"):
        moved = await http.post(f"{API}/cases/{CASE['id']}/{verb}", headers=trainer.auth)
        assert moved.status_code == 200, moved.text
    body: dict[str, Any] = moved.json()
    return body


async def hits(http: httpx.AsyncClient, person: Person, query: str) -> list[dict[str, Any]]:
    response = await http.post(f"{API}/cases/search", json={"query": query}, headers=person.auth)
    found: list[dict[str, Any]] = response.json()["hits"]
    return found


async def test_a_published_case_is_found_within_a_second_and_a_retired_one_is_not(
    http: httpx.AsyncClient, trainer: Person
) -> None:
    await published(http, trainer)
    async with asyncio.timeout(1):
        while not await hits(http, trainer, "洗衣机不排水"):
            await asyncio.sleep(0.05)
    [found] = await hits(http, trainer, "洗衣机不排水")
    assert found["case"]["id"] == CASE["id"]
    assert found["reasons"]
    await http.post(f"{API}/cases/{CASE['id']}/retire", headers=trainer.auth)
    async with asyncio.timeout(1):
        while await hits(http, trainer, "洗衣机不排水"):
            await asyncio.sleep(0.05)


async def test_editing_needs_the_version_that_was_read(
    http: httpx.AsyncClient, trainer: Person
) -> None:
    version = (await published(http, trainer))["version"]
    url = f"{API}/cases/{CASE['id']}"
    change = {"version": version, "outcome": "第二天解决"}
    changed = await http.patch(url, json=change, headers=trainer.auth)
    assert changed.json()["outcome"] == "第二天解决"
    late = await http.patch(url, json={**change, "outcome": "没解决"}, headers=trainer.auth)
    assert late.status_code == 409
    assert late.json()["detail"]["changes"][0]["field"] == "outcome"
    history = (await http.get(f"{url}/versions", headers=trainer.auth)).json()["items"]
    assert [v["act"] for v in history] == ["update", "publish", "submit", "create"]
    restored = await http.post(f"{url}/versions/1/restore", headers=trainer.auth)
    assert restored.json()["outcome"] == "当天解决"
    strange = await http.patch(url, json={"version": 9, "colour": "x"}, headers=trainer.auth)
    assert strange.status_code in {409, 422}
    illegal = await http.post(f"{url}/publish", headers=trainer.auth)
    assert illegal.json()["code"] == "illegal_move"


async def test_personal_data_is_masked_before_a_case_is_kept(
    http: httpx.AsyncClient, trainer: Person
) -> None:
    case = {**CASE, "customer_statement": ["我电话13912345678，赶紧联系"]}
    created = (await http.post(f"{API}/cases", json=case, headers=trainer.auth)).json()
    assert "13912345678" not in str(created["customer_statement"])
    assert created["masked"]["customer_statement"]


async def test_list_filter_export_and_import_again(
    http: httpx.AsyncClient, trainer: Person
) -> None:
    await published(http, trainer)
    listed = await http.get(
        f"{API}/cases", params={"q": "硬币", "status": "published"}, headers=trainer.auth
    )
    assert (listed.json()["total"], listed.json()["items"][0]["id"]) == (1, CASE["id"])
    assert (await http.get(f"{API}/cases?q=没有的词", headers=trainer.auth)).json()["total"] == 0
    for kind in ("jsonl", "csv"):
        exported = await http.get(f"{API}/cases/export?format={kind}", headers=trainer.auth)
        again = await http.post(
            f"{API}/cases/import",
            files={"file": (f"cases.{kind}", exported.content)},
            headers=trainer.auth,
        )
        assert again.json()["unchanged"] == 1, again.text


async def test_suggestions_for_a_conversation_and_feedback_on_them(
    http: httpx.AsyncClient, trainer: Person, visitor: Visitor, sign_in: SignIn, parts: Parts
) -> None:
    await published(http, trainer)
    agent = await sign_in()
    await visitor.says("洗衣机不排水，报E2")
    async with asyncio.timeout(2):
        while not await hits(http, agent, "洗衣机不排水"):
            await asyncio.sleep(0.05)
    url = f"{API}/assist/suggestions"
    body = {"conversation_id": visitor.id}
    found = (await http.post(url, json=body, headers=agent.auth)).json()
    assert [s["case_id"] for s in found["solutions"]] == [CASE["id"]]
    assert found["solutions"][0]["steps"] == CASE["solution_steps"]
    assert {"label": "产品", "value": "洗衣机"} in found["facts"]
    used = {"case_id": CASE["id"], "kind": "used", "rank": 1, "query": found["query"], **body}
    kept = await http.post(f"{API}/assist/feedback", json=used, headers=agent.auth)
    assert kept.status_code == 204
    case = (await http.get(f"{API}/cases/{CASE['id']}", headers=agent.auth)).json()
    assert case["times_used"] == 1
    typed = await http.post(
        url, json={"text": "洗衣机不排水", "product": "洗衣机"}, headers=agent.auth
    )
    assert typed.json()["solutions"]
    assert (await http.post(url, json={}, headers=agent.auth)).status_code == 422


async def test_triage_of_a_text_comes_with_advice(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    agent = await sign_in()
    url = f"{API}/triage"
    found = (await http.post(url, json={"text": "厨房漏气了"}, headers=agent.auth)).json()
    assert (found["level"], found["category"], found["words"]) == (
        "emergency", "gas_leak", ["漏气"],
    )  # fmt: skip
    assert found["advice"]
    routine = (await http.post(url, json={"text": "你好"}, headers=agent.auth)).json()
    assert (routine["level"], routine["certainty"], routine["advice"]) == ("routine", None, None)


async def test_staff_accounts(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    body = {"username": "Agent.Zhou", "display_name": "小周", "role": "agent"}
    created = await http.post(f"{API}/staff", json=body, headers=admin.auth)
    assert created.status_code == 201
    password = created.json()["password"]
    login = {"username": "agent.zhou", "password": password}
    assert (await http.post(f"{API}/auth/login", json=login)).status_code == 200
    again = await http.post(f"{API}/staff", json=body, headers=admin.auth)
    assert again.status_code == 409
    listed = (await http.get(f"{API}/staff", headers=admin.auth)).json()["items"]
    assert {staff["username"] for staff in listed} == {"admin.one", "agent.zhou"}
    assert "password" not in str(listed)
    wrong = {**body, "username": "小 周"}
    assert (await http.post(f"{API}/staff", json=wrong, headers=admin.auth)).status_code == 422
