"""The whole life of a complaint over HTTP, with agent, supervisor and customer."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from api.wiring import Parts
from foundation.clock import FixedClock
from tests.api.conftest import API, Person, SignIn, Visitor

PHONE = "13800001234"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@dataclass
class Desk:
    """One member of staff at work on one complaint; remembers what it read last."""

    http: httpx.AsyncClient
    person: Person
    seen: dict[str, Any] = field(default_factory=dict)

    async def opens(self, **body: Any) -> dict[str, Any]:
        given = {
            "idempotency_key": "k1",
            "channel": "hotline",
            "summary": "冰箱不制冷，修了三次还没修好",
            "phone": PHONE,
            "product": "冰箱",
            "occurred_at": "11月1日",
            "no_evidence_reason": "客户没有拍照",
            **body,
        }
        response = await self.http.post(f"{API}/complaints", json=given, headers=self.person.auth)
        assert response.status_code in (200, 201), response.text
        self.seen = response.json()
        return self.seen

    async def tries(self, verb: str, **body: Any) -> httpx.Response:
        body.setdefault("version", self.seen["version"])
        url = f"{API}/complaints/{self.seen['no']}/{verb}"
        return await self.http.post(url, json=body, headers=self.person.auth)

    async def does(self, verb: str, **body: Any) -> dict[str, Any]:
        response = await self.tries(verb, **body)
        assert response.status_code == 200, (verb, response.text)
        self.seen = response.json()
        return self.seen

    async def gets(self, path: str, **params: Any) -> Any:
        response = await self.http.get(f"{API}/{path}", params=params, headers=self.person.auth)
        assert response.status_code == 200, response.text
        return response.json()

    async def reads(self) -> dict[str, Any]:
        self.seen = await self.gets(f"complaints/{self.seen['no']}")
        return self.seen

    def clock(self, kind: str) -> dict[str, Any]:
        return next(clock for clock in self.seen["clocks"] if clock["kind"] == kind)

    def plan(self) -> dict[str, Any]:
        return {
            "whys": ["压缩机坏了", "用错了配件", "没有配件核对"],
            "cause_kind": "management",
            "cause": "配件入库没有核对流程",
            "owner_id": self.person.id,
            "due_at": "2025-11-08T10:00:00+08:00",
            "cost": 320.5,
            "measures": [{"what": "上门更换压缩机", "owner": "王师傅"}],
        }

    async def solves(self) -> None:
        await self.does("verify")
        await self.does("assess", responsibility="company", priority="important")
        await self.does("plan", **self.plan())
        await self.does("execute")
        [measure] = self.seen["measures"]
        await self.does(
            "resolve", results=[{"measure_id": measure["id"], "result": "已更换，温度正常"}]
        )


@pytest.fixture
async def agent(http: httpx.AsyncClient, sign_in: SignIn) -> Desk:
    return Desk(http, await sign_in("agent"))


@pytest.fixture
async def supervisor(http: httpx.AsyncClient, sign_in: SignIn) -> Desk:
    return Desk(http, await sign_in("supervisor"))


async def test_a_complaint_lives_from_the_hotline_to_the_archive(
    agent: Desk, http: httpx.AsyncClient
) -> None:
    opened = await agent.opens()
    assert (opened["state"], opened["assigned_to"]["id"]) == ("registered", agent.person.id)
    assert agent.clock("first_response")["state"] == "met"
    assert agent.clock("plan")["calendar"] == "working"
    await agent.solves()
    assert agent.seen["state"] == "resolved"
    assert agent.clock("follow_up")["state"] == "running"
    status = {"no": opened["no"], "phone": "138-0000-1234"}
    view = (await http.post(f"{API}/status", json=status)).json()
    assert (view["state"], view["can_rate"]) == ("resolved", True)
    rated = await http.post(
        f"{API}/status/rating", json={**status, "score": 5, "satisfied": True, "comment": "满意"}
    )
    assert rated.json()["state"] == "confirmed"
    await agent.reads()
    done = await agent.does("archive")
    assert (done["state"], done["satisfaction"]["score"]) == ("archived", 5)
    moves = [(e["from_state"], e["to_state"]) for e in done["timeline"] if e["to_state"]]
    assert [to for _, to in moves] == [
        "registered", "verified", "assessed", "planned", "executing", "resolved", "confirmed",
        "archived",
    ]  # fmt: skip
    [observing] = [c for c in done["clocks"] if c["ended_at"] is None]
    assert observing["kind"] == "observation"


async def test_an_unsatisfied_customer_starts_a_second_round_and_calls_a_supervisor(
    agent: Desk, http: httpx.AsyncClient, supervisor: Desk
) -> None:
    opened = await agent.opens()
    await agent.solves()
    body = {"no": opened["no"], "phone": PHONE, "score": 1, "satisfied": False, "comment": "又坏了"}
    view = (await http.post(f"{API}/status/rating", json=body)).json()
    assert (view["state"], view["round"]) == ("executing", 2)
    await agent.reads()
    assert agent.seen["escalated"] is True
    pages = await supervisor.gets("pages")
    assert [(p["complaint_no"], p["level"], p["category_title"]) for p in pages["items"]] == [
        (opened["no"], "clock", "二次处理")
    ]
    refused = await agent.tries("resolve")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_ready")
    await agent.does("measure", what="整机更换")
    fresh = agent.seen["measures"][-1]
    await agent.does("measure-result", measure_id=fresh["id"], result="已换新机")
    await agent.does("resolve")
    for _ in range(3):
        await agent.does("contact", way="call", reached=False, note="无人接听")
    await agent.does("confirm", by="attempts")
    assert (await agent.tries("archive")).json()["detail"]["missing"][0]["field"] == "satisfaction"
    await agent.does("archive", waiver="三次联系未接通")
    reopened = await agent.does("reopen", reason="客户再次来电")
    assert (reopened["state"], reopened["life"], reopened["round"]) == ("registered", 2, 1)
    assert [(life["life"], life["rounds"]) for life in reopened["lineage"]] == [(1, 2)]
    assert reopened["plan"] is None


async def test_the_second_to_save_sees_what_changed(agent: Desk, supervisor: Desk) -> None:
    await agent.opens()
    supervisor.seen = dict(agent.seen)
    await agent.does("edit", product="双门冰箱", reason="客户更正")
    late = await supervisor.tries("edit", product="冰柜")
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    detail = late.json()["detail"]
    assert detail["version"] == agent.seen["version"]
    assert [(c["actor"], c["act"]) for c in detail["changed"]] == [("小agent", "edited")]
    assert (await agent.reads())["product"] == "双门冰箱"


async def test_an_illegal_move_names_both_states_and_what_is_allowed(agent: Desk) -> None:
    await agent.opens()
    refused = await agent.tries("execute")
    assert refused.status_code == 409
    assert refused.json()["detail"] == {
        "kind": "complaint",
        "state": "registered",
        "wanted": "executing",
        "allowed": ["rejected", "verified"],
    }


async def test_the_same_key_gives_the_same_complaint(agent: Desk) -> None:
    first = await agent.opens()
    again = await agent.opens()
    assert again["no"] == first["no"]
    other = await agent.http.post(
        f"{API}/complaints",
        json={"idempotency_key": "k1", "channel": "hotline", "summary": "另一件事"},
        headers=agent.person.auth,
    )
    assert other.status_code == 409


async def test_others_do_not_act_on_what_an_agent_holds(
    agent: Desk, http: httpx.AsyncClient, sign_in: SignIn, supervisor: Desk
) -> None:
    await agent.opens()
    colleague = Desk(http, await sign_in("agent", "agent.two"), dict(agent.seen))
    refused = await colleague.tries("verify")
    assert refused.status_code == 403
    assert refused.json()["detail"]["reason"] == "由其他同事负责"
    await agent.does("hand-over", staff_id=colleague.person.id, note="客户要下午联系")
    colleague.seen = dict(agent.seen)
    await colleague.does("verify")
    notices = await colleague.gets("complaints/notices", unread=True)
    assert (notices["items"][0]["kind"], notices["unread"]) == ("assigned", 1)
    supervisor.seen = dict(colleague.seen)
    await supervisor.does("take")
    assert supervisor.seen["assigned_to"]["id"] == supervisor.person.id


async def test_priority_changes_the_clocks_and_keeps_history(
    agent: Desk, clock: FixedClock, supervisor: Desk
) -> None:
    await agent.opens(priority="general")
    clock.advance(hours=2)
    await agent.does("prioritize", priority="urgent", reason="客户说漏电")
    plan = agent.clock("plan")
    assert (plan["calendar"], plan["budget_s"]) == ("always", 4 * 3600)
    assert plan["history"][0]["why"] == "客户说漏电"
    assert agent.clock("investigation")["state"] == "running"
    refused = await agent.tries("prioritize", priority="general", reason="没事了")
    assert refused.status_code == 403
    supervisor.seen = dict(agent.seen)
    await supervisor.does("prioritize", priority="general", reason="电工已排查")


async def test_waiting_for_the_customer_stops_clocks_until_he_speaks(
    agent: Desk, clock: FixedClock, http: httpx.AsyncClient
) -> None:
    opened = await agent.opens()
    left = agent.clock("plan")["remaining_s"]
    await agent.does("pause", reason="等客户发照片")
    clock.advance(hours=9)
    assert agent.clock("plan")["due_at"] is None
    body = {"no": opened["no"], "phone": PHONE, "text": "照片发过去了"}
    view = (await http.post(f"{API}/status/reply", json=body)).json()
    assert view["waiting_for_you"] == ""
    await agent.reads()
    assert agent.clock("plan")["remaining_s"] == left
    notices = await agent.gets("complaints/notices")
    assert notices["items"][0]["kind"] == "customer_said"


async def test_status_needs_the_phone_and_says_no_more_after_five_wrong_tries(
    agent: Desk, http: httpx.AsyncClient
) -> None:
    opened = await agent.opens()
    for _ in range(5):
        wrong = await http.post(f"{API}/status", json={"no": opened["no"], "phone": "13900009999"})
        assert wrong.status_code == 404
    right = await http.post(f"{API}/status", json={"no": opened["no"], "phone": PHONE})
    assert right.status_code == 429


async def test_a_conversation_becomes_a_complaint_with_what_is_known(
    agent: Desk, visitor: Visitor, parts: Parts
) -> None:
    await visitor.says("洗衣机脱水的时候一直响，修了两次了")
    draft = await agent.gets(f"conversations/{visitor.id}/complaint-draft")
    assert draft["customer_name"] == "吴女士"
    opened = await agent.opens(
        conversation_id=visitor.id, channel="web", summary="", phone="", product=""
    )
    assert "一直响" in opened["summary"]
    assert opened["customer"]["phone_masked"].startswith("138")
    assert agent.clock("first_response")["state"] == "met"
    heard = await visitor.hears()
    assert opened["no"] in heard[-1]["text"]
    await agent.does("pause", reason="等客户发视频")
    await visitor.says("视频发了")
    assert (await agent.reads())["waiting_for_customer"] is False


async def test_an_emergency_is_urgent_and_its_clocks_run_day_and_night(
    agent: Desk, visitor: Visitor, parts: Parts, clock: FixedClock, supervisor: Desk
) -> None:
    await visitor.says("厨房漏气了")
    page = await agent.gets("complaints", view="unassigned")
    [item] = page["items"]
    assert (item["priority"], item["state"], item["next_clock"]["kind"]) == (
        "urgent", "received", "first_response",
    )  # fmt: skip
    clock.advance(minutes=16)
    await parts.sweeper.sweep()
    await parts.sweeper.sweep()
    agent.seen = item
    await agent.reads()
    late = [e for e in agent.seen["timeline"] if e["act"] == "clock_breached"]
    assert sorted(e["detail"]["clock"] for e in late) == ["first_response", "investigation"]
    pages = [p for p in (await supervisor.gets("pages"))["items"] if p["level"] == "clock"]
    assert [p["audience"] for p in pages] == ["everyone"]
    board = await supervisor.gets("complaints/board")
    assert board["totals"]["overdue"] == 2
    assert board["clocks"][0]["remaining_s"] < 0


async def test_lists_filter_search_and_turn_pages(agent: Desk) -> None:
    for n in range(5):
        await agent.opens(idempotency_key=f"a{n}", summary=f"第{n}台洗衣机漏水", product="洗衣机")
    await agent.opens(idempotency_key="b", summary="空调噪音大", category="product_quality")
    first = await agent.gets("complaints", q="洗衣机漏水", limit=3)
    assert len(first["items"]) == 3
    rest = await agent.gets("complaints", q="洗衣机漏水", limit=3, cursor=first["next_cursor"])
    assert (len(rest["items"]), rest["next_cursor"]) == (2, None)
    numbers = [item["no"] for item in first["items"] + rest["items"]]
    assert numbers == sorted(numbers, reverse=True)
    by_due = await agent.gets("complaints", sort="due", limit=4)
    more = await agent.gets("complaints", sort="due", limit=4, cursor=by_due["next_cursor"])
    assert len({item["no"] for item in by_due["items"] + more["items"]}) == 6
    assert len((await agent.gets("complaints", q=PHONE))["items"]) == 6
    assert len((await agent.gets("complaints", category="product_quality"))["items"]) == 1
    assert (await agent.gets("complaints/counts"))["mine"] == 6


async def test_progress_reaches_the_conversation_or_becomes_a_call(
    agent: Desk, clock: FixedClock
) -> None:
    await agent.opens()
    body = {"known": "配件已到", "action": "师傅上门", "next_at": "2025-11-06T18:00:00+08:00"}
    await agent.does("progress", **body)
    [call] = [c for c in agent.seen["calls"] if c["reason"] == "progress"]
    assert "配件已到" in call["say"]
    before = agent.clock("daily_progress")["due_at"]
    clock.advance(hours=1)
    done = await agent.http.post(
        f"{API}/complaints/{agent.seen['no']}/calls/{call['id']}/done",
        json={"reached": True, "outcome": "客户知道了"},
        headers=agent.person.auth,
    )
    assert done.json()["done_at"] is not None
    await agent.reads()
    assert agent.clock("daily_progress")["due_at"] > before


async def test_notes_mention_watchers_watch_and_evidence_is_kept(
    agent: Desk, supervisor: Desk
) -> None:
    opened = await agent.opens(no_evidence_reason="")
    url = f"{API}/complaints/{opened['no']}"
    assert (await agent.tries("verify")).json()["detail"]["missing"][0]["field"] == "evidence"
    kept = await agent.http.post(
        f"{url}/evidence", files={"file": ("故障.png", PNG)}, headers=agent.person.auth
    )
    assert kept.status_code == 201, kept.text
    for link in (kept.json()["url"], kept.json()["thumbnail_url"]):
        assert (await agent.http.get(link)).status_code == 200
    await agent.does("verify")
    await agent.does("note", text="请主管看一下", mentions=[supervisor.person.id])
    notices = await supervisor.gets("complaints/notices")
    assert notices["items"][0]["kind"] == "mention"
    supervisor.seen = dict(agent.seen)
    watched = await supervisor.does("watch", on=True)
    assert watched["watching"] is True
    assert len((await supervisor.gets("complaints", view="watching"))["items"]) == 1
    await agent.http.post(f"{url}/presence", headers=agent.person.auth)
    others = await supervisor.http.post(f"{url}/presence", headers=supervisor.person.auth)
    assert [o["id"] for o in others.json()["others"]] == [agent.person.id]


async def test_a_table_goes_in_row_by_row(agent: Desk) -> None:
    rows = ("summary,phone,product,priority", "空调滴水,13900001111,空调,general",
            ",13900002222,,", "坏了,,,hot")  # fmt: skip
    table = "\n".join(rows)
    for _ in range(2):
        response = await agent.http.post(
            f"{API}/complaints/import",
            files={"file": ("t.csv", table.encode("utf-8-sig"))},
            headers=agent.person.auth,
        )
        assert response.status_code == 200, response.text
        assert len(response.json()["accepted"]) == 1
        assert [r["row"] for r in response.json()["rejected"]] == [2, 3]
    assert len((await agent.gets("complaints"))["items"]) == 1


async def test_buttons_are_what_the_state_and_the_person_allow(
    agent: Desk, supervisor: Desk
) -> None:
    await agent.opens(product="")
    verbs = {verb["verb"]: verb for verb in agent.seen["verbs"]}
    assert verbs["reject"]["allowed"] is True
    assert verbs["verify"]["allowed"] is False
    assert [m["field"] for m in verbs["verify"]["missing"]] == ["product"]
    assert "execute" not in verbs
    assert verbs["take"]["reason"] == "已有同事负责，请主管调整"
    assert not {"resume", "statement"} & set(verbs)
    await agent.does("pause", reason="等客户发照片")
    assert "resume" in {verb["verb"] for verb in agent.seen["verbs"]}
    await agent.does("prioritize", priority="general", sensitive=True, reason="客户说要曝光")
    assert "statement" in {verb["verb"] for verb in agent.seen["verbs"]}


async def test_assignment_by_skill_and_load(
    agent: Desk, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    second = await sign_in("agent", "agent.two")
    await agent.opens(idempotency_key="mine")
    await agent.opens(idempotency_key="free", register=False)
    assigned = await agent.does("assign", staff_id="auto")
    assert assigned["assigned_to"]["id"] == second.id


async def test_a_skill_outweighs_a_lighter_load(
    agent: Desk, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    await sign_in("agent", "agent.two")
    admin = await sign_in("admin")
    known = (await http.get(f"{API}/staff/skills", headers=admin.auth)).json()["items"]
    assert {"refrigeration", "billing"} <= {skill["id"] for skill in known}
    where = f"{API}/staff/{agent.person.id}/skills"
    wrong = await http.put(where, json={"skills": ["magic"]}, headers=admin.auth)
    assert (wrong.status_code, wrong.json()["detail"]["unknown"]) == (422, ["magic"])
    body = {"skills": ["billing", "refrigeration", "billing"]}
    given = await http.put(where, json=body, headers=admin.auth)
    assert given.json()["skills"] == ["refrigeration", "billing"]
    await agent.opens(idempotency_key="mine", product="洗衣机")
    await agent.opens(idempotency_key="free", register=False, product="双开门冰箱")
    assigned = await agent.does("assign", staff_id="auto")
    assert assigned["assigned_to"]["id"] == agent.person.id
    own = (await http.get(where, headers=admin.auth)).json()
    assert own == {"skills": ["refrigeration", "billing"], "practised": []}


async def test_what_somebody_has_solved_is_suggested_as_a_skill(
    agent: Desk, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    admin = await sign_in("admin")
    for n in range(3):
        await agent.opens(idempotency_key=f"k{n}", category="price_billing")
        await agent.does("reject", reason="not_ours", note="不是我们的订单")
    where = f"{API}/staff/{agent.person.id}/skills"
    own = (await http.get(where, headers=admin.auth)).json()
    assert "billing" in own["practised"]
    assert own["skills"] == []
    unknown = await http.get(f"{API}/staff/nobody/skills", headers=admin.auth)
    assert unknown.status_code == 404


async def test_a_new_complaint_within_the_observation_is_noted_on_the_old_one(
    agent: Desk, http: httpx.AsyncClient
) -> None:
    first = await agent.opens()
    await agent.solves()
    await agent.does("confirm", by="customer_word", words="好了", score=5)
    second = await agent.opens(idempotency_key="k2", summary="冰箱又不制冷了")
    old = await agent.gets(f"complaints/{first['no']}")
    noted, alert = old["timeline"][-2:]
    assert (noted["act"], noted["detail"]["complaint_no"]) == ("observed", second["no"])
    assert alert["act"] == "observation_alert"
    notices = await agent.gets("complaints/notices")
    assert notices["items"][0]["kind"] == "observation"
