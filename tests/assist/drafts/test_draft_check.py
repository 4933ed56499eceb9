"""Each kind of harm is named at its words; plain good replies are left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.drafts.check import LONGEST_DRAFT, DraftCheck
from assist.drafts.model import Allowance, Conversation, DraftWarning, WarningKind
from assist.drafts.tone import shipped_classifier
from assist.suggestions.facts import known

CHECK = DraftCheck(shipped_classifier())
SAID = ("我的洗衣机AXW-1080报E2，上周三开始不排水，订单AX2024110500123，电话13912345678",)
ABOUT = Conversation(SAID, known(SAID, {}), "action", Allowance(50_000, "主管"))


def kinds(draft: str, about: Conversation = ABOUT) -> list[str]:
    return [warning.kind.value for warning in CHECK.check(draft, about)]


def followed(draft: str, about: Conversation = ABOUT) -> str:
    """The draft with every better wording taken, the last place first."""
    for warning in reversed(CHECK.check(draft, about)):
        if warning.better:
            draft = draft[: warning.start] + warning.better + draft[warning.end :]
    return draft


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        ("这就是您使用不当造成的", "blaming"),
        ("漏点水很正常的，拖一下就好了", "dismissive"),
        ("您自己没看清楚条款，合同白纸黑字写着", "arguing"),
        ("您再骂我们就报警，后果自负", "threatening"),
        ("呵呵，您可真厉害", "sarcasm"),
        ("这确实是我们师傅的操作失误，责任在我们", "admits_fault"),
        ("放心，保证绝对不会再坏", "guarantees"),
        ("我再赔您800元吧", "money_over_authority"),
        ("师傅电话13857642190，您打给他", "personal_data"),
        ("已经帮您反馈了，有结果会通知您的", "no_time"),
        ("麻烦提供一下您的订单号", "asks_again"),
        ("我给您转二线走RMA流程", "jargon"),
        ("非常抱歉给您带来不便，我理解您的心情，敬请谅解", "empty_formula"),
    ],
)
def test_each_kind_of_harm_is_named(draft: str, kind: str) -> None:
    assert kind in kinds(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "不是您操作的问题，是排水泵老化了，配件今天下午四点前发出。",
        "责任怎么分要等检测报告，明天上午十点前我把报告发您。",
        "能不能修好我没法保证，检测单今晚八点前给您看。",
        "退款4599元昨天已经退到您的支付宝，您看看账单。",
        "这300元在我能定的范围里，我现在就赔给您。",
        "五百以上我定不了，您要的2000元我今天下班前报给主管。",
        "服务热线是400-800-1234，您也可以直接打。",
        "您先断电，把右下角小盖打开，慢慢拧过滤网。",
        "订单号不用再报了，我这边看得到。",
        "闻到燃气味先关阀开窗，到楼下再报警。",
        "好的",
        "不客气，有事随时在这里找我。",
        "",
        "😀😀",
    ],
)
def test_what_may_well_be_said_is_left_alone(draft: str) -> None:
    assert kinds(draft) == []


def test_the_span_holds_exactly_the_words_of_the_draft() -> None:
    draft = "😀親，師傅手機１３８５７６４２１９０，您打給他"
    (warning,) = CHECK.check(draft, ABOUT)
    assert draft[warning.start : warning.end] == warning.words == "１３８５７６４２１９０"
    assert warning.better == "尾号2190"


@pytest.mark.parametrize(
    "draft",
    [
        "这就是您使用不当造成的",
        "您自己没看清楚条款，合同白纸黑字写着",
        "您再骂我们就报警，后果自负",
        "放心，保证绝对不会再坏",
        "我再赔您800元吧",
        "师傅电话13857642190，您打给他",
        "已经帮您反馈了，有结果会通知您的",
        "麻烦提供一下您的订单号",
    ],
)
def test_the_better_wording_passes_the_check_itself(draft: str) -> None:
    assert followed(draft) != draft
    assert kinds(followed(draft)) == []


@pytest.mark.parametrize(
    ("left", "draft", "warned"),
    [
        (50_000, "补偿您500元", False),
        (50_000, "补偿您501元", True),
        (0, "补偿您10块钱", True),
        (None, "补偿您9999元", False),
        (50_000, "我赔您两千块", True),
        (200_000, "我赔您两千块", False),
        (50_000, "机器三倍赔您，一共1.2万元", True),
    ],
)
def test_money_is_held_against_what_is_left(left: int | None, draft: str, warned: bool) -> None:
    about = Conversation(allowance=Allowance(left, "总部"))
    found = [w for w in CHECK.check(draft, about) if w.kind is WarningKind.MONEY_OVER_AUTHORITY]
    assert bool(found) is warned
    assert all("总部" in warning.better for warning in found)


def test_a_question_is_asked_again_only_when_it_was_answered() -> None:
    assert "asks_again" in kinds("请问是什么型号？")
    assert "asks_again" not in kinds("请问是什么型号？", Conversation(("你好",)))
    assert "asks_again" not in kinds("方便量一下进水口的宽度吗？")


def test_a_closing_talk_needs_no_time() -> None:
    draft = "后面有变化会联系您"
    assert kinds(draft) == ["no_time"]
    assert kinds(draft, Conversation(SAID, {}, "closing")) == []


def test_a_formula_is_replaced_by_a_phrase_for_this_customer() -> None:
    asked: list[str] = []

    def phrase() -> str:
        asked.append("")
        return "洗衣机一周不排水，衣服都堆着，换谁都急。"

    draft = "非常抱歉给您带来不便，敬请谅解"
    (warning,) = CHECK.check(draft, ABOUT, phrase)
    assert warning.better == "洗衣机一周不排水，衣服都堆着，换谁都急。"
    CHECK.check("好的", ABOUT, phrase)
    assert len(asked) == 1


def test_a_word_of_the_customer_is_no_jargon() -> None:
    about = Conversation(("我这个RMA单到哪了",))
    assert kinds("RMA单今天下午三点前发您", about) == []


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_looked_at_without_a_fault(draft: str) -> None:
    for warning in CHECK.check(draft, ABOUT):
        assert isinstance(warning, DraftWarning)
        assert 0 <= warning.start < warning.end <= len(draft)
        assert warning.words == draft[warning.start : warning.end]
        assert warning.why


@pytest.mark.parametrize("unit", ["您自己没", "1" * 50, "a b ", "赔1元，", "“，", "会再有告诉"])
def test_a_very_long_draft_takes_no_long_time(unit: str) -> None:
    began = time.process_time()
    CHECK.check(unit * 20_000, ABOUT)
    assert time.process_time() - began < 2.5
    assert len(unit * 20_000) > LONGEST_DRAFT
