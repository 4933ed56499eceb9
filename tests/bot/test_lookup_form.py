from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.actions.services import ActionServices, ComplaintReport
from repairs.model import RepairRequest, Visit
from tests.bot.acting import Customer
from tests.bot.fakes import FakeComplaints, FakeRepairs

FORM = "lookup_form"
ORDER = ("lookup_done",)
PHONE = "13800005678"


@pytest.fixture
async def booked(services: ActionServices) -> str:
    request = RepairRequest(
        "空调",
        "不制冷",
        Visit(date(2025, 11, 8), 8, 12),
        "红星路1号",
        PHONE,
        conversation_id="conv_9",
    )
    return (await services.repairs.book(request)).no


async def test_progress_is_told_by_number_however_it_is_typed(
    customer: Customer, booked: str
) -> None:
    said = await customer.act(
        "validate_lookup_form", "wx2025 1105 42 到哪了", "ask_repair_progress"
    )
    assert said[0]["response"] == "utter_repair_is_booked"
    assert said[0]["visit"] == "11月8日（周六）上午"


async def test_progress_is_told_by_phone(customer: Customer, booked: str) -> None:
    assert await customer.fill(FORM, ORDER, "修到哪了", "ask_repair_progress") == [
        "utter_repair_key"
    ]
    assert await customer.fill(FORM, ORDER, PHONE, "") == ["utter_repair_is_booked"]
    assert customer.slots["requested_slot"] is None


async def test_a_wrong_number_is_asked_again_and_then_a_person_is_offered(
    customer: Customer, booked: str
) -> None:
    await customer.fill(FORM, ORDER, "修到哪了", "ask_repair_progress")
    turns = [await customer.fill(FORM, ORDER, "WX20251105-9999", "") for _ in range(3)]
    assert turns == [["utter_repair_not_found"], ["utter_repair_not_found"], ["utter_lookup_human"]]


async def test_a_visit_is_moved_once_day_and_hours_are_known(
    customer: Customer, services: ActionServices, booked: str
) -> None:
    await customer.fill(FORM, ORDER, f"{booked} 想改时间", "reschedule_repair")
    assert await customer.fill(FORM, ORDER, "下周二", "") == ["utter_ask_hours"]
    assert await customer.fill(FORM, ORDER, "下午三点", "") == ["utter_repair_moved"]
    moved = await services.repairs.find(booked)
    assert moved is not None
    assert moved.visit == Visit(date(2025, 11, 11), 15, 17)


async def test_a_visit_is_cancelled_only_after_asking(
    customer: Customer, services: ActionServices, booked: str
) -> None:
    repairs = services.repairs
    assert isinstance(repairs, FakeRepairs)
    assert await customer.fill(FORM, ORDER, f"取消{booked}", "cancel_repair") == [
        "utter_cancel_sure"
    ]
    assert repairs.bookings[booked].state == "booked"
    assert await customer.fill(FORM, ORDER, "确定取消", "cancel_repair") == [
        "utter_repair_cancelled"
    ]
    assert repairs.bookings[booked].state == "cancelled"


async def test_a_visit_that_was_to_be_moved_is_called_off_after_asking(
    customer: Customer, services: ActionServices, booked: str
) -> None:
    repairs = services.repairs
    assert isinstance(repairs, FakeRepairs)
    await customer.fill(FORM, ORDER, f"{booked} 想改时间", "reschedule_repair")
    assert await customer.fill(FORM, ORDER, "唉还是取消吧", "cancel_repair") == [
        "utter_cancel_sure"
    ]
    assert repairs.bookings[booked].state == "booked"
    assert await customer.fill(FORM, ORDER, "嗯，确定", "affirm") == ["utter_repair_cancelled"]
    assert repairs.bookings[booked].state == "cancelled"


