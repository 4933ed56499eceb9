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
        FORM, ORDER, "来装油烟机的师傅把我家台面敲裂一道口子，我要投诉", "file_complaint"
    )
    assert said == ["utter_complaint_begin", ""]
    assert customer.slots["complaint_product"] == "油烟机"
    await customer.fill(FORM, ORDER, "前天装的 订单AX2025110100452", "ask_installation")
    await customer.fill(FORM, ORDER, "我叫孙玉梅 13712340066 台面得赔我", "file_complaint")
    assert customer.slots["complaint_name"] == "孙玉梅"
    await customer.act("action_submit_complaint")
    assert not complaints.reports
    assert customer.slots["complaint_when"] == "前天"
    await customer.fill(FORM, ORDER, "照片当时没顾上拍", "add_evidence")
    assert customer.slots["complaint_evidence"] == "照片当时没顾上拍"
    await customer.fill(FORM, ORDER, "好 提交", "affirm")
    said = [m["response"] for m in await customer.act("action_submit_complaint")]
    assert said == ["utter_complaint_opened"]
    report = complaints.reports[0]
    assert report.category == "installation"
    assert ("订单号", "AX2025110100452") in report.facts
    assert report.phone == "13712340066"


async def test_another_order_asked_about_is_not_written_into_the_complaint(
    customer: Customer,
) -> None:
    await customer.fill(FORM, ORDER, "热水器装坏了我的墙 投诉", "file_complaint")
    text = "对了 我还有一单AX2025091800321 退款到没到"
    await customer.fill(FORM, ORDER, text, "ask_refund_progress")
    assert customer.slots["complaint_order_no"] is None
    assert "AX2025091800321" not in customer.slots["complaint_what"]


async def test_how_long_it_takes_is_answered_in_between(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "我要投诉", "file_complaint")
    assert customer.slots["complaint_what"] is None
    said = await customer.fill(FORM, ORDER, "等一下哈 你们多久能给我个答复", "ask_complaint_status")
    assert said == ["utter_complaint_time"]


async def test_a_picture_counts_as_evidence(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "空调装歪了 投诉", "file_complaint")
    said = await customer.fill(FORM, ORDER, "/add_evidence", "add_evidence")
    assert "utter_evidence_for_complaint" in said
    assert customer.slots["complaint_evidence"] == "1 件"
    await customer.fill(FORM, ORDER, "/add_evidence", "add_evidence")
    assert customer.slots["complaint_evidence"] == "2 件"


async def test_when_and_evidence_are_asked_for_once_and_may_stay_open(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "空调装歪了墙也磕花了 投诉", "file_complaint")
    assert customer.asked(ORDER) == "complaint_when"
    await customer.fill(FORM, ORDER, "嗯嗯", "affirm")
    assert customer.slots["complaint_when"] == "没说"
    assert customer.asked(ORDER) == "complaint_phone"
    await customer.fill(FORM, ORDER, "13712340066")
    assert customer.asked(ORDER) == "complaint_evidence"
    await customer.fill(FORM, ORDER, "没有", "deny")
    assert customer.slots["complaint_evidence"] == "暂时没有"
    assert "证据：暂时没有" in customer.slots["complaint_summary"]


async def test_stopping_at_a_question_that_may_stay_open_still_stops(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "空调装歪了墙也磕花了 投诉", "file_complaint")
    said = await customer.fill(FORM, ORDER, "算了不投诉了", "deny")
    assert said == ["utter_complaint_stopped"]
    assert customer.slots["complaint_when"] is None


async def test_a_person_is_offered_where_a_complaint_begins(customer: Customer) -> None:
    said = await customer.act("validate_complaint_form", "我要投诉你们", "file_complaint")
    assert {"signal": "complaint"} in [m.get("custom") for m in said]


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


async def test_what_was_told_before_is_taken_up(customer: Customer) -> None:
    await customer.act("action_answer", "洗衣机上个月才买的，一甩干就满屋子跑", "report_fault")
    await customer.act("action_answer", "保修到什么时候", "ask_warranty")
    await customer.act("action_answer", "师傅约了两回 两回都没见人影", "ask_repair_progress")
    await customer.act("action_answer", "谢谢啊", "thank")
    await customer.fill(FORM, ORDER, "我要投诉", "file_complaint")
    assert customer.slots["complaint_what"] == (
        "洗衣机上个月才买的，一甩干就满屋子跑；师傅约了两回 两回都没见人影"
    )
    assert customer.slots["complaint_product"] == "洗衣机"
    assert customer.asked(ORDER) == "complaint_when"


async def test_a_story_goes_on_in_the_message_that_begins_the_complaint(
    customer: Customer,
) -> None:
    await customer.act("action_answer", "冰箱拉来就是坏的，冷冻室化成一滩水", "report_fault")
    await customer.fill(FORM, ORDER, "打了八个电话没人管，我要投诉你们", "file_complaint")
    assert customer.slots["complaint_what"] == (
        "冰箱拉来就是坏的，冷冻室化成一滩水；打了八个电话没人管，我要投诉你们"
    )


async def test_the_next_complaint_does_not_take_up_the_story_of_the_one_before(
    customer: Customer,
) -> None:
    await customer.act("action_answer", "油烟机装上就漏油，滴得灶台上都是", "report_fault")
    customer.events.append({"event": "slot", "name": "complaint_no", "value": "TS20251105000001"})
    await customer.fill(FORM, ORDER, "再投诉一个", "file_complaint")
    assert customer.slots["complaint_what"] is None


async def test_what_was_called_off_is_no_story(customer: Customer) -> None:
    await customer.act("action_answer", "空调外机吵得邻居找上门，算了先不投诉了", "file_complaint")
    await customer.fill(FORM, ORDER, "还是要投诉", "file_complaint")
    assert customer.slots["complaint_what"] is None
