"""Questions whose answer the customer has already given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assist.drafts.clauses import Piece
from assist.entities.folding import fold

_ASKS = re.compile(
    r"请问|提供|麻烦|告诉|告知|报一?下|发一?下|发我|说一?下|描述|多少|什么|哪|几|多久|吗|呢|能否|是否"
)
_QUESTIONS: dict[str, re.Pattern[str]] = {
    "order_no": re.compile(r"(?:订单|单)(?:编)?号(?!.{0,4}(?:对|没错))"),
    "model": re.compile(r"型号|哪(?:一)?款|什么款"),
    "product": re.compile(
        r"(?:什么|哪种|哪款|哪类|哪一款|哪个|哪台|哪件)(?:产品|商品|机器|电器|东西|设备|平板|空调|冰箱)?(?:呢)?$|"
        r"(?:什么|哪种|哪类|哪款|哪一款|哪件|哪台)(?:产品|商品|机器|电器|东西|设备)|买的?(?:是)?什么|送的?(?:是)?什么|退的是什么"
    ),
    "phone": re.compile(r"(?:手机|电话|联系)(?:号码?|方式|尾号)|手机号|尾号"),
    "date_time": re.compile(
        r"什么时[候间]|哪[天年月]|几号|几时|多久了|多久(?:了)?$|(?:购买|下单|付款|安装|出现)(?:的)?(?:时间|日期)|不[冷热转亮]多久|原定"
    ),
    "amount": re.compile(r"金额(?:是)?|多少钱|付了多少|收了多少"),
    "symptom": re.compile(
        r"(?:什么|哪[里儿]|具体|怎么)(?:是)?(?:的)?(?:样)?(?:问题|故障|毛病|情况|现象|坏|不好|需要)|(?:描述|说明|讲)(?:一?下)?[^，。]{0,6}(?:问题|故障|情况|现象)?"
        r"|(?:出|遇到|发生)了?(?:什么|啥|哪些)|有(?:什么|啥|哪些)(?:问题|故障|情况)|哪里(?:坏|需要|不)|坏(?:在)?哪|怎么了|要(?:查询|办理|咨询|反映)什么|(?:办理|查询|反映|咨询)(?:什么|哪)"
    ),
    "fault_code": re.compile(r"(?:报|显示|提示|出现)[^，。]{0,4}(?:什么)?(?:代码|故障码|错误码)"),
    "color": re.compile(r"(?:什么|哪(?:个|种))颜色|颜色(?:是)?什么"),
}
_NOT_AGAIN = re.compile(
    r"不用(?:再)?(?:报|说|发|提供)|不需要|是不是|对吗|对吧|核对|还是(?:上次|之前|您)|看您"
)
_BOUGHT = re.compile(
    r"(?:买|用|装|换|付|丢|下单|保修)了?[^，。]{0,6}(?:年|月|天|周|星期|礼拜)|昨[天晚]|前天|今[天早]|去年|上个?[周月]|开学|刚(?:买|装|换)|双十[一二]|"
    r"\d+月\d*[号日]?|十?[一二三四五六七八九十]月"
)
_TAIL = re.compile(r"(?:尾号|手机(?:号|尾号)?|电话)[^，。]{0,3}\d{4}|1[3-9]\d{9}")
_COLORS = re.compile(r"[红橙黄绿青蓝紫黑白灰金银粉棕]色")
_GREETING = re.compile(
    r"你好|您好|在吗|有人吗|我(?:要|想)(?:报修|咨询|投诉|问一?下)|请问|客服|人工|谢谢"
)
_PROBLEM_CHARS = 8
_LATIN_MODEL = re.compile(r"(?<![a-z0-9])(?=[a-z0-9-]*\d)[a-z][a-z0-9-]{1,9}(?![a-z0-9])")


@dataclass(frozen=True)
class Repeat:
    """A clause of the draft that asks for what is known, and what is known."""

    piece: Piece
    fact: str
    value: str


def asked_again(
    pieces: Sequence[Piece], said: Sequence[str], facts: Mapping[str, str]
) -> list[Repeat]:
    """Clauses that ask for something the customer has told us."""
    known = _known(said, facts)
    found = []
    for piece in pieces:
        if not _ASKS.search(piece.text) or _NOT_AGAIN.search(piece.text):
            continue
        fact = next((f for f, q in _QUESTIONS.items() if f in known and q.search(piece.text)), "")
        if fact:
            found.append(Repeat(piece, fact, known[fact]))
    return found


def _known(said: Sequence[str], facts: Mapping[str, str]) -> dict[str, str]:
    """Facts by the name of the question, an empty value where only the fact itself is sure."""
    text = fold("，".join(said))
    known = {name: value for name, value in facts.items() if value}
    if (when := _BOUGHT.search(text)) and "date_time" not in known:
        known["date_time"] = when.group()
    if (tail := _TAIL.search(text)) and "phone" not in known:
        known["phone"] = tail.group()[-4:]
    if color := _COLORS.search(text):
        known["color"] = color.group()
    if "model" not in known and (model := _LATIN_MODEL.search(text)):
        known["model"] = model.group().upper()
    if len(re.sub(r"[\W\d]", "", _GREETING.sub("", text))) >= _PROBLEM_CHARS:
        known.setdefault("symptom", "")
    return known
