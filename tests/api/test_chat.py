"""A conversation over HTTP, from greeting to rating."""

from __future__ import annotations

from typing import Any

import httpx

from api.wiring import Parts
from tests.api.conftest import API, SignIn, Visitor


async def test_a_new_conversation_greets_and_gives_a_token(http: httpx.AsyncClient) -> None:
    response = await http.post(f"{API}/conversations", json={"channel": "web"})
    body = response.json()
    assert response.status_code == 201
    assert body["conversation"]["state"] == "bot"
    assert body["token"].count(".") == 2
    [greeting] = body["messages"]
    assert (greeting["sender"], greeting["machine"], greeting["seq"]) == ("bot", True, 1)
    assert greeting["created_at"].endswith("Z")


async def test_the_bot_answers_after_the_message_is_kept(visitor: Visitor) -> None:
    response = await visitor.says("洗衣机不排水")
    assert response.status_code == 201
    assert response.json()["message"]["seq"] == 2
    assert [m["text"] for m in await visitor.hears(after=1)] == [
        "洗衣机不排水",
        "您说的是：洗衣机不排水",
    ]


async def test_sending_twice_keeps_one_message(visitor: Visitor) -> None:
    first = await visitor.says("你好")
    visitor.sent = 0
    second = await visitor.says("你好")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(await visitor.hears(after=1)) == 2


