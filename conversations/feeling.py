"""How the customer feels, judged over the whole conversation rather than one word."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ANGER = re.compile(
    r"气死|生气|火大|投诉|骗子|骗人|垃圾|忽悠|无语|差劲|受够|过分|什么态度|太坑|坑人|滚|操|妈的|他妈|"
    r"敷衍|推来推去|踢皮球|没人管|到底(?:还)?管不管|再也不买|退钱|赔钱|說話不算|氣死|離譜|离谱"
)
_ANNOYED = re.compile(
    r"又|还没|怎么还|多久了|等了|催|急|烦|失望|麻烦死|好几次|第[二三四五]次|[!！?？]{2,}"
)


def feeling_of(said: Sequence[str]) -> str:
    """`calm`, `annoyed` or `angry` for the customer's messages, oldest first."""
    anger = sum(bool(_ANGER.search(text)) for text in said)
    annoyed = sum(bool(_ANNOYED.search(text)) for text in said)
    if anger >= 2 or (anger and annoyed):
        return "angry"
    return "annoyed" if anger or annoyed >= 2 else "calm"
