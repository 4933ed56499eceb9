"""From what a customer said to what is searched: the problem, the latest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assist.suggestions.entities import entities_of
from assist.text import normalise
from knowledge_base.redaction import redact

LONGEST = 90
_MESSAGES = 6
_SHORT = 10
_NUMBERS = ("order_no", "complaint_no", "phone", "address")
_PLACEHOLDER = re.compile(r"\[(?:手机号|电话|身份证号|银行卡号|邮箱|车牌号|地址|姓名)\]")
_SEGMENT = re.compile(r"[，。！？、；：,!?;:\n~…]+|(?<=[\u3400-\u9fff]) +")
_NOISE = re.compile(
    r"(?:您|你|大家)?(?:好|早|早上好|上午好|中午好|下午好|晚上好|hello|hi|哈喽|嗨)(?:呀|啊|哇|的)?"
    r"|在(?:吗|嘛|么|不在|不)|有人(?:吗|嘛|么|在吗)?|请问(?:一下)?|想?(?:咨询|问)(?:一下|下)?|喂+|亲"
    r"|(?:是|对|嗯|恩|哦|噢|好|行|可以|没错|知道了?|明白了?|ok|yes|no|不是|没有|没|有|不用|不要)+"
    r"(?:的|了|啊|呀|吧|呢|哈|滴)*|好滴|好嘞|收到"
    r"|(?:非常|太|多)?(?:感谢|谢谢|谢|多谢|辛苦)(?:你|您|们|师傅|大家|帮忙|啦|了|哈)*|再见|拜拜|88"
    r"|(?:我要?|给我|帮我|麻烦)?(?:转|找|叫)?(?:一下)?(?:人工|真人|客服)(?:客服|服务|吧)?|快点?|急+|在线等"
    r"|(?:我?的?)?(?:电话|手机|手机号|号码|订单|订单号|单号|地址|姓名)(?:号)?(?:是|为)?|我(?:叫|是|姓|的)"
    r"|(?:已经|终于)?(?:修|解决|装|弄|搞)好了(?:的|啦|谢谢)*"
    r"|[\d\W_]*"
)
_OPENING = re.compile(
    r"^(?:(?:您|你)好(?:呀|啊)?|请问(?:一下)?|我?想(?:咨询|问)(?:一下|下)|麻烦(?:你|您)?问(?:一下|下)|那个|就是)+"
)
_LEANING = re.compile(r"^那?(?:么|个)?(?P<what>.{1,12}?)呢$")


def boil_down(said: Sequence[str], product: str = "") -> str:
    """The customer's problem in at most `LONGEST` characters, the latest message first.

    Greetings, yes and no, thanks, numbers and personal data are dropped. Older messages fill the
    room that is left, unless they are about another product. `product` is put in front when no
    message names one. Empty when nothing but noise was said.
    """
    lines = [line for line in map(_problem, said[-_MESSAGES:]) if line]
    if not lines:
        return ""
    kept = _about_the_same(lines)
    names_one = any(entity.type == "product" for line in kept for entity in entities_of(line))
    if product and not names_one:
        kept[0] = f"{normalise(product)} {kept[0]}"
    return _within(kept)


def _problem(text: str) -> str:
    """One message without noise, numbers and personal data, normalised."""
    anonymous = _PLACEHOLDER.sub(" ", redact(_without(text[:1000], _NUMBERS)).text)
    segments = (_OPENING.sub("", part) for part in _SEGMENT.split(normalise(anonymous)))
    return " ".join(part.strip() for part in segments if not _NOISE.fullmatch(part.strip()))


def _about_the_same(lines: list[str]) -> list[str]:
    """Latest first, without lines about another product; `那冰箱呢` takes over the line before."""
    latest, older = lines[-1], lines[:-1][::-1]
    named = _products(latest)
    leaning = _LEANING.match(latest) or len(latest) <= _SHORT
    if named and older and leaning and not any(e.type == "symptom" for e in entities_of(latest)):
        carried = _with_product(older[0], named[0])
        if carried:
            return [carried]
    kept = [latest]
    for line in older:
        others = _products(line)
        if named and others and not set(named) & set(others):
            break
        named = named or others
        kept.append(line)
    return kept


def _with_product(line: str, product: str) -> str:
    """`line` with the product it names exchanged; empty when it names none."""
    spans = [entity for entity in entities_of(line) if entity.type == "product"]
    if not spans:
        return ""
    first = spans[0]
    return line[: first.start] + product + line[first.end :]


def _products(line: str) -> list[str]:
    return [entity.value for entity in entities_of(line) if entity.type == "product"]


def _within(lines: Iterable[str]) -> str:
    kept: list[str] = []
    room = LONGEST
    for line in lines:
        if room <= 0 or line in kept:
            continue
        kept.append(line[:room])
        room -= len(line) + 1
    return " ".join(kept)


def _without(text: str, kinds: Iterable[str]) -> str:
    found = [entity for entity in entities_of(text) if entity.type in kinds]
    for entity in reversed(found):
        text = f"{text[: entity.start]} {text[entity.end :]}"
    return text
