from __future__ import annotations

import pytest

from bot.actions.knowledge import with_product
from bot.actions.services import ActionServices, KnowledgeFound
from tests.bot.acting import Customer
from tests.bot.fakes import FakeKnowledge


@pytest.fixture
def knowledge(services: ActionServices) -> FakeKnowledge:
    assert isinstance(services.knowledge, FakeKnowledge)
    return services.knowledge


async def test_a_confident_answer_is_given_outright(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("滤网两周洗一次", 0.9), ("别的", 0.5))
    said = await customer.act("action_answer", "空调滤网多久洗", "ask_maintenance")
    assert [m["text"] for m in said] == ["滤网两周洗一次的做法"]
    assert knowledge.asked == [("空调滤网多久洗", "ask_maintenance", "空调")]


async def test_what_cleaning_costs_is_looked_for_among_the_prices(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("油烟机清洗一次多少钱", 0.9))
    await customer.act("action_answer", "油烟机拆洗一次要多少钱", "ask_maintenance")
    assert knowledge.asked == [("油烟机拆洗一次要多少钱", "ask_repair_price", "油烟机")]


async def test_a_doubtful_one_becomes_a_choice_of_at_most_three_questions(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("问题一", 0.6), ("问题二", 0.5), ("问题三", 0.4), ("问题四", 0.1))
    said = await customer.act("action_answer", "怎么弄", "ask_usage")
    assert [b["payload"] for b in said[0]["buttons"]] == ["问题一", "问题二", "问题三"]


async def test_an_invoice_has_nothing_to_do_with_the_appliance_before(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("答", 0.9))
    await customer.act("action_answer", "空调保修几年", "ask_warranty")
    await customer.act("action_answer", "发票怎么开", "ask_invoice")
    assert knowledge.asked[-1][0] == "发票怎么开"


async def test_the_only_likely_answer_is_given_under_its_title(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("冰箱怎么清洁", 0.5), ("清洗要多久", 0.1))
    said = await customer.act("action_answer", "冰箱里面多久擦一次", "ask_maintenance")
    assert [one.get("response") for one in said] == ["utter_closest", None]
    assert said[0]["title"] == "冰箱怎么清洁"


@pytest.mark.parametrize("abstained", [True, False])
async def test_nothing_is_made_up(
    customer: Customer, knowledge: FakeKnowledge, abstained: bool
) -> None:
    if not abstained:
        knowledge.knows(("不相干", 0.1))
    said = await customer.act("action_answer", "能修飞机吗", "ask_usage")
    assert said[0]["response"] == "utter_do_not_know"


async def test_an_answer_about_another_appliance_is_never_given_outright(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("空调遥控器没反应", 0.9), product="空调")
    said = await customer.act("action_answer", "电视遥控器没反应", "ask_usage")
    assert said[0]["response"] == "utter_choose"


async def test_a_bare_appliance_takes_up_the_question_before(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.knows(("答", 0.9))
    await customer.act("action_answer", "油烟机那个油网多长时间洗一回", "ask_maintenance")
    await customer.act("action_follow_up", "那冰箱呢", "follow_up")
    await customer.act("action_follow_up", "净水器", "follow_up")
    await customer.act("action_answer", "你们来人洗收钱不", "ask_repair_price")
    assert [query for query, _, _ in knowledge.asked[1:]] == [
        "冰箱那个油网多长时间洗一回",
        "净水器那个油网多长时间洗一回",
        "净水器 你们来人洗收钱不",
    ]
    assert knowledge.asked[1][1] == "ask_maintenance"


async def test_a_bare_appliance_without_a_question_before_is_asked_about(
    customer: Customer,
) -> None:
    said = await customer.act("action_follow_up", "洗衣机", "follow_up")
    assert said[0]["response"] == "utter_what_about_product"


async def test_a_bare_telephone_number_is_taken_and_asked_about(customer: Customer) -> None:
    for text in ("13812345678", "我的手机号 13812345678"):
        said = await customer.act("action_fallback", text, "nlu_fallback")
        assert said[0]["response"] == "utter_what_with_phone"


async def test_two_misunderstandings_in_a_row_bring_a_person(
    customer: Customer, knowledge: FakeKnowledge
) -> None:
    knowledge.found = KnowledgeFound()
    first = await customer.act("action_fallback", "啊吧啊吧", "nlu_fallback")
    assert first[0]["response"] == "utter_not_understood"
    second = await customer.act("action_fallback", "哦里给", "nlu_fallback")
    assert any("handoff" in (m.get("custom") or {}) for m in second)


async def test_a_yes_after_the_offer_of_a_person_brings_one(customer: Customer) -> None:
    await customer.act("action_answer", "能修飞机吗", "ask_usage")
    customer.events[-1]["data"]["buttons"] = [{"title": "转人工", "payload": "转人工"}]
    said = await customer.act("action_affirm", "好的", "affirm")
    assert said[0]["response"] == "utter_handoff"
    assert said[1]["custom"]["handoff"]["reason"]


async def test_a_yes_out_of_the_blue_brings_nobody(customer: Customer) -> None:
    said = await customer.act("action_affirm", "好的", "affirm")
    assert [m["response"] for m in said] == ["utter_go_on"]


async def test_blame_taken_for_a_call_for_people_starts_a_complaint(customer: Customer) -> None:
    await customer.act("action_request_human", "400打了六次没人接 你们客服是摆设", "request_human")
    assert customer.followed_by == "complaint_form"
    said = await customer.act("action_request_human", "转人工", "request_human")
    assert any("handoff" in (m.get("custom") or {}) for m in said)


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("五颗星", "utter_feedback_thanks"),
        ("差评，1星", "utter_feedback_sorry"),
        ("建议app加个深色模式", "utter_feedback_idea"),
    ],
)
async def test_feedback_is_met_in_kind(customer: Customer, text: str, response: str) -> None:
    said = await customer.act("action_feedback", text, "give_feedback")
    assert said[0]["response"] == response


