"""From the last confirmation to the archive: file kept, case drafted, tier shown, downloads."""

from __future__ import annotations

import io

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from api.archiving import Archiving, masked, refresh_tier
from api.staff.storage import AuditEntry
from api.wiring import Parts
from complaints.service.dossier import complete_file
from complaints.storage import Complaint
from conversations.storage import Customer, get_conversation
from knowledge_base.model import CaseStatus
from tests.api.conftest import API, SignIn, Visitor
from tests.api.test_complaints import Desk


@pytest.fixture
async def complaint(parts: Parts, visitor: Visitor) -> Complaint:
    """A complaint of a known customer."""
    async with parts.work.begin() as session:
        conversation = await get_conversation(session, visitor.id)
        opened = await parts.complaints.open(
            session,
            channel="web",
            summary="我叫吴晓梅，身份证110101199003077758，住朝阳区望京花园410号楼3单元，冰箱漏水",
            product="冰箱 13800001234",
            phone="13800001234",
            category="product_quality",
            conversation_id=visitor.id,
            customer_id=conversation.customer_id,
        )
        opened.customer_name = "吴晓梅"
        return opened


async def archive(parts: Parts, no: str) -> None:
    """What the lifecycle does when it archives."""
    async with parts.work.begin() as session:
        complaint = await parts.complaints.find(session, no)
        complaint.state = "archived"
        file = await complete_file(session, complaint)
        archiving = Archiving(parts.clock, parts.library, parts.tiering)
        await archiving.archived(session, complaint, file)


async def test_an_archived_complaint_becomes_a_draft_with_nobody_in_it(
    parts: Parts, complaint: Complaint
) -> None:
    await archive(parts, complaint.no)
    async with parts.work.reading() as session:
        drafted = (await parts.library.get(session, f"{complaint.no.lower()}-1")).case
    assert drafted.status is CaseStatus.DRAFT
    whole = drafted.model_dump_json()
    for secret in ("吴晓梅", "110101199003077758", "13800001234", "望京花园410"):
        assert secret not in whole, secret
    assert "冰箱漏水" in drafted.customer_statement[0]


def test_masking_reaches_every_text() -> None:
    data = {"a": ["电话 13912345678"], "b": {"c": "邮箱 a.b@example.com"}, "n": 5, "x": None}
    assert masked(data) == {"a": ["电话 [手机号]"], "b": {"c": "邮箱 [邮箱]"}, "n": 5, "x": None}


async def test_the_file_comes_as_json_and_pdf_and_is_audited(
    parts: Parts, complaint: Complaint, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = await sign_in()
    url = f"{API}/complaints/{complaint.no}/dossier"
    as_json = await http.get(url, headers=agent.auth)
    assert as_json.headers["content-type"] == "application/json"
    assert as_json.json()["complaint"]["no"] == complaint.no
    as_pdf = await http.get(url, params={"format": "pdf"}, headers=agent.auth)
    assert as_pdf.headers["content-type"] == "application/pdf"
    assert as_pdf.headers["content-disposition"] == f'attachment; filename="{complaint.no}.pdf"'
    assert "冰箱漏水" in PdfReader(io.BytesIO(as_pdf.content)).pages[0].extract_text()
    assert (await http.get(url, params={"format": "doc"}, headers=agent.auth)).status_code == 422
    missing = await http.get(f"{API}/complaints/TS20200101-0001/dossier", headers=agent.auth)
    assert missing.status_code == 404
    async with parts.work.reading() as session:
        of_complaint = AuditEntry.subject == complaint.no, AuditEntry.action == "dossier"
        entries = (await session.execute(select(AuditEntry).where(*of_complaint))).scalars()
        assert [entry.detail["format"] for entry in entries] == ["json", "pdf"]


async def test_an_archived_file_is_the_one_that_was_kept(
    parts: Parts, complaint: Complaint, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    await archive(parts, complaint.no)
    async with parts.work.begin() as session:
        (await parts.complaints.find(session, complaint.no)).summary = "改过的"
    agent = await sign_in()
    found = await http.get(f"{API}/complaints/{complaint.no}/dossier", headers=agent.auth)
    assert "吴晓梅" in found.json()["complaint"]["summary"]


async def test_a_second_open_complaint_puts_the_customer_at_risk_and_his_value_is_kept(
    parts: Parts, complaint: Complaint
) -> None:
    async def tier_after(customer_id: str) -> str:
        async with parts.work.begin() as session:
            await refresh_tier(
                session, parts.tiering, await parts.complaints.find(session, complaint.no)
            )
            return (await session.get_one(Customer, customer_id)).tier

    assert complaint.customer_id
    async with parts.work.begin() as session:
        (await session.get_one(Customer, complaint.customer_id)).tier = "high_value"
    assert await tier_after(complaint.customer_id) == "high_value"
    async with parts.work.begin() as session:
        second = await parts.complaints.open(
            session, channel="hotline", summary="又漏水", phone="13800001234"
        )
    assert await tier_after(complaint.customer_id) == "at_risk"
    async with parts.work.begin() as session:
        (await parts.complaints.find(session, second.no)).state = "resolved"
    assert await tier_after(complaint.customer_id) == "high_value"


async def test_the_whole_life_ends_as_a_file_and_a_draft(
    http: httpx.AsyncClient, sign_in: SignIn, parts: Parts
) -> None:
    agent = Desk(http, await sign_in("agent"))
    no = (await agent.opens(customer_name="周建国"))["no"]
    await agent.does("verify")
    await agent.does("assess", responsibility="company", priority="important")
    await agent.does("plan", **agent.plan())
    body = {"idempotency_key": "k", "kind": "coupon", "level": "advanced", "amount": 88.5,
            "reason": "周建国多等了两天"}  # fmt: skip
    url = f"{API}/complaints/{no}"
    asked = await http.post(f"{url}/compensations", json=body, headers=agent.person.auth)
    assert asked.json()["status"] == "approved"
    await agent.reads()
    await agent.does("execute")
    [measure] = agent.seen["measures"]
    await agent.does("resolve", results=[{"measure_id": measure["id"], "result": "已更换"}])
    await agent.does("confirm", by="customer_word", words="可以了", score=5)
    await agent.does("archive")
    file = (await http.get(f"{url}/dossier", headers=agent.person.auth)).json()
    assert file["complaint"]["state"] == "archived"
    assert [(c["kind"], c["amount"]) for c in file["compensations"]] == [("coupon", "88.50")]
    async with parts.work.reading() as session:
        draft = (await parts.library.get(session, f"{no.lower()}-1")).case
    assert draft.compensation.amount == 88.5
    assert draft.solution_steps == ["上门更换压缩机（结果：已更换）"]
    assert "周建国" not in draft.model_dump_json()
