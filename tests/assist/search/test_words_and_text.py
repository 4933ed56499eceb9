from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.search.words import codes, pairs, words
from assist.text import normalise


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("洗衣機漏水", "洗衣机漏水"),
        ("ＢＣＤ－５２０Ｗ", "bcd-520w"),
        ("空调  不 冷\n了", "空调不冷了"),
        ("E3\u3000故障", "e3 故障"),
        ("冰箱\u200b坏\ufeff了\0", "冰箱坏了"),
        ("气死我了！！！！", "气死我了!"),
        ("修得好👍🏽👍🏽👍🏽", "修得好👍"),
        ("ios 17 wifi", "ios 17 wifi"),
    ],
)
def test_one_spelling_for_every_way_of_typing(typed: str, same: str) -> None:
    assert normalise(typed) == same


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(alphabet=st.characters(), max_size=40))
def test_normalised_text_can_be_written_and_has_no_edges(text: str) -> None:
    clean = normalise(text)
    clean.encode()
    assert clean == clean.strip()
    assert "\0" not in clean


def test_codes_stay_whole_among_words() -> None:
    found = words("bcd-520wdpd冰箱报e3")
    assert {"bcd-520wdpd", "e3", "冰箱"} <= set(found)


def test_the_number_of_a_model_is_a_word_too() -> None:
    assert {"i9300", "9300"} <= set(words("i9300黑屏")) & set(pairs("i9300黑屏"))


def test_pairs_cross_word_borders_and_keep_lone_characters() -> None:
    assert pairs("洗衣机,灶") == ["洗衣", "衣机", "灶"]


@pytest.mark.parametrize(
    ("written", "asked", "is_same"),
    [
        ("三星gt-i9300", "9300", True),
        ("bcd-520wdpd", "520", True),
        ("9300黑屏", "i9300", True),
        ("i9300", "i9308", False),
        ("i9300", "n9300", False),
        ("报e3", "e3", True),
        ("报e30", "e3", False),
        ("显示e1", "e2", False),
    ],
)
def test_a_code_is_known_by_its_number(written: str, asked: str, is_same: bool) -> None:
    assert all(codes(written).has(name) for name in codes(asked).names) is is_same


def test_small_numbers_are_no_codes() -> None:
    assert not codes("修了3次花了50块").names


@given(st.text(max_size=60))
def test_any_text_falls_into_words_without_blanks(text: str) -> None:
    for piece in [*words(normalise(text)), *pairs(normalise(text))]:
        assert piece
        assert " " not in piece