async def test_one_agent_accepts_and_the_second_is_told_who_has_it(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    one, two = await sign_in("agent", "lin"), await sign_in("agent", "chen")
    await visitor.says("转人工")
    url = f"{API}/conversations/{visitor.id}"
    accepted = await http.post(f"{url}/accept", headers=one.auth)
    late = await http.post(f"{url}/accept", headers=two.auth)
    assert accepted.status_code == 200
    assert accepted.json()["assigned_to"]["id"] == one.id
    assert accepted.json()["handover"]["slots"] == {"product": "洗衣机"}
    assert late.status_code == 409
    assert late.json()["code"] == "conflict"
    assert late.json()["detail"]["assigned_to"] == one.id


async def test_only_the_holder_speaks(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    one, two = await sign_in("agent", "lin"), await sign_in("agent", "chen")
    await visitor.says("转人工")
    url = f"{API}/conversations/{visitor.id}"
    await http.post(f"{url}/accept", headers=one.auth, json={})
    say = {"client_message_id": "a1", "text": "您好，我是小林"}
    refused = await http.post(f"{url}/messages", headers=two.auth, json=say)
    said = await http.post(f"{url}/messages", headers=one.auth, json=say)
    again = await http.post(f"{url}/messages", headers=one.auth, json=say)
    assert (refused.status_code, said.status_code, again.status_code) == (409, 201, 200)
    message = said.json()["message"]
    assert (message["sender"], message["machine"], message["author"]) == ("agent", False, one.name)


async def test_accepting_with_an_old_epoch_is_a_conflict(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = await sign_in()
    await visitor.says("转人工")
    response = await http.post(
        f"{API}/conversations/{visitor.id}/accept", headers=agent.auth, json={"epoch": 0}
    )
    assert response.status_code == 409
    assert response.json()["detail"]["epoch"] == 1


async def test_the_bot_is_silent_while_a_human_holds_and_speaks_after_the_return(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = await sign_in()
    url = f"{API}/conversations/{visitor.id}"
    await http.post(f"{url}/accept", headers=agent.auth)
    before = (await visitor.hears())[-1]["seq"]
    await visitor.says("还在吗")
    assert [m["sender"] for m in await visitor.hears(before)] == ["customer"]
    returned = await http.post(f"{url}/return-to-bot", headers=agent.auth, json={"note": "问完了"})
    assert returned.json()["state"] == "bot"
    before = (await visitor.hears())[-1]["seq"]
    await visitor.says("保修几年")
    assert [m["sender"] for m in await visitor.hears(before)] == ["customer", "bot"]


async def test_an_emergency_pages_opens_a_complaint_and_leads_the_queue(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn, parts: Parts
) -> None:
    agent = await sign_in()
    await visitor.says("厨房漏气了")
    kinds = [m["kind"] for m in await visitor.hears(1)]
    assert kinds == ["text", "safety", "notice"]
    listed = await http.get(f"{API}/desk/conversations", headers=agent.auth)
    [entry] = listed.json()["items"]
    assert (entry["priority"], entry["triage"]["words"]) == ("urgent", ["漏气"])
    assert listed.json()["counts"]["queue"] == 1
    [page] = (await http.get(f"{API}/pages", headers=agent.auth)).json()["items"]
    assert page["category"] == "gas_leak"
    assert page["category_title"] != "gas_leak"
    detail = (await http.get(f"{API}/conversations/{visitor.id}", headers=agent.auth)).json()
    [complaint] = detail["complaints"]
    assert complaint["priority"] == "urgent"
    assert detail["handover"]["complaint_no"] == complaint["no"]
    seen = await http.post(f"{API}/pages/{page['id']}/acknowledge", headers=agent.auth)
    assert seen.json()["acknowledged_by"] == agent.name
    assert (await http.get(f"{API}/pages", headers=agent.auth)).json()["items"] == []
    url = f"{API}/conversations/{visitor.id}/clear-emergency"
    assert (await http.post(url, headers=agent.auth, json={"note": ""})).status_code == 422
    cleared = await http.post(url, headers=agent.auth, json={"note": "已电话确认安全"})
    assert cleared.json()["triage"]["certainty"] == "cleared"


async def test_closing_rating_and_a_new_episode(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = await sign_in()
    url = f"{API}/conversations/{visitor.id}"
    await http.post(f"{url}/accept", headers=agent.auth)
    closed = await http.post(f"{url}/close", headers=agent.auth, json={"resolution": "已约上门"})
    assert closed.json()["state"] == "closed"
    rated = await http.post(f"{url}/feedback", headers=visitor.auth, json={"score": 5})
    again = await http.post(f"{url}/feedback", headers=visitor.auth, json={"score": 4})
    assert (rated.status_code, again.status_code) == (204, 204)
    assert (await http.post(f"{url}/close", headers=agent.auth)).status_code == 409
    await visitor.says("又坏了")
    detail = (await http.get(url, headers=agent.auth)).json()
    assert (detail["state"], detail["episode"]) == ("bot", 2)


async def test_transfer_to_a_colleague_needs_him_at_the_desk(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn, parts: Parts
) -> None:
    from conversations.desk import see

    one, two = await sign_in("agent", "lin"), await sign_in("agent", "chen")
    url = f"{API}/conversations/{visitor.id}"
    await http.post(f"{url}/accept", headers=one.auth)
    body = {"staff_id": two.id, "note": "空调归小陈"}
    away = await http.post(f"{url}/transfer", headers=one.auth, json=body)
    assert away.status_code == 409
    async with parts.work.begin() as session:
        await see(session, two.id, two.name, two.role, parts.clock.now())
    moved = await http.post(f"{url}/transfer", headers=one.auth, json=body)
    assert moved.json()["assigned_to"]["id"] == two.id
    back = await http.post(f"{url}/transfer", headers=two.auth, json={})
    assert back.json()["state"] == "queued"


async def test_the_phone_is_masked_and_revealing_is_audited(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn, parts: Parts
) -> None:
    from sqlalchemy import select

    from api.staff.storage import AuditEntry

    agent = await sign_in()
    url = f"{API}/conversations/{visitor.id}"
    detail = (await http.get(url, headers=agent.auth)).json()
    assert detail["customer"]["phone_masked"] == "138****1234"
    shown = await http.post(f"{url}/reveal", headers=agent.auth, json={"field": "phone"})
    assert shown.json() == {"value": "13800001234"}
    async with parts.work.reading() as session:
        query = select(AuditEntry).where(AuditEntry.action == "reveal")
        entry = (await session.execute(query)).scalar_one()
    assert entry.actor_id == agent.id


async def test_search_finds_by_words_name_and_phone(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = await sign_in()
    await visitor.says("洗衣机 100% 不排水")

    async def found(search: str) -> list[dict[str, Any]]:
        response = await http.get(
            f"{API}/desk/conversations",
            params={"view": "all", "search": search},
            headers=agent.auth,
        )
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    assert len(await found("不排水")) == 1
    assert len(await found("吴女士")) == 1
    assert len(await found("0001234")) == 1
    assert len(await found("100%")) == 1
    assert await found("1_0%") == []
    assert (await found(""))[0]["unread"] == 1


async def test_reading_clears_unread(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = await sign_in()
    await visitor.says("在吗")
    url = f"{API}/conversations/{visitor.id}"
    assert (await http.get(url, headers=agent.auth)).json()["unread"] == 1
    read = await http.post(f"{url}/read", headers=agent.auth, json={"seq": 999})
    assert read.status_code == 204
    assert (await http.get(url, headers=agent.auth)).json()["unread"] == 0


async def test_numbers_of_persons_are_masked_in_lists_and_ours_are_not(
    visitor: Visitor, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = await sign_in()
    await visitor.says("打13912345678，单号AX2024110500123、TS20251105-0042")
    listed = await http.get(f"{API}/desk/conversations?view=bot", headers=agent.auth)
    text = listed.json()["items"][0]["last_message"]["text"]
    assert "139****5678" in text
    assert "AX2024110500123" in text
    assert "TS20251105-0042" in text
