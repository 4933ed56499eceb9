"""The complete file as JSON and PDF, and the case draft without personal data."""

from __future__ import annotations

import copy
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from complaints.archive import words
from complaints.archive.document import as_pdf
from complaints.archive.draft import MAX_CHARS, case_draft, masker
from complaints.archive.file import as_json, file_of, keep, with_money
from complaints.archive.storage import ArchivedFile
from complaints.compensation.model import Kind, Status
from complaints.compensation.storage import CompensationDecision, CompensationRequest
from complaints.model import (
    Category,
    Channel,
    ClockKind,
    Motive,
    Need,
    Priority,
    Responsibility,
    State,
    sort_key,
)
from complaints.service.dossier import complete_file
from complaints.storage import (
    Complaint,
    ComplaintClock,
    ComplaintMeasure,
    Evidence,
    TimelineEntry,
)
from foundation.clock import FixedClock
from foundation.transactions import UnitOfWork

NO = "TS20251105-0001"
NOW = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)


def complaint_row(**changes: Any) -> Complaint:
    fields: dict[str, Any] = {
        "no": NO,
        "key": sort_key(NO),
        "channel": "web",
        "category": "repair_delay",
        "priority": "important",
        "state": "confirmed",
        "summary": "空调修了三次还是不制冷，我欧阳静等了两个星期！电话138-0013-8000打了没人接",
        "product": "空调",
        "model": "KF-35GW",
        "order_no": "AX2024110500123",
        "customer_name": "欧阳静",
        "phone": "13800138000",
        "contact": "微信 ouyang_jing88",
        "occurred_at": "2025-10-20T08:00:00+00:00",
        "place": "望京西园四区 410 号楼 3 单元 502",
        "responsibility": "company",
        "need": "fairness",
        "motive": "recover_loss",
        "assigned_name": "小林",
        "plan": {
            "whys": ["备件缺货", "没有安全库存", "采购只看月度用量"],
            "cause_kind": "management",
            "cause": "旺季备件计划没有人负责",
            "owner": {"id": "staff_1", "display_name": "小林"},
            "due_at": "2025-11-06T09:00:00+00:00",
            "cost": "320.00",
            "note": "",
        },
        "score": 5,
        "rating_comment": "欧阳女士说这次师傅很准时",
        "round": 2,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Complaint(**fields | changes)


@pytest.fixture
async def complaint(work: UnitOfWork) -> Complaint:
    """A complaint with something in every part of its file."""
    row = complaint_row()
    async with work.begin() as session:
        session.add(row)
        await session.flush()
        session.add_all(
            [
                ComplaintMeasure(complaint_no=NO, life=1, round=2, what="更换压缩机，带备件上门",
                                 owner="王师傅", due_at=NOW, result="已换，试机两小时正常",
                                 done_at=NOW),
                ComplaintClock(complaint_no=NO, kind="first_response", state="met", round=1,
                               life=1, budget_s=1800, calendar="working", started_at=NOW,
                               due_at=NOW + timedelta(minutes=30), ended_at=NOW),
                Evidence(id="ev_1", complaint_no=NO, name="室外机.jpg", mime="image/jpeg",
                         size=204800, sha256="a" * 64, added_by="小林", added_at=NOW),
                TimelineEntry(complaint_no=NO, at=NOW, actor="customer", act="customer_said",
                              reason="我是欧阳静，家里有老人，快点", visible_to="customer"),
                TimelineEntry(complaint_no=NO, at=NOW, actor="小林", act="noted", actor_id="a",
                              reason="客户情绪 <b>激动</b> & 担心再坏 😡", visible_to="internal"),
                CompensationRequest(id="comp_1", complaint_no=NO, idempotency_key="k", kind="cash",
                                    author_id="a", author_name="小林", author_role="agent",
                                    category="repair_delay", round=2, level="advanced",
                                    amount=30_050, reason="给欧阳静女士的误工补偿", phone="",
                                    status="approved", version=2, created_at=NOW, decided_at=NOW),
            ]
        )  # fmt: skip
        await session.flush()
        session.add(
            CompensationDecision(request_id="comp_1", act="approve", author_id="a", actor_id="s",
                                 actor_name="王主管", actor_role="supervisor", at=NOW,
                                 reason="情况属实", complaint_granted=0, customer_granted=0,
                                 actor_limit=200_000)
        )  # fmt: skip
    return row


@pytest.fixture
async def file(work: UnitOfWork, complaint: Complaint) -> dict[str, Any]:
    async with work.reading() as session:
        return await with_money(session, NO, await complete_file(session, complaint))


def printed(file: dict[str, Any]) -> tuple[bytes, str]:
    pdf = as_pdf(file, company="安心家电", timezone="Asia/Shanghai", printed=NOW)
    pages = PdfReader(io.BytesIO(pdf)).pages
    return pdf, "".join(page.extract_text() for page in pages).replace("\n", "")


def test_every_identifier_has_a_chinese_word() -> None:
    for table, names in (
        (words.STATES, State),
        (words.CATEGORIES, Category),
        (words.CHANNELS, Channel),
        (words.CLOCKS, ClockKind),
        (words.MOTIVES, Motive),
        (words.NEEDS, Need),
        (words.PRIORITIES, Priority),
        (words.RESPONSIBILITIES, Responsibility),
        (words.KINDS, Kind),
        (words.STATUSES, Status),
    ):
        assert set(table) == {name.value for name in names}


async def test_the_json_holds_everything_and_no_float(file: dict[str, Any]) -> None:
    read = json.loads(as_json(file), parse_float=pytest.fail)
    assert read == file
    assert read["format"] == "frontline.complaint/1"
    [money] = read["compensations"]
    assert (money["amount"], money["decision"]["by"]) == ("300.50", "王主管")


async def test_the_pdf_says_it_all_in_chinese(file: dict[str, Any]) -> None:
    pdf, text = printed(file)
    assert pdf.startswith(b"%PDF-")
    for said in (
        f"投诉档案 {NO}", "客户已确认", "维修拖延", "旺季备件计划没有人负责", "更换压缩机",
        "300.50", "王主管", "室外机.jpg", "首次响应", "2025-11-05 10:30", "<b>激动</b> & 担心再坏",
        "已批准", "欧阳静", "13800138000", "第 1 页",
    ):  # fmt: skip
        assert said in text, said


async def test_the_same_file_gives_the_same_pdf(file: dict[str, Any]) -> None:
    assert printed(file)[0] == printed(file)[0]


async def test_a_very_long_file_still_prints(file: dict[str, Any]) -> None:
    file["complaint"]["summary"] = "冰箱不制冷，" * 3000
    file["measures"][0]["result"] = "换了零件。" * 2000
    file["timeline"] *= 400
    pdf, text = printed(file)
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 20
    assert text.count("箱") == 3000, "phrases break at pages, signs do not"


async def test_an_empty_file_prints(work: UnitOfWork) -> None:
    row = Complaint(no=NO, key=1, channel="hotline", priority="general", created_at=NOW,
                    updated_at=NOW)  # fmt: skip
    async with work.begin() as session:
        session.add(row)
        await session.flush()
        bare = await with_money(session, NO, await complete_file(session, row))
    _, text = printed(bare)
    assert "已收到" in text
    assert case_draft(bare)["title"] == "投诉"


async def test_an_archived_file_stays_as_it_was(
    work: UnitOfWork, complaint: Complaint, file: dict[str, Any], clock: FixedClock
) -> None:
    async with work.begin() as session:
        row = await session.get_one(Complaint, NO)
        row.state = "archived"
        kept = keep(session, row, file, clock)
        assert kept.sha256 == hashlib.sha256(as_json(file).encode()).hexdigest()
        row.summary = "改过的"
    async with work.reading() as session:
        again, text = await file_of(session, await session.get_one(Complaint, NO))
    assert (again, text) == (file, as_json(file))
    with pytest.raises(TypeError, match="immutable"):
        async with work.begin() as session:
            (await session.get_one(ArchivedFile, (NO, 1))).content = "{}"


async def test_an_open_file_is_as_it_is_now(work: UnitOfWork, complaint: Complaint) -> None:
    async with work.begin() as session:
        (await session.get_one(Complaint, NO)).product = "冰箱"
    async with work.reading() as session:
        now, _ = await file_of(session, await session.get_one(Complaint, NO))
    assert now["complaint"]["product"] == "冰箱"


async def test_the_draft_has_what_a_case_needs_and_nobody_in_it(file: dict[str, Any]) -> None:
    draft = case_draft(file)
    assert draft["id"] == "ts20251105-0001-1"
    assert draft["title"] == "空调修了三次还是不制冷，我[姓名]等了两个星期"
    assert draft["customer_statement"] == [
        "空调修了三次还是不制冷，我[姓名]等了两个星期！电话[电话]打了没人接",
        "我是[姓名]，家里有老人，快点",
    ]
    assert draft["root_cause"][-1] == "旺季备件计划没有人负责"
    assert draft["solution_steps"] == ["更换压缩机，带备件上门（结果：已换，试机两小时正常）"]
    assert draft["compensation"] == {
        "level": "advanced",
        "detail": "现金 300.50 元，给[姓名]女士的误工补偿",
        "amount": 300.5,
    }
    assert draft["outcome"] == "客户评价 5 分；评语：[姓名]说这次师傅很准时；第 2 轮处理后解决"
    assert draft["tags"] == ["归档投诉", "公司责任", "公平对待", "重要"]


async def test_what_was_not_granted_is_not_in_the_draft(file: dict[str, Any]) -> None:
    file["compensations"][0]["status"] = "denied"
    assert case_draft(file)["compensation"] == {"level": "none", "detail": "", "amount": 0}


async def test_measures_of_an_earlier_life_are_not_in_the_draft(file: dict[str, Any]) -> None:
    file["complaint"]["life"] = 2
    draft = case_draft(file)
    assert (draft["id"], draft["solution_steps"]) == ("ts20251105-0001-2", [])


KNOWN = {
    "customer_name": "欧阳静",
    "phone": "13800138000",
    "contact": "微信 ouyang_jing88",
    "place": "望京西园四区 410 号楼 3 单元 502",
}
SECRETS = ("欧阳静", "13800138000", "ouyang_jing88", "410 号楼 3 单元 502")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([*KNOWN.values(), "138 0013 8000", "138-0013-8000", *SECRETS[:3]]),
            st.text(alphabet="空调不制冷等了 ，。abc12\n", max_size=12),
        ),
        max_size=12,
    )
)
def test_what_is_known_of_the_customer_never_gets_through(pieces: list[str]) -> None:
    cleaned = masker(KNOWN)("，".join(pieces)).replace(" ", "").replace("-", "")
    for secret in SECRETS[:3]:
        assert secret not in cleaned


def test_a_cut_leaves_no_half_number() -> None:
    text = "修" * (MAX_CHARS - 6) + "13912345678"
    assert masker(KNOWN)(text) == "修" * (MAX_CHARS - 6)


@pytest.mark.parametrize("name", ["", "客户", "女士"])
def test_a_name_that_is_none_masks_nothing(name: str) -> None:
    assert masker(KNOWN | {"customer_name": name})("客户很急，女士您好") == "客户很急，女士您好"


def test_a_surname_alone_masks_only_how_one_is_addressed() -> None:
    clean = masker(KNOWN | {"customer_name": "李"})
    assert clean("李女士说李子没坏") == "[姓名]说李子没坏"


async def test_the_draft_changes_nothing_in_the_file(file: dict[str, Any]) -> None:
    before = copy.deepcopy(file)
    case_draft(file)
    assert file == before
