"""Money over HTTP: amounts as yuan, who sees what he may, errors with their reasons."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.wiring import Parts
from complaints.storage import Complaint
from conversations.storage import Customer
from tests.api.conftest import API, Person, SignIn, Visitor
from tests.api.test_complaints import Desk


@pytest.fixture
async def complaint(parts: Parts, visitor: Visitor) -> Complaint:
    """An assessed complaint about a bill, by our fault."""
    async with parts.work.begin() as session:
        conversation = await parts.complaints.open(
            session,
            channel="web",
            summary="上门费说好 50 收了 178.5，电话 13800001234",
            product="空调",
            phone="13800001234",
            category="price_billing",
            conversation_id=visitor.id,
        )
        conversation.responsibility = "company"
        return conversation


class Money:
    """Calls of one member of staff on one complaint."""

    def __init__(self, http: httpx.AsyncClient, person: Person, no: str) -> None:
        self.http, self.person, self.base = http, person, f"{API}/complaints/{no}"

    async def asks(self, amount: Any, key: str = "k1", **more: Any) -> httpx.Response:
        body = {"idempotency_key": key, "kind": "cash", "reason": "多次上门", **more}
        if amount is not None:
            body["amount"] = amount
        return await self.http.post(
            f"{self.base}/compensations", json=body, headers=self.person.auth
        )

    async def does(self, act: str, request: dict[str, Any], version: int = 1) -> httpx.Response:
        return await self.http.post(
            f"{self.base}/compensations/{request['id']}/{act}",
            json={"version": version, "reason": "核实无误"},
            headers=self.person.auth,
        )

    async def reads(self, path: str, **params: Any) -> dict[str, Any]:
        response = await self.http.get(
            f"{self.base}/{path}", params=params, headers=self.person.auth
        )
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture
async def desks(http: httpx.AsyncClient, sign_in: SignIn, complaint: Complaint) -> dict[str, Money]:
    """One caller of each role of the desk."""
    return {
        role: Money(http, await sign_in(role), complaint.no)
        for role in ("agent", "supervisor", "hq", "admin")
    }


async def test_a_small_sum_is_granted_at_once_and_a_key_works_once(desks: dict[str, Money]) -> None:
    agent = desks["agent"]
    first = await agent.asks(128.5)
    assert first.status_code == 201
    assert (first.json()["status"], first.json()["amount"]) == ("approved", 128.5)
    assert first.json()["decision"]["act"] == "grant"
    again = await agent.asks(128.5)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert (await agent.asks(128.51)).status_code == 409
    summary = await agent.reads("compensations")
    assert (summary["approved"], summary["customer_30_days"]) == (128.5, 128.5)
    assert summary["authority"] == {"limit": 500.0, "left": 371.5, "decider": "agent"}


async def test_a_larger_sum_goes_through_the_inbox(
    desks: dict[str, Money], http: httpx.AsyncClient
) -> None:
    asked = (await desks["agent"].asks(800)).json()
    assert (asked["status"], asked["needs"], asked["may_withdraw"]) == (
        "pending", "supervisor", True,
    )  # fmt: skip
    assert asked["why"] == "本人提出的申请不能自己审批"
    supervisor = desks["supervisor"]
    inbox = (await http.get(f"{API}/approvals", headers=supervisor.person.auth)).json()
    assert inbox["total"] == 1
    [item] = inbox["items"]
    assert (item["id"], item["may_approve"], item["may_deny"]) == (asked["id"], True, True)
    assert "13800001234" not in item["complaint"]["summary"]
    done = await supervisor.does("approve", asked)
    assert (done.status_code, done.json()["status"]) == (200, "approved")
    assert done.json()["decision"]["by"]["role"] == "supervisor"
    late = await supervisor.does("deny", asked)
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert late.json()["detail"]["changed_by"] == "小supervisor"
    again = await supervisor.does("deny", asked, version=2)
    assert (again.status_code, again.json()["code"]) == (409, "illegal_move")
    inbox = (await http.get(f"{API}/approvals", headers=supervisor.person.auth)).json()
    assert inbox == {"items": [], "total": 0}


@pytest.mark.parametrize(
    ("author", "decider", "amount", "ground"),
    [
        ("agent", "agent", 800, "own_request"),
        ("agent", "admin", 800, "no_authority"),
        ("agent", "supervisor", 2000.01, "over_limit"),
        ("hq", "hq", 2000.01, "own_request"),
        ("hq", "supervisor", 2000.01, "over_limit"),
    ],
)
async def test_who_may_not_approve_learns_why(
    desks: dict[str, Money], author: str, decider: str, amount: float, ground: str
) -> None:
    asked = (await desks[author].asks(amount)).json()
    refused = await desks[decider].does("approve", asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert refused.json()["detail"]["ground"] == ground
    assert refused.json()["detail"]["why"]


async def test_an_agent_sees_at_once_whether_he_may(
    desks: dict[str, Money], http: httpx.AsyncClient
) -> None:
    agent = desks["agent"]
    within = await agent.reads("authority", amount="499.99")
    assert (within["allowed"], within["ground"], within["limit"]) == (True, "within_limit", 500.0)
    over = await agent.reads("authority", amount="500.01")
    assert (over["allowed"], over["roles"]) == (False, ["supervisor", "hq"])
    assert over["words"] == "累计 500.01 元，超过权限 500 元，须由主管、总部审批"
    own = (await http.get(f"{API}/authority", headers=agent.person.auth)).json()
    assert own == {
        "role": "agent",
        "limits": {"*": 500.0},
        "alone_max": 2000.0,
        "window_days": 30,
    }
    admin = (await http.get(f"{API}/authority", headers=desks["admin"].person.auth)).json()
    assert admin["limits"] == {"*": 0.0}


async def test_overcharging_is_worked_out_and_offered(desks: dict[str, Money]) -> None:
    agent = desks["agent"]
    offered = await agent.reads("remedies", overcharged="128.50")
    owed = offered["items"][0]
    assert (owed["kind"], owed["amount"], owed["owed"], owed["allowed"]) == (
        "double_refund", 257.0, True, True,
    )  # fmt: skip
    asked = await agent.asks(None, kind="double_refund", overcharged=128.5)
    assert (asked.json()["amount"], asked.json()["overcharged"]) == (257.0, 128.5)


async def test_the_tier_changes_the_offer(
    desks: dict[str, Money], parts: Parts, complaint: Complaint, visitor: Visitor
) -> None:
    async with parts.work.begin() as session:
        kept = await parts.complaints.find(session, complaint.no)
        kept.priority, kept.category = "important", "product_quality"
        customer = Customer(
            id="cust_9", channel="web", external_id="v9", tier="high_value",
            created_at=parts.clock.now(),
        )  # fmt: skip
        session.add(customer)
        kept.customer_id = customer.id
    offered = await desks["agent"].reads("remedies")
    assert (offered["tier"], offered["highest"]) == ("high_value", "premium")
    cash = next(item for item in offered["items"] if item["kind"] == "cash")
    assert (cash["amount"], cash["allowed"]) == (500.0, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": -5},
        {"amount": 1.005},
        {"amount": 10_000_001},
        {"amount": "NaN"},
        {"amount": "viel"},
        {"amount": 5, "kind": "car"},
        {"amount": 5, "level": "royal"},
        {"amount": 5, "reason": "  "},
        {"amount": 5, "overcharged": 2},
        {"kind": "double_refund"},
        {"amount": 5, "idempotency_key": ""},
    ],
)
async def test_a_request_without_sense_is_refused(
    desks: dict[str, Money], wrong: dict[str, Any]
) -> None:
    response = await desks["agent"].asks(**{"amount": None, **wrong})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")


async def test_every_act_is_in_the_timeline_and_the_audit_log(
    desks: dict[str, Money], parts: Parts, complaint: Complaint
) -> None:
    from sqlalchemy import select

    from api.staff.storage import AuditEntry
    from complaints.storage import TimelineEntry

    asked = (await desks["agent"].asks(800)).json()
    await desks["agent"].does("withdraw", asked)
    async with parts.work.reading() as session:
        of_complaint = TimelineEntry.complaint_no == complaint.no
        of_audit = AuditEntry.subject == complaint.no
        entries = (await session.execute(select(TimelineEntry).where(of_complaint))).scalars()
        money = [e for e in entries if e.act.startswith("compensation")]
        audited = (await session.execute(select(AuditEntry.action).where(of_audit))).scalars()
        assert {"compensation_requested", "compensation_withdrawn"} <= set(audited)
    assert [e.act for e in money] == ["compensation_requested", "compensation_withdrawn"]
    assert {e.visible_to for e in money} == {"internal"}
    assert money[0].detail["amount"] == "800.00"


async def test_a_plan_waits_for_the_money_and_goes_on_once_it_is_decided(
    http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = Desk(http, await sign_in("agent"))
    supervisor = Desk(http, await sign_in("supervisor"))
    no = (await agent.opens())["no"]
    await agent.does("verify")
    await agent.does("assess", responsibility="company", priority="important")
    await agent.does("plan", **agent.plan())
    asked = (await Money(http, agent.person, no).asks(800)).json()
    waiting = await agent.reads()
    assert waiting["state"] == "awaiting_approval"
    assert waiting["compensation"]["pending"] == 800.0
    assert (await supervisor.gets("complaints/counts"))["approvals"] == 1
    assert (await agent.gets("complaints/counts"))["approvals"] == 0
    assert (await agent.tries("execute")).status_code == 409
    assert (await Money(http, supervisor.person, no).does("approve", asked)).status_code == 200
    decided = await agent.reads()
    assert decided["state"] == "planned"
    acts = [entry["act"] for entry in decided["timeline"]]
    assert acts[-4:] == [
        "compensation_requested", "awaiting_approval", "compensation_approved", "approved",
    ]  # fmt: skip
    assert (await agent.does("execute"))["state"] == "executing"


async def test_money_asked_for_before_the_plan_holds_the_execution_back(
    http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = Desk(http, await sign_in("agent"))
    no = (await agent.opens())["no"]
    money = Money(http, agent.person, no)
    asked = (await money.asks(800)).json()
    await agent.does("verify")
    await agent.does("assess", responsibility="company", priority="important")
    await agent.does("plan", **agent.plan())
    refused = await agent.tries("execute")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_ready")
    assert refused.json()["detail"]["missing"][0]["field"] == "compensation"
    assert (await money.does("withdraw", asked)).status_code == 200
    assert (await agent.does("execute"))["state"] == "executing"
