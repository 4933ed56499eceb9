"""When a person is offered unasked: the same question again, growing anger, mere insults."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.feeling import feeling_of, heat_of, is_rising, only_insults
from conversations.signals import Signal, alike, signal_of


def test_the_same_question_three_times_is_a_signal_and_twice_is_not() -> None:
    said = ["滤芯多久换一次", "你好，滤芯多久换一次呀？", "请问滤芯到底多久换一次"]
    assert signal_of(said[:2]) is None
    assert signal_of(said) is Signal.REPEATED


def test_a_question_between_does_not_hide_the_repetition() -> None:
    said = ["退款啥时候到账", "客服电话多少", "退款啥时候到账啊", "我那个退款啥时候到账"]
    assert signal_of(said) is Signal.REPEATED


def test_the_same_question_of_other_appliances_is_another_question() -> None:
    assert not alike("空调保修多久", "热水器的延保怎么买")
    assert signal_of(["空调怎么清洗", "冰箱门封条怎么换", "油烟机油杯怎么拆"]) is None


def test_short_answers_said_again_are_no_repeated_question() -> None:
    assert signal_of(["嗯", "嗯", "嗯", "好的", "好的", "好的"]) is None
    assert signal_of(["13712340066", "13712340066", "13712340066"]) is None


def test_one_sharp_word_is_not_rising_anger() -> None:
    assert signal_of(["气死我了，洗衣机又停了"]) is None
    assert feeling_of(["气死我了"]) == "annoyed"


def test_anger_that_grows_over_the_conversation_is_a_signal() -> None:
    said = [
        "空调不制冷怎么办",
        "这个我试过了",
        "又是这一套，说了不管用",
        "你到底行不行！！敷衍谁呢",
    ]
    assert [signal_of(said[:n]) for n in range(1, 4)] == [None, None, None]
    assert signal_of(said) is Signal.ANGER


def test_anger_cools_with_calm_messages() -> None:
    hot = ["太坑了你们", "又让我等，受够了"]
    assert feeling_of(hot) == "angry"
    calm = ["那周三上午可以", "地址没变", "电话也没变", "行，谢谢"]
    assert feeling_of([*hot, *calm]) != "angry"
    assert not is_rising([*hot, *calm])


def test_a_third_message_of_insults_alone_is_bounded() -> None:
    said = ["废物", "你个智障机器人", "滚"]
    assert [signal_of(said[:n]) is Signal.INSULTS for n in (1, 2, 3)] == [False, False, True]


def test_an_insult_with_a_matter_is_not_only_an_insult() -> None:
    assert not only_insults("他妈的冰箱又不制冷了")
    assert only_insults("傻逼东西！！")


@pytest.mark.parametrize("text", ["空调不制冷", "谢谢，辛苦了", "周三上午行不", "订单到哪了"])
def test_plain_messages_have_little_heat(text: str) -> None:
    assert heat_of(text) == 0


@given(st.lists(st.text(max_size=40), max_size=12))
def test_any_conversation_has_a_feeling(said: list[str]) -> None:
    assert feeling_of(said) in ("calm", "annoyed", "angry")
    signal_of(said)
