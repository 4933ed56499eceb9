"""Phrases fit the scene, name only what the customer named, and never show an open slot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.suggestions.empathy import EmpathyBook, Phrase, need_of, scenes_of, stage_of
from assist.suggestions.facts import known
from assist.suggestions.model import EmpathyPhrase, Situation
from assist.suggestions.slots import fill, waited_days
from knowledge_base.seeding import seed_phrases

LIBRARY = [Phrase(p.id, p.scene, p.need, p.stage, p.text) for p in seed_phrases()]
WITHOUT_ENCODER = EmpathyBook(LIBRARY)
SCENES = {phrase.scene for phrase in LIBRARY}


def choose(book: EmpathyBook, *said: str, **situation: Any) -> list[EmpathyPhrase]:
    return book.choose(Situation(said, **situation), known(said, {}))


@pytest.mark.parametrize(
    ("said", "scene"),
    [
        ("修了三次了还是不排水", "repeated_repair"),
        ("约了今天上午师傅没来", "missed_appointment"),
        ("打电话没人接，消息也不回", "no_response"),
        ("说好周三换新的，结果又说要等", "broken_promise"),
        ("你们多收了我80块", "price_dispute"),
        ("装油烟机的师傅把我家墙打裂了", "installation_damage"),
        ("电视送来屏幕就裂了", "delivery_damage"),
        ("微波炉冒火花吓死我了", "safety_scare"),
        ("家里有八十岁的老人没热水", "elderly_or_child"),
        ("店里生意都做不成", "work_loss"),
        ("明天过年，一家人等着年夜饭", "holiday_spoiled"),
        ("一冰箱的肉全化了", "food_spoiled"),
        ("师傅态度太差", "rude_staff"),
        ("退款还没到账", "refund_delay"),
        ("昨天刚装的今天就不转了", "first_day_failure"),
        ("等配件等了两周", "long_wait"),
        ("照片全没了", "data_loss"),
    ],
)
def test_words_point_at_scenes(said: str, scene: str) -> None:
    assert scene in scenes_of(said)
    assert scene in SCENES


def test_every_scene_of_the_rules_is_in_the_library() -> None:
    rules = Path("assist/suggestions/scenes.yml").read_text("utf-8")
    assert SCENES - {"general"} <= {line.strip().split(":")[0] for line in rules.splitlines()}


def test_the_first_phrase_fits_scene_and_product() -> None:
    first = choose(WITHOUT_ENCODER, "洗衣机修了三次了还是不排水", feeling="angry")[0]
    assert first.scene == "repeated_repair"
    assert len(choose(WITHOUT_ENCODER, "洗衣机修了三次了还是不排水", feeling="angry")) == 3


@pytest.mark.parametrize(
    ("said", "not_said"),
    [
        ("微波炉冒火花", "孩子"),
        ("热水器等了两周还没配件", "老人"),
        ("空调坏了等了三周", "痱子"),
        ("师傅态度太差，骂人", "不会用别买"),
        ("约好了师傅没来", "请了一天假"),
        ("电视刚装就坏了", "旧的"),
    ],
)
def test_nothing_is_named_that_the_customer_did_not_name(said: str, not_said: str) -> None:
    for stage in ("opening", "listening", "apology_without_fault", "action", "waiting"):
        for phrase in choose(WITHOUT_ENCODER, said, feeling="angry", stage=stage):
            assert not_said not in phrase.text


def test_slots_are_filled_from_his_words() -> None:
    texts = [p.text for p in choose(WITHOUT_ENCODER, "冰箱不制冷，牛排全坏了", feeling="annoyed")]
    assert any("冰箱" in text or "牛排" in text for text in texts)
    named = choose(WITHOUT_ENCODER, "修了三次了还不好", feeling="angry", name="王女士")
    assert all("{" not in phrase.text for phrase in named)


@given(
    st.lists(st.sampled_from([
        "等了三天", "{days}", "修了又坏", "钱没退", "孩子哭", "过年", "牛排化了", "冰箱", "没人管",
    ]), min_size=1, max_size=5),
    st.sampled_from(["calm", "annoyed", "angry"]),
    st.booleans(),
)  # fmt: skip
def test_no_brace_is_ever_shown(said: list[str], feeling: str, agent_spoke: bool) -> None:
    situation = Situation(tuple(said), feeling=feeling, agent_spoke=agent_spoke)
    for phrase in WITHOUT_ENCODER.choose(situation, known(said, {})):
        assert "{" not in phrase.text
        assert "}" not in phrase.text


def test_a_calm_question_gets_no_pity() -> None:
    assert choose(WITHOUT_ENCODER, "电饭煲发票怎么开") == []
    assert choose(WITHOUT_ENCODER, "电饭煲发票怎么开", feeling="angry") != []


def test_an_open_slot_means_another_phrase() -> None:
    book = EmpathyBook(
        [
            Phrase("1", "long_wait", "resolution", "opening", "等了{days}天，谁都急。"),
            Phrase("2", "long_wait", "resolution", "opening", "等到现在，谁都急。"),
        ]
    )
    assert [p.id for p in choose(book, "还要等多久")] == ["2"]
    assert choose(book, "等了三天了，还要等多久")[0].text == "等了3天，谁都急。"


class WordEncoder:
    """Likeness by shared characters."""

    dimension = 64

    def encode(self, texts: Sequence[str], prompt: str = "query") -> Any:
        vectors = np.full((len(texts), 64), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for character in text:
                vectors[row, ord(character) % 64] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_likest_phrase_wins_among_equals() -> None:
    book = EmpathyBook(
        [
            Phrase("a", "rude_staff", "acknowledgement", "opening", "挂断电话的那一下最让人难受。"),
            Phrase("b", "rude_staff", "acknowledgement", "opening", "上门还甩脸色，换谁都憋屈。"),
        ],
        WordEncoder(),
    )
    assert choose(book, "师傅上门甩脸色", feeling="angry")[0].id == "b"
    assert choose(book, "客服态度差还挂断电话", feeling="angry")[0].id == "a"


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("等了三天了", "3"),
        ("都十五天了还没到", "15"),
        ("两周了没人管", "14"),
        ("等了一个月，没消息", "30"),
        ("半个月了", "15"),
        ("我12月3号买的", ""),
        ("保修三年", ""),
        ("第三天了", ""),
        ("一天了", ""),
    ],
)
def test_waited_days(said: str, days: str) -> None:
    assert waited_days(said) == days


def test_stage_and_need() -> None:
    assert stage_of("空调不冷", agent_spoke=False) == "opening"
    assert stage_of("到底还要多久", agent_spoke=True) == "waiting"
    assert stage_of("修好了，谢谢", agent_spoke=True) == "closing"
    assert stage_of("说修好了又坏了", agent_spoke=True) != "closing"
    assert need_of("凭什么多收我钱", "angry") == "fairness"
    assert need_of("师傅态度差", "calm") == "acknowledgement"
    assert need_of("怎么弄", "calm") == "resolution"


def test_fill_needs_every_value() -> None:
    assert fill("{product}等了{days}天", {"product": "冰箱", "days": "3"}) == "冰箱等了3天"
    assert fill("{product}等了{days}天", {"product": "冰箱", "days": ""}) is None
