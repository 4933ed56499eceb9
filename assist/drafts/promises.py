"""Promises in a draft: to get back without saying when, and money beyond the agent's authority."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from assist.drafts.clauses import Piece
from assist.drafts.model import Allowance
from assist.entities.extractor import extract

_WHEN = re.compile(
    r"今天|今日|今晚|今早|明天|明早|明晚|明日|后天|[上中下]午|下班前|月底前|年底前|傍晚|晚上|周末"
    r"|(?:周|星期|礼拜)[一二三四五六日天末]|\d{1,2}[:：]\d{2}"
    r"|[\d一二两三四五六七八九十半几]+\s*(?:个半?)?(?:分钟|小时|钟头|刻钟|天|个?工作日|秒)(?:内|之内|以内|后|左右|一次|就|到|出|给|能|完|,|，|。|$)"
    r"|[\d一二两三四五六七八九十]+\s*(?:点|号|日)(?:半|整|前|之前|左右|准时|到|$|[^儿])"
    r"|现在就|这就|我现在|马上就(?:打|发|改|给)|[一二两三四五六七八九十\d]+(?:个)?(?:钟头|小时|分钟)"
)
_PAST = re.compile(
    r"(?:昨|前)[天晚日][上下中]?午?|上(?:周|个?星期|个?月)[一二三四五六日天]?|已经?[^，。]{0,4}天"
)
_BACK = (
    r"(?:回复|回覆|回您|回你|回个?话|回电|联系|告诉|告知|通知|答复|反馈给您|反馈给你|跟您说|跟您讲|给您(?:信|消息|结果|答案|说法|准信)"
    r"|处理(?!过|了|完了)|解决|核实|安排|跟进|催|换|退|寄|修|补发|上门)"
)
_LATER = re.compile(
    rf"(?:尽快|尽早|稍后|回头|晚点|晚些|随后|过后|到时候?|之后|抓紧|加急|及时|第一时间|早日)[^，。]{{0,10}}?{_BACK}?"
    rf"|(?:有|等|出|查到|沟通好|弄清|问到)[^，。]{{0,8}}(?:消息|结果|进展|回复|回音|货|车|空|原因|通知|了|好)[^，。]{{0,4}}(?:会|就|再|马上)?[^，。]{{0,6}}{_BACK}"
    rf"|(?:会|将|再|有专人|有同事|同事|他们|网点|师傅|那边|部门|技术)[^，。]{{0,6}}(?:会)?[^，。]{{0,6}}(?:回复|联系|通知|告诉|安排|反馈|跟进|处理)(?!我)(?:您|你|给您|的|好)?(?:到您)?"
    r"|耐心(?:等|的?等待)|(?:再|多)等(?:等|一等|几天|一下|一段)|等(?:通知|消息|电话)|留意电话|保持(?:电话|手机)畅通|轮到|排到"
    r"|(?:在|正在)(?:排查|处理|加急|催|走流程|安排|协调|调拨|核实|审核|排队)"
    r"|(?:帮您|给您|已经|已)[^，。]{0,3}(?:反馈|上报|报上去|登记|催|转给|提交|报修)[^，。]{0,8}$"
    r"|(?:去|先)?(?:问|沟通|核实|了解|反馈|说)(?:一下|一声|下|看看)[^，。]{0,10}$|看他?(?:们)?(?:怎么说|哪天)"
)
_NOT_A_WAIT = re.compile(r"(?:您|你)(?:先|可以|试|再试|有空|方便)|麻烦您|祝您|欢迎|再联系我|随时")
_REPLACED = {
    "call": re.compile(r"电话|回电|联系"),
    "do": re.compile(r"安排|换|退|寄|补发|上门|修"),
}
_MONEY_VERB = re.compile(
    r"赔|补偿|补给|补您|补你|退您|退你|给您(?:打|转|批|发|报|封|退|补)|给你(?:打|转|批|退|补)|返(?:您|还|现)|减免|免(?:掉|去)|报销|我们(?:出|报|来)|全报|转您|转给您|打给您|"
    r"红包|折价|代金|公司出|我们?承担|我们出了|赔付"
)
_PAID_BACK = re.compile(
    r"已(?:经)?[^，。]{0,8}(?:退|打|转|返|到账)|(?:退|打|转)到(?:了|您|你)?|退款?[^，。]{0,8}(?:是|到账|到了|原路)|到了|配件|工时|上门费|收费|费用|价格?"
)
_NOT_PROMISED = re.compile(
    r"(?:定|批|做)不了|不在我|没有?权限|要(?:主管|总部|审批)|报(?:给)?主管|您(?:说|提|要)的?|诉求|申请不|主管(?:谈|定|批|看|给|评估)|(?:还|要|向|让|问)(?:要)?您?赔|估价|您赔"
)
_WORDED = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_BARE = re.compile(r"(?<![\d.a-z-])\d{3,7}(?:\.\d{1,2})?(?![\d年月日号点%a-z层楼幢室-])")
_LONGEST_SUM = 12


def says_when(folded: str) -> bool:
    """Whether a point of time still to come is named anywhere in the draft."""
    return bool(_WHEN.search(_PAST.sub("", folded)))


def without_time(pieces: list[Piece], stage: str) -> Piece | None:
    """The first clause that puts the customer off without saying until when.

    A talk that is closing needs no date; a promise with one anywhere in the draft is fine.
    """
    if stage == "closing" or any(says_when(piece.text) for piece in pieces):
        return None
    return next(
        (p for p in pieces if _LATER.search(p.text) and not _NOT_A_WAIT.search(p.text)), None
    )


def promise_in(clause: str, within: str) -> str:
    """The same promise with a time that SPEC section 5 allows at most (`within`, as said)."""
    if _REPLACED["call"].search(clause):
        return f"{within}给您打电话说进展"
    if _REPLACED["do"].search(clause):
        return f"{within}告诉您具体安排在什么时候"
    return f"{within}给您回复"


def over_authority(
    pieces: list[Piece], whole: list[Piece], allowance: Allowance
) -> Iterator[Piece]:
    """Clauses (`pieces`) that promise more money than the agent has left to grant.

    The promise may stand in another clause of the same sentence (`whole`) than the sum.
    """
    if allowance.left is None:
        return
    for sentence in whole:
        if not _MONEY_VERB.search(sentence.text) or _NOT_PROMISED.search(sentence.text):
            continue
        for piece in pieces:
            inside = sentence.start <= piece.start and piece.end <= sentence.end
            if inside and _promises(piece.text, allowance.left):
                yield piece


def _promises(clause: str, left: int) -> bool:
    if _PAID_BACK.search(clause):
        return False
    sums = _sums(clause, bare=bool(_MONEY_VERB.search(clause)))
    return any(yuan * 100 > left for yuan in sums)


def _sums(clause: str, *, bare: bool) -> Iterator[Decimal]:
    found = [entity.value for entity in extract(clause) if entity.type == "amount"]
    for text in [*found, *(_BARE.findall(clause) if bare else [])]:
        value = yuan_of(text)
        if value is not None:
            yield value


def yuan_of(words: str) -> Decimal | None:
    """A sum as people write it (`1,200块`, `两千`, `3万`), in yuan; None where it is no number."""
    plain = words.replace(",", "").replace(" ", "")[:_LONGEST_SUM]
    digits = re.search(r"\d+(?:\.\d+)?", plain)
    if digits is not None:
        try:
            number = Decimal(digits.group())
        except InvalidOperation:
            return None
        tail = plain[digits.end() :]
        return number * (10000 if "万" in tail else 1000 if "千" in tail else 1)
    worded = _worded(plain)
    return Decimal(worded) if worded else None


def _worded(plain: str) -> int:
    total, section, digit, unit = 0, 0, 0, 1
    for sign in plain:
        if sign in _WORDED:
            digit = _WORDED[sign]
        elif sign in _UNITS:
            unit = _UNITS[sign]
            section, digit = section + (digit or 1) * unit, 0
        elif sign == "万":
            total, section, digit, unit = (section + digit) * 10000 or 10000, 0, 0, 10000
    return total + section + digit * (unit // 10 if unit > 1 else 1)
