"""Personal data is found in the ways people type it, and nothing else is touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.model import Case, Compensation
from knowledge_base.redaction import (
    PersonalData,
    find,
    is_id_card,
    passes_luhn,
    redact,
    redact_case,
)

DIGITS = "0123456789"
FULL_WIDTH = str.maketrans(DIGITS, "０１２３４５６７８９")
SPOKEN = str.maketrans(DIGITS, "零一二三四五六七八九")
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=20)
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    ("typed", "masked"),
    [
        ("打我手机138 0000 1234", "打我手机[手机号]"),
        ("138-0000-1234找老陈", "[手机号]找老陈"),
        ("+8613800001234", "[手机号]"),
        ("电话8888 6666", "电话[电话]"),
        ("座机010-88886666转3", "座机[电话]"),
        ("(0755)88886666", "[电话]"),
        ("身份证11010519491231002X没错", "身份证[身份证号]没错"),
        ("退到6222 0212 3456 7890 128", "退到[银行卡号]"),
        ("发票发a.b+c@mail.example.com.cn谢谢", "发票发[邮箱]谢谢"),
        ("车是京A·12345", "车是[车牌号]"),
        ("沪AD12345停门口", "[车牌号]停门口"),
        ("我家在幸福小区6号楼1202，快点", "我家在[地址]，快点"),
        ("我住望京西园四区410号楼1201，门禁坏了", "我住[地址]，门禁坏了"),
        ("地址：上海市浦东新区张江路88号3栋2单元501室", "地址：[地址]"),
        ("就送三号楼二单元601吧", "就送[地址]吧"),
        ("我叫张伟，急", "我叫[姓名]，急"),
        ("收货人：欧阳娜娜", "收货人：[姓名]"),
        ("您找王先生", "您找[姓名]先生"),
        ("李小龙女士投诉", "[姓名]女士投诉"),
    ],
)
def test_masks(typed: str, masked: str) -> None:
    assert redact(typed).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "订单AX2024110500123，投诉号TS20251105-0042，维修单WX20251105-0042",
        "快递单号 6222021234567890128",
        "客服热线400-800-1234，消费者热线12315",
        "AXW-1080 报 E4，温度13.5 14.5 16.2 18",
        "2025年11月5日 13:00-15:00 上门，服务中心12号前回复",
        "冰箱里3层2号抽屉漏水",
        "任何一位女士都会生气",
        "我叫安装师傅来了三次",
        "姓名都写错了，收件人电话也错",
        "加价300元，一共1380元，保修10年",
        "上海市浦东新区那个门店",
    ],
)
def test_leaves_alone(text: str) -> None:
    assert redact(text).text == text


@given(mobiles, CHINESE, CHINESE, st.sampled_from(["", "-", " "]), st.sampled_from("aws"))
def test_every_mobile_is_masked_however_it_is_typed(
    number: str, before: str, after: str, gap: str, script: str
) -> None:
    typed = gap.join((number[:3], number[3:7], number[7:]))
    if script == "w":
        typed = typed.translate(FULL_WIDTH)
    elif script == "s":
        typed = number.translate(SPOKEN)
        before, after = before.strip("零一二三四五六七八九幺〇"), f"，{after}"
    result = redact(f"{before}{typed}{after}")
    assert typed not in result.text
    assert any(finding.start <= len(before) for finding in result.findings)


@given(st.from_regex(r"[1-8][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}",
                     fullmatch=True))  # fmt: skip
def test_identity_numbers_are_told_by_their_check_digit(body: str) -> None:
    right = [sign for sign in "0123456789X" if is_id_card(body + sign)]
    assert len(right) == 1
    assert find(f"证件{body}{right[0]}。")[0].kind is PersonalData.ID_CARD
    wrong = "0" if right[0] != "0" else "1"
    assert all(found.kind is not PersonalData.ID_CARD for found in find(f"编码{body}{wrong}。"))


@given(st.from_regex(r"62[0-9]{14,16}", fullmatch=True))
def test_bank_cards_are_told_by_luhn(body: str) -> None:
    right = [digit for digit in DIGITS if passes_luhn(body + digit)]
    assert len(right) == 1
    (found,) = find(f"转到{body}{right[0]}上")
    assert found.kind in (PersonalData.BANK_CARD, PersonalData.ID_CARD)
    assert found.end - found.start == len(body) + 1


@given(st.from_regex(r"AX20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9])[0-9]{5}", fullmatch=True))
def test_order_numbers_are_kept(order_no: str) -> None:
    assert order_no in redact(f"订单{order_no}还没到，我电话13800001234").text


@given(st.text(max_size=200))
def test_any_text_can_be_masked_and_masking_again_changes_nothing(text: str) -> None:
    result = redact(text)
    assert redact(result.text).text == result.text
    at = 0
    for finding in result.findings:
        assert at <= finding.start < finding.end <= len(text)
        at = finding.end
    unmasked = re.split("|".join(rf"\[{kind.value}\]" for kind in PersonalData), result.text)
    assert all(part in text for part in unmasked)


PIECES = [
    "13800001234", "张江路88号", "王先生", "我叫", "李", "6号楼", "1202", "，", "a@b.cn",
    "京A12345", "订单", "AX2024110500123", "电话", "8888", "6666", "[手机号]", "先生", "姓名",
    "幸福小区", "上海市", "]", "010-88886666", "一三八",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_masking_mixtures_again_changes_nothing(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once


def test_long_texts_are_quick() -> None:
    import time

    started = time.perf_counter()
    redact("我家在幸福小区张江路" * 2000 + "1" * 5000 + "a" * 5000)
    assert time.perf_counter() - started < 2


def test_all_free_texts_of_a_case_are_masked() -> None:
    leak = "找王先生13800001234"
    case = Case(
        id="a", title=leak, customer_statement=[leak], root_cause=[leak], solution_steps=[leak],
        compensation=Compensation(detail=leak), empathy_phrase=leak, outcome=leak, tags=[leak],
    )  # fmt: skip
    clean, found = redact_case(case)
    assert "1380000" not in clean.model_dump_json()
    assert "王" not in clean.model_dump_json()
    assert set(found) == {
        "title", "customer_statement", "root_cause", "solution_steps", "compensation",
        "empathy_phrase", "outcome", "tags",
    }  # fmt: skip
