"""More than one wish in one message, pure."""

from __future__ import annotations

import re

from assist.entities.folding import fold

SHORTEST = 4
_BREAK = re.compile(
    r"[。？?！!；;\n]+|[，,\s]*(?:另外|还有(?:就是|个事|一个|，|,)?|顺便(?:再|也)?|对了|再(?:问|帮|麻烦|查|打听)|"
    r"以及|同时|(?<=，)还?想(?:问|打听)|(?<=，)(?:也|还)(?:帮|给)我)[，,]*"
)
_QUESTION = re.compile(
    r"吗|怎么|咋|多少|几[天个点年号时]|多久|什么|啥|哪|有没有|能不能|可不可以|要不要|([㐀-鿿])不\1|呢$|收费|保修|价"
)
_VISIT = re.compile(
    r"(?:约|预约|派|叫|安排|喊|找)(?:个|一个|一下|一位|位|人)?.{0,3}(?:师傅|工程师|人.{0,2}(?:来|上门)|上门|维修)|"
    r"上门(?:修|看|维修|检修)|报修|来(?:家里|家)?(?:修|看看)"
)
_WHETHER = re.compile(r"吗|多少|几|费|钱|多久|怎么|咋|什么|哪")


def parts_of(text: str) -> list[str]:
    """The message cut where a new wish may begin; each part has at least `SHORTEST` letters."""
    start, parts = 0, []
    for cut in _BREAK.finditer(text):
        parts.append(text[start : cut.start()])
        begins_with_sign = cut[0][0] in "。？?！!；;\n"
        start = cut.end()
        if begins_with_sign and cut[0][0] in "？?":
            parts[-1] += "？"
    parts.append(text[start:])
    return [part for raw in parts if len(part := raw.strip(" ，,、")) >= SHORTEST]


def asks_something(part: str) -> bool:
    """Whether a part is a question of its own, not a wish for a visit."""
    folded = fold(part)
    asked = part.endswith(("?", "？")) or bool(_QUESTION.search(folded))
    return asked and not wants_visit(part)


def wants_visit(part: str) -> bool:
    """Whether a part wishes for a technician's visit, not only asks about one."""
    folded = fold(part)
    return bool(_VISIT.search(folded)) and not _WHETHER.search(_VISIT.sub("", folded))


def questions_beside(text: str) -> list[str]:
    """Questions that stand beside another wish; none when the message is of one piece."""
    parts = parts_of(text)
    return [part for part in parts if asks_something(part)] if len(parts) > 1 else []
