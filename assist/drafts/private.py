"""Personal data in a draft, found by the rules that mask cases, and how to say it without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assist.entities.extractor import extract
from assist.entities.folding import fold
from knowledge_base.redaction import PersonalData, find

_KINDS = {
    PersonalData.MOBILE: "手机号",
    PersonalData.LANDLINE: "电话号码",
    PersonalData.ID_CARD: "身份证号",
    PersonalData.BANK_CARD: "银行卡号",
    PersonalData.ADDRESS: "详细地址",
    PersonalData.PLATE: "车牌号",
}
_ANY_ID = re.compile(r"(?<![0-9a-z])\d{17}[\dx](?![0-9a-z])")
_ANY_CARD = re.compile(r"(?:卡|账号|帐号)[^，。\d]{0,6}(?P<number>\d(?:[ -]?\d){14,18})(?!\d)")
_ACCOUNT = re.compile(
    r"微信号?(?:是|就是|叫|[:：])?\s?(?P<number>[a-z][a-z0-9_-]{5,19})(?![a-z0-9])"
)
_DOOR = re.compile(
    r"\d{1,3}\s?(?:号楼|幢|栋|座|单元)\s?(?:\d单元)?\s?\d{3,4}(?:室|号|户)?"
    r"|[\u4e00-\u9fff]{2,12}(?:路|街|街道|大道|巷|弄|村|小区|花园|苑)\d{1,4}(?:号|弄|幢|栋)[\d幢栋单元室号楼]*"
)
_OTHER_NAMED = re.compile(
    r"(?:客户|业主|邻居|住户|用户|收件人|收货人|那台|另一位|另外一位)(?:是|叫|个叫|[:：])?(?:个叫)?"
    r"(?P<name>[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武乔贺赖龚][\u4e00-\u9fff]{1,2}?)(?=的|，|,|。|吧|家|对|先|女|$)"
)
_HOTLINE = re.compile(r"^(?:400|800|95|96|123|119|110|120|12)")


@dataclass(frozen=True)
class PrivateSpan:
    """Characters of the draft that tell who somebody is; `name` says what it is."""

    start: int
    end: int
    name: str
    better: str


def private_spans(draft: str, folded: str) -> list[PrivateSpan]:
    """Numbers, addresses and names of others in the draft, in order, none inside another."""
    kept: list[PrivateSpan] = []
    for span in sorted(_all(draft, folded), key=lambda s: (s.start, s.start - s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _all(draft: str, folded: str) -> Iterator[PrivateSpan]:
    for found in find(draft):
        if found.kind in _KINDS:
            yield from _span(draft, found.start, found.end, _KINDS[found.kind])
    for entity in extract(draft):
        if entity.type == "phone":
            yield from _span(draft, entity.start, entity.end, "手机号")
    for match in _ANY_ID.finditer(folded):
        yield from _span(draft, *match.span(), "身份证号")
    for pattern, name in ((_ANY_CARD, "银行卡号"), (_ACCOUNT, "微信号")):
        for match in pattern.finditer(folded):
            yield from _span(draft, *match.span("number"), name)
    for match in _DOOR.finditer(folded):
        yield from _span(draft, *match.span(), "详细地址")
    for match in _OTHER_NAMED.finditer(folded):
        yield from _span(draft, *match.span("name"), "他人姓名")


def _span(draft: str, start: int, end: int, name: str) -> Iterator[PrivateSpan]:
    words = draft[start:end]
    digits = re.sub(r"\D", "", fold(words))
    if name in ("手机号", "电话号码") and _HOTLINE.match(digits) and len(digits) != 11:
        return
    yield PrivateSpan(start, end, name, _covered(name, words, digits))


def _covered(name: str, words: str, digits: str) -> str:
    match name:
        case "详细地址":
            return "您登记的地址"
        case "他人姓名":
            return f"{words[0]}**"
        case "微信号":
            return "这个对话窗口"
        case "车牌号":
            return f"尾号{words[-2:]}"
        case "身份证号":
            return "您登记的证件"
        case _:
            return f"尾号{digits[-4:]}" if len(digits) >= 8 else "您登记的号码"
