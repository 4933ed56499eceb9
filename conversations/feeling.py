"""How the customer feels, measured over the whole conversation rather than by one word.

Each message has a heat from 0 to 4; what was said before cools by `COOLING` a message. One sharp
word in a calm conversation therefore leaves it calm, while small signs that keep coming add up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

COOLING = 0.75
ANNOYED_FROM, ANGRY_FROM = 1.0, 2.5
RISING_OVER = 3
ANGRY_ALONE = 3
"""Heat of a message that is angry whatever was said before."""

_ANGER = re.compile(
    r"气死|氣死|生气|火大|投诉|骗子|骗人|垃圾|忽悠|无语|差劲|受够|過分|过分|什么态度|太坑|坑人|坑爹|敷衍|推来推去|踢皮球|"
    r"没人管|到底(?:还)?管不管|再也不买|退钱|赔钱|说话不算|說話不算|離譜|离谱|欺负|欺人|恶心|讽刺|摆设|吃干饭|糊弄|耍我|耍人|"
    r"当我傻|寒心|黑心|闹心|不想再|最后[问说]一[遍次]|忍[不无]|凭什么|凭啥|有病|良心"
)
_INSULT = re.compile(
    r"滚|操你|艹|妈的|他妈|特么|尼玛|你妈|傻[逼叉子]|sb|智障|白痴|弱智|脑残|废物|混蛋|王八|神经病|蠢|狗东西|去死|屌|仆街|扑街|龟儿|憨批",
    re.IGNORECASE,
)
_ANNOYED = re.compile(
    r"又|还没|還沒|怎么还|怎麼還|多久了|等了|催|急|烦|煩|失望|麻烦死|好几[次遍天]|[第说问讲修来][二三四五六七八两几好][次遍回趟]|"
    r"答非所问|我[问说]的是|听不懂|聽不懂|不是问|没问你|说了多少|到底|行不行|能不能快|拖|有完没完|啥意思|什么意思"
)
_LOUD = re.compile(r"[!！]{2,}|[?？]{2,}|[😡🤬💢👿]")
_FILLER = re.compile(
    r"[\W_]|你们?|就是|真的?|个|是|的|了|吧|啊|呀|吗|机器人|客服|东西|什么|玩意儿?|都|这|那|给我|太|"
    r"一群"
)


def heat_of(text: str) -> int:
    """How heated one message is, 0 to 4."""
    insult = 2 * bool(_INSULT.search(text))
    return min(
        4,
        insult
        + 2 * bool(_ANGER.search(text))
        + bool(_ANNOYED.search(text))
        + bool(_LOUD.search(text)),
    )


def heat(said: Sequence[str]) -> float:
    """The heat of a conversation after the customer's messages, oldest first."""
    total = 0.0
    for text in said:
        total = total * COOLING + heat_of(text)
    return total


def feeling_of(said: Sequence[str]) -> str:
    """`calm`, `annoyed` or `angry` for the customer's messages, oldest first."""
    now = heat(said)
    if now >= ANGRY_FROM and sum(heat_of(text) > 0 for text in said) >= 2:
        return "angry"
    return "annoyed" if now >= ANNOYED_FROM else "calm"


def is_rising(said: Sequence[str]) -> bool:
    """Whether anger grows: angry now, by this message, and hotter than some messages ago."""
    if not said or not heat_of(said[-1]) or feeling_of(said) != "angry":
        return False
    return heat(said) > heat(said[:-RISING_OVER])


def only_insults(text: str) -> bool:
    """Whether a message scolds and tells nothing that one could act on."""
    return bool(_INSULT.search(text)) and len(_FILLER.sub("", _INSULT.sub("", text))) <= 2
