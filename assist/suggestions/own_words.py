"""A phrase composed around the customer's own words, where the library has none for his scene.

What he said of his trouble or his loss is quoted, so that the phrase can be about nobody else; the
stage decides what the agent says to it. Nothing is admitted and nothing promised.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assist.entities.folding import fold
from knowledge_base.redaction import redact

_CLAUSE = re.compile(r"[^，。！？；,!?;\s]+")
_LOSS = re.compile(
    r"耽误|误工|白等|等了|请了?假|不敢|睡不|吓|哭|疼|烫|泡|毁|弄坏|碎|裂|丢|没了|找不|扔|臭|退单|停业|住院|医院|怀孕"
    r"|[两三四五六七八九几\d]+(?:次|遍|天|周|个?月)(?:了|还|都|没)"
)
_TROUBLE = re.compile(
    r"不(?:了|动|转|热|凉|冷|亮|出|响|制|准|见|上|回|来|停|清|燃|着|到|开)|没(?:人|电|信号|回|来|反应|声|退|送|到|水)|漏|响|坏|断|松|卡|堵|掉|报错"
    r"|跳|歪|慢|吵|多收|多扣|扣了|霜|黑屏|缺|少发|破|糊|塌"
)
_HARSH = re.compile(
    r"你们|妈的|他妈|骗|屁|滚|傻|垃圾|投诉|曝光|12315|起诉|[吗呢吧么啊没]$|什么|怎么|多少|多久|能不能|会不会|是不是|要不要|有没有|哪"
    r"|凭|我要|我想|我还没|没问题|死我"
)
_DANGER = re.compile(r"火|烟|焦|漏电|触电|电了|爆|鼓包|燃气|煤气|臭鸡蛋|一氧化碳|头晕")
_SHORTEST, _LONGEST = 4, 18
_BY_STAGE = {
    "opening": "“{words}”，换谁碰上都着急，我先陪您把这件事弄明白。",
    "listening": "您说的“{words}”我记下了，后面还有什么您接着讲，我听着。",
    "apology_without_fault": "“{words}”，让您受累了，听着真过意不去。",
    "action": "您最着急的是“{words}”，我就从这里着手。",
    "waiting": "“{words}”还悬着，等的滋味不好受，我不拿空话打发您。",
    "closing": "“{words}”这一出，您前前后后费了不少心。",
    "follow_up": "又碰上“{words}”，难怪您心里不踏实，我接着往下跟。",
}


def composed(said: Sequence[str], stage: str) -> str:
    """A phrase for this stage around the most telling words; empty where nothing tells of trouble.

    Personal data, insults and questions are never quoted, and where there may be danger nothing is
    said at all: safety comes first.
    """
    if any(_DANGER.search(fold(text)) for text in said):
        return ""
    words = _telling(said)
    return _BY_STAGE[stage].format(words=words) if words and stage in _BY_STAGE else ""


def _telling(said: Sequence[str]) -> str:
    found = [clause for text in said for clause in _CLAUSE.findall(text) if _may_be_quoted(clause)]
    for pattern in (_LOSS, _TROUBLE):
        fitting = [clause for clause in found if pattern.search(fold(clause))]
        if fitting:
            hits = {clause: len(pattern.findall(fold(clause))) for clause in fitting}
            best: str = max(fitting, key=lambda clause: (hits[clause], len(clause)))
            return best
    return ""


def _may_be_quoted(clause: str) -> bool:
    proper = _SHORTEST <= len(clause) <= _LONGEST and not _HARSH.search(fold(clause))
    return proper and not redact(clause).findings and "“" not in clause
