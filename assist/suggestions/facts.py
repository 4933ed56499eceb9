"""What the customer has told us, and what is worth asking next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assist.entities.phrases import product_names
from assist.suggestions.entities import entities_of
from assist.suggestions.model import Fact
from assist.text import normalise

LABELS = {
    "product": "产品",
    "model": "型号",
    "fault_code": "故障码",
    "symptom": "现象",
    "date_time": "时间",
    "amount": "金额",
    "order_no": "订单号",
    "complaint_no": "投诉单号",
    "phone": "电话",
    "address": "地址",
}
_PRIVATE = ("phone", "address")
_ABOUT_AN_ORDER = re.compile(
    r"退款|退货|换货|退换|发票|物流|快递|送货|配送|发货|没到|签收|价保|差价|下单|订单|收费|多收"
)
_ABOUT_A_THING = re.compile(
    r"坏|修|漏|响|不[^\s]{0,3}(?:了|动|转|热|冷|亮|出)|报|故障|保修|装|用不"
)
_SINCE_WHEN = re.compile(
    r"昨|前天|今天|早上|晚上|上周|上个?月|刚|天了|[几\d一二三四五六七八九十]+[天周月]"
)
_DANGER = re.compile(r"火|烟|焦|漏电|触电|爆|鼓包|燃气味|煤气")
_MOST_QUESTIONS = 3
_ENTITY_MESSAGES = 12


def known(said: Sequence[str], slots: Mapping[str, str], product: str = "") -> dict[str, str]:
    """Facts by entity type; what was said last holds, what the bot gathered fills the gaps.

    The product is given by the name we sell it by.
    """
    found = {kind: value for kind, value in slots.items() if kind in LABELS and value}
    if product:
        found["product"] = product
    for text in said[-_ENTITY_MESSAGES:]:
        found |= {entity.type: entity.value for entity in entities_of(text[:1000])}
    if "product" in found:
        spoken = normalise(found["product"])
        found["product"] = product_names().get(spoken, found["product"])
    return {kind: found[kind] for kind in LABELS if found.get(kind)}


def as_shown(facts: Mapping[str, str]) -> list[Fact]:
    """Facts under the desk's labels; telephone and address are masked."""
    return [
        Fact(LABELS[kind], _masked(kind, value) if kind in _PRIVATE else value)
        for kind, value in facts.items()
    ]


def ask_next(said: Sequence[str], facts: Mapping[str, str]) -> list[str]:
    """Up to three questions whose answers are still missing, the most needed first."""
    text = normalise(" ".join(said))
    about_thing = bool(_ABOUT_A_THING.search(text)) or "symptom" in facts
    about_order = bool(_ABOUT_AN_ORDER.search(text))
    questions = []
    if "product" not in facts and "model" not in facts and (about_thing or not about_order):
        questions.append("请问是哪件电器？")
    if about_order and "order_no" not in facts:
        questions.append("订单号方便发我一下吗？AX开头的那一串。")
    if about_thing and "symptom" not in facts and "fault_code" not in facts:
        questions.append("现在具体是什么样？屏幕上有没有显示代码？")
    dated = "date_time" in facts or _SINCE_WHEN.search(text) or _DANGER.search(text)
    if about_thing and not dated:
        questions.append("大概是从哪天开始的？")
    if about_thing and "model" not in facts and "product" in facts:
        questions.append(f"{facts['product']}的型号是多少？机身铭牌上AX开头的就是。")
    if "phone" not in facts:
        questions.append("方便留个联系电话吗？有进展好第一时间告诉您。")
    return questions[:_MOST_QUESTIONS]


def _masked(kind: str, value: str) -> str:
    if kind == "address":
        return f"{value[:4]}****"
    digits = re.sub(r"\D", "", value)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 8 else "****"