@pytest.mark.parametrize(
    ("text", "state", "told", "kept"),
    [
        ("TS20251105-0001 现在啥情况", "received", None, []),
        ("TS20251105-0001 催一下，都五天了", "received", "utter_complaint_urged", [True]),
        ("TS20251105-0001 说修好了，今天又漏", "resolved", "utter_complaint_reopened", [True]),
        ("TS20251105-0001 根本没解决", "planned", "utter_complaint_urged", [True]),
    ],
)
async def test_urging_and_no_solution_are_kept_with_the_complaint(
    customer: Customer,
    services: ActionServices,
    text: str,
    state: str,
    told: str | None,
    kept: list[bool],
) -> None:
    complaints = services.complaints
    assert isinstance(complaints, FakeComplaints)
    number = await complaints.open(ComplaintReport("conv_9", "慢", "空调", PHONE, "repair_delay"))
    complaints.statuses[number] = replace(complaints.statuses[number], state=state)
    said = await customer.act("validate_lookup_form", text, "ask_complaint_status")
    assert said[0].get("response") == told
    assert complaints.words == [(number, text) for _ in kept]


async def test_a_change_of_mind_keeps_the_visit(
    customer: Customer, services: ActionServices, booked: str
) -> None:
    await customer.fill(FORM, ORDER, f"取消{booked}", "cancel_repair")
    assert await customer.fill(FORM, ORDER, "先留着", "deny") == ["utter_repair_kept"]
    kept = await services.repairs.find(booked)
    assert kept is not None
    assert kept.state == "booked"


async def test_a_complaint_is_found_by_a_loosely_typed_number(
    customer: Customer, services: ActionServices
) -> None:
    complaints = services.complaints
    assert isinstance(complaints, FakeComplaints)
    number = await complaints.open(ComplaintReport("conv_9", "慢", "空调", PHONE, "repair_delay"))
    said = await customer.act("validate_lookup_form", "ts2025 1105 1 呢", "ask_complaint_status")
    assert number in said[0]["text"]


async def test_other_peoples_addresses_and_phones_are_not_told(
    customer: Customer, booked: str
) -> None:
    said = await customer.act("validate_lookup_form", booked, "ask_repair_progress")
    assert PHONE not in str(said)
    assert "红星路" not in str(said)


async def test_what_was_complained_of_and_is_not_solved_is_no_repair_to_look_up(
    customer: Customer, services: ActionServices
) -> None:
    complaints = services.complaints
    assert isinstance(complaints, FakeComplaints)
    number = await complaints.open(ComplaintReport("conv_1", "不排水", "洗碗机", PHONE, "x"))
    complaints.statuses[number] = replace(complaints.statuses[number], state="resolved")
    said = await customer.fill(FORM, ORDER, "今早又积水，还是没修好", "ask_repair_progress")
    assert said == ["utter_complaint_reopened"]


async def test_a_complaint_s_number_is_looked_up_as_one(
    customer: Customer, services: ActionServices
) -> None:
    complaints = services.complaints
    number = await complaints.open(ComplaintReport("conv_9", "不排水", "洗碗机", PHONE, "x"))
    said = await customer.fill(FORM, ORDER, f"{number} 修得怎么样了", "ask_repair_progress")
    assert number in said[0]


async def test_who_has_waited_long_hears_a_word_of_regret_first(customer: Customer) -> None:
    said = await customer.fill(FORM, ORDER, "说三天来人，都等了一个月了", "ask_repair_progress")
    assert said == ["utter_sorry_to_wait", "utter_repair_key"]


async def test_a_complaint_unsolved_is_found_while_a_repair_is_looked_up(
    customer: Customer, services: ActionServices
) -> None:
    complaints = services.complaints
    assert isinstance(complaints, FakeComplaints)
    number = await complaints.open(ComplaintReport("conv_1", "不排水", "洗碗机", PHONE, "x"))
    complaints.statuses[number] = replace(complaints.statuses[number], state="resolved")
    await customer.fill(FORM, ORDER, "师傅昨天来弄完走了", "ask_repair_progress")
    said = await customer.fill(FORM, ORDER, "今早又一肚子水，重新给我修", "report_fault")
    assert said == ["utter_complaint_reopened"]


async def test_no_while_a_visit_to_call_off_is_looked_up_is_answered(customer: Customer) -> None:
    await customer.fill(FORM, ORDER, "不修了帮我取消", "cancel_repair")
    assert await customer.fill(FORM, ORDER, "取消啊", "cancel_repair") == ["utter_repair_key"]
    said = await customer.fill(FORM, ORDER, "那先不弄了 再考虑考虑", "deny")
    assert said == ["utter_lookup_stopped"]
