"""Two wishes in one message: both are heard."""

from __future__ import annotations

import pytest

from bot.actions.knowledge import CHOICES
from bot.actions.services import ActionServices
from bot.actions.wishes import asks_something, parts_of, questions_beside, wants_visit
from tests.bot.acting import Customer
from tests.bot.fakes import FakeKnowledge

ORDER = ("repair_product", "repair_symptom", "repair_time", "repair_address", "repair_phone")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("洗衣机报E2怎么办？还有保修几年", ["洗衣机报E2怎么办？", "保修几年"]),
        ("帮我约个师傅修空调，顺便问下加氟多少钱", ["帮我约个师傅修空调", "问下加氟多少钱"]),
        ("冰箱不制冷了", ["冰箱不制冷了"]),
        ("退款到哪了另外发票能开专票吗", ["退款到哪了", "发票能开专票吗"]),
        ("好的。谢谢", []),
    ],
)
def test_a_message_is_cut_where_a_new_wish_begins(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


def test_a_wish_for_a_visit_is_told_from_a_question_about_visits() -> None:
    assert wants_visit("帮我约个师傅来看看")
    assert not wants_visit("上门维修收费吗")
    assert not wants_visit("师傅多久能来上门")
    assert asks_something("上门维修收费吗")
    assert not asks_something("帮我报修洗衣机")


def test_a_message_of_one_piece_has_no_question_beside() -> None:
    assert questions_beside("空调怎么清洗") == []
    assert questions_beside("冰箱不制冷了，帮我报修") == []


async def test_a_booking_with_a_question_answers_it_and_goes_on_booking(
    customer: Customer, services: ActionServices
) -> None:
    knowledge = services.knowledge
    assert isinstance(knowledge, FakeKnowledge)
    knowledge.know("加氟多少钱", "加氟按压力收费，一般 150 到 300 元。")
    said = await customer.fill(
        "repair_form", ORDER, "帮我约个师傅修空调，顺便问下加氟多少钱", "book_repair"
    )
    assert said[0].startswith("加氟按压力收费")
    assert "utter_repair_begin" in said
    assert customer.slots["repair_product"] == "空调"


async def test_a_question_with_a_booking_is_answered_and_leads_to_the_form(
    customer: Customer, services: ActionServices
) -> None:
    knowledge = services.knowledge
    assert isinstance(knowledge, FakeKnowledge)
    knowledge.know("保修多久", "整机保修 6 年。")
    said = await customer.act(
        "action_answer", "空调保修多久？另外帮我约个师傅来看看", "ask_warranty"
    )
    assert said[0]["text"] == "整机保修 6 年。"
    assert customer.followed_by == "repair_form"


async def test_two_questions_get_two_answers(customer: Customer, services: ActionServices) -> None:
    knowledge = services.knowledge
    assert isinstance(knowledge, FakeKnowledge)
    knowledge.know("保修几年", "整机保修 3 年。")
    knowledge.know("怎么除垢", "用柠檬酸泡一小时。")
    said = await customer.act("action_answer", "热水壶保修几年？还有怎么除垢", "ask_warranty")
    assert [m["text"] for m in said] == ["整机保修 3 年。", "用柠檬酸泡一小时。"]
    assert CHOICES == 3
