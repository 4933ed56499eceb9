from __future__ import annotations

import pytest

from bot.actions.complaint import ASKED, category_of
from bot.actions.services import ActionServices
from tests.bot.acting import Customer
from tests.bot.fakes import FakeComplaints

FORM = "complaint_form"
ORDER = (*ASKED, "complaint_consent")


async def test_a_complaint_is_taken_down_and_opened_after_consent(
    customer: Customer, services: ActionServices
) -> None:
    complaints = services.complaints
    assert isinstance(complaints, FakeComplaints)
    said = await customer.fill(
        FORM, ORDER, "装热水器的师傅把我家地砖砸裂三块，我得投诉", "file_complaint"
    )
    assert said == ["utter_complaint_begin"]
    assert customer.slots["complaint_product"] == "热水器"
    await customer.fill(FORM, ORDER, "11月3号装的 订单AX2025103000077", "ask_installation")
    await customer.fill(FORM, ORDER, "赵建国 13466778899 要求把砖赔了", "file_complaint")
    assert customer.slots["complaint_name"] == "赵建国"
    await customer.act("action_submit_complaint")
    assert not complaints.reports
    await customer.fill(FORM, ORDER, "好 提交", "affirm")
    said = [m["response"] for m in await customer.act("action_submit_complaint")]
    assert said == ["utter_complaint_opened"]
    report = complaints.reports[0]
    assert report.category == "installation"
    assert ("订单号", "AX2025103000077") in report.facts
    assert report.phone == "13466778899"


async def test_another_order_asked_about_is_not_written_into_the_complaint(
    customer: Customer,
) -> None:
    await customer.fill(FORM, ORDER, "热水器装坏了我的墙 投诉", "file_complaint")
    text = "顺便帮我看眼另一单 AX2025102200118退款下来没"
    await customer.fill(FORM, ORDER, text, "ask_refund_progress")
    assert customer.slots["complaint_order_no"] is None
    assert "AX2025102200118" not in customer.slots["complaint_what"]


async def test_how_long_it_takes_is_answered_in_between(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "我要投诉", "file_complaint")
    assert customer.slots["complaint_what"] is None
    said = await customer.fill(FORM, ORDER, "先问一句 你们一般几天给说法", "ask_complaint_status")
    assert said == ["utter_complaint_time"]


async def test_a_picture_counts_as_evidence(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "空调装歪了 投诉", "file_complaint")
    said = await customer.fill(FORM, ORDER, "/add_evidence", "add_evidence")
    assert "utter_evidence_for_complaint" in said
    assert customer.slots["complaint_evidence"] == 1


async def test_a_service_complaint_needs_no_product(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "你们客服态度太差我要投诉", "file_complaint")
    await customer.fill(FORM, ORDER, "跟产品没关系", "deny")
    assert customer.slots["complaint_product"] == "不涉及产品"


async def test_a_doubtful_question_is_answered_instead_of_taken_down(customer: Customer) -> None:
    said = await customer.fill(FORM, ORDER, "你们上门洗要钱不", "file_complaint", 0.3)
    assert said == ["utter_do_not_know"]
    assert not customer.slots.get("complaint_what")


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("师傅骂人", "service_attitude"),
        ("400打了六次没人接", "response_speed"),
        ("上门十分钟收了我300", "price_billing"),
        ("送货的把门框磕了", "delivery"),
        ("安装师傅把墙打穿", "installation"),
        ("修了三次还是坏的", "repair_delay"),
        ("新买的冰箱不制冷", "product_quality"),
    ],
)
def test_the_likely_category(text: str, category: str) -> None:
    assert category_of(text) == category
