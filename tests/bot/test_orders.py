"""Questions about orders: by number, by telephone, and in the middle of a form."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions import complaint, repair
from bot.actions.orders import OrderQuestion, asks_about_order, everything
from bot.actions.services import ActionServices, KnowledgeFound, OrderStatus
from bot.actions.turn import Said
from tests.bot.acting import Customer
from tests.bot.fakes import FakeKnowledge, FakeOrders

NUMBER = "AX2025091500264"
OTHER = "AX2025093000512"
PHONE = "13800005678"
COMPLAINT = (*complaint.ASKED, "complaint_consent")
REPAIR = (*repair.ASKED, "repair_consent")


@pytest.fixture
def orders(services: ActionServices) -> FakeOrders:
    assert isinstance(services.orders, FakeOrders)
    return services.orders


@pytest.fixture
def knowledge(services: ActionServices) -> FakeKnowledge:
    assert isinstance(services.knowledge, FakeKnowledge)
    return services.knowledge


async def ask(customer: Customer, text: str, intent: str) -> list[dict[str, Any]]:
    return await customer.act("action_answer_order", text, intent)


def names(said: list[dict[str, Any]]) -> list[str]:
    return [one.get("response") or "text" for one in said]


@pytest.mark.parametrize(
    ("order", "text", "intent", "about", "status"),
    [
        (
            OrderStatus(NUMBER, refund="退款处理中。"),
            f"{NUMBER}退款下来没",
            "ask_refund_progress",
            f"订单 {NUMBER}",
            "退款处理中",
        ),
        (
            OrderStatus(NUMBER, refund="退款处理中", logistics="11月4日到达成都分拨中心"),
            f"帮我查下{NUMBER}物流",
            "ask_logistics",
            f"订单 {NUMBER} 的物流",
            "11月4日到达成都分拨中心",
        ),
        (
            OrderStatus(NUMBER, invoice="已开具"),
            f"{NUMBER} 发票开了吗",
            "ask_invoice",
            f"订单 {NUMBER} 的发票",
            "已开具",
        ),
        (
            OrderStatus(NUMBER, installation="已约11月6日上午"),
            f"{NUMBER} 什么时候来装",
            "ask_installation",
            f"订单 {NUMBER} 的安装",
            "已约11月6日上午",
        ),
    ],
)
async def test_an_order_named_is_told_of(
    customer: Customer,
    orders: FakeOrders,
    order: OrderStatus,
    text: str,
    intent: str,
    about: str,
    status: str,
) -> None:
    orders.told(order)
    [said] = await ask(customer, text, intent)
    assert said["response"] == "utter_order_status"
    assert (said["about"], said["status"]) == (about, status)


async def test_an_unknown_order_is_said_to_be_so_with_the_rule_and_a_person(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("退款什么时候到账", 0.9))
    said = await ask(customer, f"{NUMBER}退款下来没", "ask_refund_progress")
    assert names(said) == ["utter_order_not_found", "utter_order_rule", "utter_order_by_human"]
    assert said[0]["number"] == NUMBER
    assert said[1]["rule"] == "退款什么时候到账的做法"


async def test_no_rule_is_made_up_where_the_library_is_not_sure(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("不相干", 0.5))
    said = await ask(customer, f"{NUMBER}退款下来没", "ask_refund_progress")
    assert names(said) == ["utter_order_not_found", "utter_order_by_human"]
    assert [query for query, _, _ in knowledge.asked] == ["退款下来没", "退款什么时候到账"]


async def test_what_we_were_not_told_of_a_known_order_is_not_invented(
    customer: Customer, orders: FakeOrders, knowledge: FakeKnowledge
) -> None:
    knowledge.found = KnowledgeFound()
    orders.told(OrderStatus(NUMBER, state="已发货", logistics="运输中"))
    said = await ask(customer, f"{NUMBER}退款下来没", "ask_refund_progress")
    assert names(said) == ["utter_order_status", "utter_order_no_news", "utter_order_by_human"]
    assert (said[0]["status"], said[1]["what"]) == ("已发货", "退款")


async def test_something_to_be_done_is_answered_and_handed_to_people(
    customer: Customer, orders: FakeOrders, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("发票抬头写错了能改吗", 0.9))
    orders.told(OrderStatus(NUMBER, invoice="已开具"))
    said = await ask(customer, f"{NUMBER} 发票抬头改成个人", "ask_invoice")
    assert names(said) == ["utter_order_status", "text", "utter_order_by_human"]


async def test_the_last_order_of_the_telephone_known_is_told_of(
    customer: Customer, orders: FakeOrders
) -> None:
    orders.conversation_phone = PHONE
    orders.told(OrderStatus(OTHER, product="洗衣机", refund="退款处理中"), PHONE)
    orders.told(OrderStatus(NUMBER, product="冰箱", logistics="派送中"), PHONE)
    orders.told(OrderStatus("AX2025103100001", refund="已到账"), "13900000000")
    [delivery] = await ask(customer, "我的货到哪了", "ask_logistics")
    assert delivery["about"] == f"您最近一单 {NUMBER}（冰箱）的物流"
    customer.slots["last_order_no"] = None
    [refund] = await ask(customer, "退款怎么还没到", "ask_refund_progress")
    assert refund["about"].startswith(f"您最近一单 {OTHER}")


async def test_a_telephone_given_a_moment_ago_or_now_will_do(
    customer: Customer, orders: FakeOrders
) -> None:
    orders.told(OrderStatus(NUMBER, refund="退款处理中"), PHONE)
    assert names(await ask(customer, "退款怎么还没到", "ask_refund_progress"))[-1] == (
        "utter_order_key"
    )
    said = await ask(customer, f"手机号{PHONE} 退款怎么还没到", "ask_refund_progress")
    assert said[0]["status"] == "退款处理中"
    customer.slots |= {"last_order_no": None, "repair_phone": PHONE}
    assert names(await ask(customer, "退款下来没", "ask_refund_progress")) == ["utter_order_status"]


async def test_orders_of_other_telephones_stay_out_of_sight(
    customer: Customer, orders: FakeOrders, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("退款什么时候到账", 0.9))
    orders.told(OrderStatus(NUMBER, product="冰箱", refund="退款处理中"), "13900000000")
    orders.conversation_phone = PHONE
    said = await ask(customer, "我的退款到哪一步了", "ask_refund_progress")
    assert names(said) == ["text", "utter_order_key"]
    [told] = await ask(customer, f"{NUMBER}退款下来没", "ask_refund_progress")
    assert "冰箱" not in str(told)


async def test_a_general_question_is_answered_from_the_library_alone(
    customer: Customer, orders: FakeOrders, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("怎么开发票", 0.9))
    orders.conversation_phone = PHONE
    orders.told(OrderStatus(NUMBER, invoice="已开具"), PHONE)
    assert names(await ask(customer, "发票怎么开", "ask_invoice")) == ["text"]


async def test_a_bare_number_takes_up_what_was_asked_before(
    customer: Customer, orders: FakeOrders
) -> None:
    orders.told(OrderStatus(NUMBER, state="已退货", refund="退款处理中", logistics="已入库"))
    await ask(customer, "退款怎么还没到", "ask_refund_progress")
    [said] = await customer.act("action_fallback", f"订单号{NUMBER}", "nlu_fallback", 0.25)
    assert said["status"] == "退款处理中"


async def test_a_number_out_of_the_blue_is_told_everything_of(
    customer: Customer, orders: FakeOrders
) -> None:
    orders.told(OrderStatus(NUMBER, state="已退货", refund="退款处理中", logistics="已入库"))
    [said] = await customer.act("action_fallback", NUMBER, "nlu_fallback", 0.25)
    assert said["status"] == "已退货；物流：已入库；退款处理中"


async def test_the_order_talked_of_is_meant_until_another_is_named(
    customer: Customer, orders: FakeOrders
) -> None:
    orders.told(OrderStatus(NUMBER, refund="退款处理中", invoice="已冲红"))
    await ask(customer, f"{NUMBER}退款下来没", "ask_refund_progress")
    [said] = await ask(customer, "那发票冲了没", "ask_invoice")
    assert said["about"] == f"订单 {NUMBER} 的发票"


async def test_an_order_number_is_not_looked_up_among_repairs(
    customer: Customer, orders: FakeOrders
) -> None:
    orders.told(OrderStatus(NUMBER, state="已发货"))
    text = f"{NUMBER}到哪一步了"
    said = await customer.fill("lookup_form", ("lookup_done",), text, "ask_repair_progress")
    assert said == ["utter_order_status"]
    said = await customer.fill(
        "lookup_form", ("lookup_done",), f"{NUMBER} 报修的师傅到哪了", "ask_repair_progress"
    )
    assert said == ["utter_repair_key"]


async def test_a_question_about_another_order_leaves_the_complaint_as_it_is(
    customer: Customer, orders: FakeOrders
) -> None:
    orders.told(OrderStatus(NUMBER, refund="退款处理中"))
    await customer.fill("complaint_form", COMPLAINT, "热水器装坏了我的墙 投诉", "file_complaint")
    await customer.fill("complaint_form", COMPLAINT, f"订单是{OTHER}", "ask_return_exchange", 0.3)
    before = dict(customer.slots)
    for text in (
        f"还有件事 {NUMBER}那单的钱退了没",
        f"另外我还有一单{NUMBER} 10月22号买的 钱啥时候退",
        f"{NUMBER} 退款什么时候有结果",
    ):
        said = await customer.fill("complaint_form", COMPLAINT, text, "ask_refund_progress")
        assert said == ["utter_order_status", "utter_back_to_form"]
    changed = {k for k, v in customer.slots.items() if before.get(k) != v}
    assert changed == {"asides"}
    assert customer.slots["complaint_order_no"] == OTHER


async def test_the_complaints_own_number_is_taken_however_it_is_classified(
    customer: Customer,
) -> None:
    await customer.fill("complaint_form", COMPLAINT, "热水器装坏了我的墙 投诉", "file_complaint")
    await customer.fill("complaint_form", COMPLAINT, f"订单是{OTHER}", "ask_logistics")
    assert customer.slots["complaint_order_no"] == OTHER


async def test_a_telephone_beside_the_complaints_own_number_is_taken(customer: Customer) -> None:
    await customer.fill("complaint_form", COMPLAINT, "热水器装坏了我的墙 投诉", "file_complaint")
    said = await customer.fill("complaint_form", COMPLAINT, f"李海 {PHONE} 订单号{OTHER}", "")
    assert said == []
    assert customer.slots["complaint_phone"] == PHONE
    assert customer.slots["complaint_order_no"] == OTHER


async def test_within_a_form_the_telephone_just_given_finds_the_order_or_none_is_asked_for(
    customer: Customer, orders: FakeOrders
) -> None:
    orders.told(OrderStatus(NUMBER, logistics="派送中"), PHONE)
    await customer.fill("complaint_form", COMPLAINT, "热水器装坏了我的墙 投诉", "file_complaint")
    text = "我的快递到哪了"
    said = await customer.fill("complaint_form", COMPLAINT, text, "ask_logistics")
    assert said == ["utter_do_not_know"]
    await customer.fill("complaint_form", COMPLAINT, PHONE, "")
    said = await customer.fill("complaint_form", COMPLAINT, text, "ask_logistics")
    assert said == ["utter_order_status"]
    assert text not in customer.slots["complaint_what"]


async def test_an_unknown_order_asked_about_in_a_form_offers_no_button_that_ends_it(
    customer: Customer,
) -> None:
    await customer.fill("repair_form", REPAIR, "冰箱不制冷 报修", "book_repair")
    said = await customer.fill("repair_form", REPAIR, f"查下{NUMBER}物流", "ask_logistics")
    assert said == ["utter_order_not_found", "utter_order_human_later", "utter_back_to_form"]
    assert customer.slots["repair_product"] == "冰箱"


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        (f"顺便看下 {NUMBER} 到哪一步了", True),
        (f"{NUMBER} 快递什么时候到", True),
        (f"订单{NUMBER} 你们查一下", False),
        (f"单号是 {NUMBER}", False),
        (f"{NUMBER} 退款拖了半个月，你们必须赔", False),
        ("物流到哪了", False),
    ],
)
def test_a_question_of_its_own_is_told_from_an_answer(text: str, asks: bool) -> None:
    number = {"order_no": [NUMBER]} if NUMBER in text else {}
    assert asks_about_order(Said(text, "ask_logistics", 0.9, number)) is asks


def test_what_belongs_to_repairs_and_complaints_is_no_question_about_orders() -> None:
    for text in (f"{NUMBER} 维修到哪了", f"{NUMBER} 的投诉处理到哪了"):
        assert OrderQuestion.of(Said(text, "", 0.9, {"order_no": [NUMBER]})) is None


def test_all_that_is_known_fits_one_line() -> None:
    order = OrderStatus(NUMBER, state="已完成。", invoice="电子发票已开具", installation="11月1日")
    assert everything(order) == "已完成；电子发票已开具；安装：11月1日"


@pytest.mark.parametrize(
    ("action", "intent"), [("action_affirm", "affirm"), ("action_deny", "deny")]
)
async def test_a_number_taken_for_yes_or_no_is_still_looked_up(
    customer: Customer, orders: FakeOrders, action: str, intent: str
) -> None:
    orders.told(OrderStatus(NUMBER, refund="退款处理中"))
    await customer.act("action_answer_order", "退款怎么还没到", "ask_refund_progress")
    [said] = await customer.act(action, NUMBER, intent, 0.4)
    assert "退款处理中" in str(said)