def test_the_appliance_of_a_question_is_exchanged() -> None:
    assert with_product("空调保修几年", "冰箱") == "冰箱保修几年"
    assert with_product("保修几年", "冰箱") == "冰箱保修几年"


async def test_a_part_takes_up_the_question_before(
    customer: Customer, services: ActionServices
) -> None:
    knowledge = services.knowledge
    assert isinstance(knowledge, FakeKnowledge)
    knowledge.know("电视保修多久", "整机保修 1 年。")
    knowledge.know("电视屏幕保修多久", "屏幕保修 3 年。")
    await customer.act("action_answer", "电视保修多久", "ask_warranty")
    for part, answer in (("屏幕呢", "屏幕保修 3 年。"), ("那屏幕呢？", "屏幕保修 3 年。")):
        said = await customer.act("action_follow_up", part, "follow_up")
        assert [m["text"] for m in said] == [answer]


async def test_a_part_out_of_the_blue_is_not_understood(customer: Customer) -> None:
    said = await customer.act("action_follow_up", "屏幕呢", "follow_up")
    assert [m["response"] for m in said] == ["utter_not_understood"]


@pytest.mark.parametrize(
    ("action", "intent"),
    [("action_deny", "deny"), ("action_answer", "report_fault"), ("action_fallback", "")],
)
async def test_advice_that_did_not_help_leads_to_a_visit(
    customer: Customer, services: ActionServices, action: str, intent: str
) -> None:
    knowledge = services.knowledge
    assert isinstance(knowledge, FakeKnowledge)
    knowledge.know("遥控器没反应", "先换电池。")
    await customer.act("action_answer", "遥控器没反应怎么办", "report_fault")
    said = await customer.act(action, "換了，還是不行", intent)
    assert [m["response"] for m in said] == ["utter_still_fails"]


async def test_calling_for_people_after_a_fault_is_a_wish_for_a_visit(
    customer: Customer, services: ActionServices
) -> None:
    knowledge = services.knowledge
    assert isinstance(knowledge, FakeKnowledge)
    knowledge.know("E4", "先看进水。")
    await customer.act("action_answer", "洗衣机报E4怎么办", "report_fault")
    assert await customer.act("action_request_human", "那叫人来吧", "request_human") == []
    assert customer.followed_by == "repair_form"
    said = await customer.act("action_request_human", "叫个人来接电话", "request_human")
    assert said[0]["response"] == "utter_handoff"


async def test_what_seems_not_ours_may_lean_on_the_question_before(
    customer: Customer, services: ActionServices
) -> None:
    knowledge = services.knowledge
    assert isinstance(knowledge, FakeKnowledge)
    knowledge.know("电视保修多久", "整机保修 1 年。")
    knowledge.know("砸裂", "人为损坏不在保修内。")
    before = await customer.act("action_out_of_scope", "娃拿玩具砸裂的算不", "out_of_scope")
    assert [m["response"] for m in before] == ["utter_out_of_scope"]
    await customer.act("action_answer", "电视保修多久", "ask_warranty")
    after = await customer.act("action_out_of_scope", "娃拿玩具砸裂的算不", "out_of_scope")
    assert [m["text"] for m in after] == ["人为损坏不在保修内。"]


@pytest.mark.parametrize("text", ["你是真人还是机器", "是不是机器人在回我", "你到底是谁啊"])
async def test_who_asks_whether_a_machine_answers_is_told_so(customer: Customer, text: str) -> None:
    said = await customer.act("action_chitchat", text, "chitchat")
    assert [m["response"] for m in said] == ["utter_i_am_a_bot"]


async def test_mocking_artificial_intelligence_is_no_call_for_a_person(customer: Customer) -> None:
    said = await customer.act("action_request_human", "你就是个人工智障吧", "request_human")
    assert [m.get("response") for m in said] == ["utter_i_am_a_bot"]


async def test_a_sure_topic_offers_what_is_nearest_rather_than_nothing(
    customer: Customer, services: ActionServices
) -> None:
    knowledge = services.knowledge
    assert isinstance(knowledge, FakeKnowledge)
    knowledge.knows(("电视安装要钱吗", 0.2), product="电视", topic="ask_installation")
    text = "老弟 电视到家了 搁哪整安装呐"
    said = await customer.act("action_answer", text, "ask_installation", 0.7)
    assert said[0]["response"] == "utter_perhaps"
    assert [b["title"] for b in said[0]["buttons"]] == ["电视安装要钱吗", "转人工"]
    said = await customer.act("action_answer", text, "ask_installation", 0.4)
    assert said[0]["response"] == "utter_do_not_know"
