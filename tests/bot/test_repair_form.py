from __future__ import annotations

from bot.actions.repair import ASKED
from bot.actions.services import ActionServices
from tests.bot.acting import Customer
from tests.bot.fakes import FakeKnowledge, FakeRepairs

ORDER = (*ASKED, "repair_consent")
FORM = "repair_form"


async def test_everything_in_one_message_leads_straight_to_the_summary(
    customer: Customer, services: ActionServices
) -> None:
    text = "约师傅 洗衣机报E2 明天上午 地址杭州市西湖区文三路100号3幢502 电话13800005678"
    await customer.fill(FORM, ORDER, text, "book_repair")
    assert customer.slots["requested_slot"] == "repair_consent"
    summary = customer.slots["repair_summary"]
    for part in ("洗衣机", "E2", "11月6日（周四）上午", "文三路100号3幢502", "13800005678"):
        assert part in summary


async def test_nothing_is_booked_before_consent_and_one_after(
    customer: Customer, services: ActionServices
) -> None:
    repairs = services.repairs
    assert isinstance(repairs, FakeRepairs)
    text = "修空调不制冷 明天下午 成都市武侯区科华北路62号1104 13800005678"
    await customer.fill(FORM, ORDER, text, "book_repair")
    await customer.act("action_submit_repair")
    assert not repairs.requests
    await customer.fill(FORM, ORDER, "信息没错", "affirm")
    said = await customer.act("action_submit_repair")
    assert said[0]["number"] == "WX20251105-0042"
    assert repairs.requests[0].visit.from_hour == 12
    assert repairs.requests[0].conversation_id == "conv_1"
    await customer.act("action_submit_repair")
    assert len(repairs.requests) == 1


async def test_a_phone_is_never_taken_for_the_address(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "冰柜不冻了 肉都软了 来人修", "book_repair")
    await customer.fill(FORM, ORDER, "13612340055", "give_feedback")
    await customer.fill(FORM, ORDER, "明天上午", "reschedule_repair")
    assert customer.slots["requested_slot"] == "repair_address"
    await customer.fill(FORM, ORDER, "13612340055", "give_feedback")
    assert customer.slots["repair_phone"] == "13612340055"
    assert customer.slots["repair_address"] is None


async def test_a_missing_digit_is_told(customer: Customer) -> None:
    await customer.fill(
        FORM, ORDER, "修空调不制冷 明天下午 成都武侯区科华北路62号1104", "book_repair"
    )
    assert customer.slots["requested_slot"] == "repair_phone"
    said = await customer.act("validate_repair_form", "1380000567")
    assert said[0]["response"] == "utter_phone_short"
    assert said[0]["missing"] == "1"
    assert not customer.slots.get("repair_phone")


async def test_day_and_hours_may_come_one_after_the_other(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "空调不制冷要修", "book_repair")
    await customer.fill(FORM, ORDER, "周六", "affirm")
    assert customer.slots["requested_slot"] == "repair_time"
    said = await customer.act("action_ask_repair_time")
    assert said[0]["response"] == "utter_ask_hours"
    await customer.fill(FORM, ORDER, "下午吧", "affirm")
    assert customer.slots["repair_time"] == "11月8日（周六）下午"


async def test_a_day_gone_by_and_an_hour_too_late_are_refused(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "空调不制冷要修", "book_repair")
    assert "utter_day_past" in await customer.fill(FORM, ORDER, "昨天上午", "")
    assert "utter_outside_hours" in await customer.fill(FORM, ORDER, "明天晚上十点", "")
    assert "utter_hour_past" in await customer.fill(FORM, ORDER, "今天上午", "")
    assert customer.slots.get("repair_time") is None


async def test_an_address_without_a_door_is_asked_again(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "空调不制冷 明天上午来修", "book_repair")
    assert "utter_address_door" in await customer.fill(FORM, ORDER, "幸福小区", "")
    await customer.fill(FORM, ORDER, "幸福路8号幸福小区3栋2单元501", "")
    assert customer.slots["repair_address"] == "幸福路8号幸福小区3栋2单元501"


async def test_a_correction_before_consent_changes_the_summary(customer: Customer) -> None:
    text = "修空调不制冷 明天下午 成都市武侯区科华北路62号1104 13800005678"
    await customer.fill(FORM, ORDER, text, "book_repair")
    said = await customer.fill(FORM, ORDER, "时间改成周日上午", "reschedule_repair")
    assert "utter_changed" in said
    assert "11月9日（周日）上午" in customer.slots["repair_summary"]
    assert customer.slots["requested_slot"] == "repair_consent"


async def test_a_question_in_between_is_answered_and_fills_nothing(
    customer: Customer, services: ActionServices
) -> None:
    knowledge = services.knowledge
    assert isinstance(knowledge, FakeKnowledge)
    knowledge.knows(("检测费50元", 0.9))
    await customer.fill(FORM, ORDER, "空调不制冷要修", "book_repair")
    said = await customer.fill(FORM, ORDER, "电视上门检测多少钱", "ask_repair_price")
    assert said == ["检测费50元的做法"]
    assert customer.slots["repair_product"] == "空调"
    assert customer.slots["requested_slot"] == "repair_time"


async def test_stopping_forgets_what_was_filled(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "空调不制冷要修", "book_repair")
    said = await customer.act("validate_repair_form", "算了不修了", "cancel_repair")
    assert said[0]["response"] == "utter_repair_stopped"
    assert customer.slots["requested_slot"] is None
    assert customer.slots["repair_product"] is None


async def test_asking_for_a_person_in_the_middle_hands_over_what_is_known(
    customer: Customer,
) -> None:
    await customer.fill(FORM, ORDER, "空调不制冷要修", "book_repair")
    said = await customer.act("validate_repair_form", "不想填了找人工", "request_human")
    handoff = next(m["custom"] for m in said if m.get("custom"))["handoff"]
    assert handoff["slots"]["报修产品"] == "空调"
    assert customer.slots["requested_slot"] is None


async def test_a_hazard_in_the_middle_ends_the_form(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "热水器要修", "book_repair")
    said = await customer.act("validate_repair_form", "漏气了满屋煤气味", "emergency")
    assert "emergency" in said[0]["custom"]
    assert customer.slots["requested_slot"] is None


async def test_complaining_in_the_middle_changes_the_form(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "热水器要修", "book_repair")
    await customer.act("validate_repair_form", "我要投诉", "file_complaint")
    assert customer.followed_by == "complaint_form"


async def test_courtesy_is_not_taken_for_a_fault(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "我要报修 洗衣机", "book_repair")
    for text, intent in (("谢谢", "thank"), ("好的", "affirm"), ("哈哈", "chitchat")):
        await customer.fill(FORM, ORDER, text, intent)
    assert customer.slots["repair_symptom"] is None


async def test_three_turns_without_progress_show_a_way_out(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "我要报修", "book_repair")
    said = [await customer.fill(FORM, ORDER, "哈哈", "chitchat") for _ in range(3)]
    assert ["utter_form_stuck" in turn for turn in said] == [False, False, True]


async def test_when_it_broke_is_not_when_the_technician_comes(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "冰箱昨天晚上开始不制冷 要修", "book_repair")
    assert customer.slots["repair_time"] is None
    assert customer.slots["repair_symptom"] == "不制冷"


async def test_somebody_at_home_is_no_call_for_a_person(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "洗衣机不脱水，约个师傅", "book_repair")
    text = "电话13811002201 后天上午有人"
    said = await customer.fill(FORM, ORDER, text, "request_human")
    assert "utter_handoff" not in said
    assert customer.slots["repair_phone"] == "13811002201"
