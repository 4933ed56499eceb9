"""Drafts that say nothing to this customer: polite formulas and no word of his situation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assist.drafts.clauses import Piece
from assist.drafts.promises import says_when
from assist.entities.folding import fold

_FORMULA = re.compile(
    r"(?:非常|十分|万分|真的|实在|很|深)?(?:抱歉|不好意思|歉意|对不起)|理解[^，。]{0,4}(?:心情|感受|支持|配合|焦急|您)|(?:心情|感受)[^，。]{0,6}理解|感同身受|心疼"
    r"|给您(?:带来|造成|添)[^，。]{0,8}(?:不便|困扰|麻烦|体验|影响|损失|不适|惊吓|伤害)|(?:敬请|还请|请)[^，。]{0,4}(?:谅解|理解|见谅|包涵|放心|原谅|消消气)|多多包涵"
    r"|感谢(?:您)?(?:的)?[^，。]{0,8}(?:支持|理解|反馈|配合|监督|耐心|宝贵|联系|认可|意见|喜爱)|(?:高度|非常)重视|竭诚|优质(?:的)?服务|祝您|祝(?:早日|您|孩子|老人)"
    r"|(?:会|将)?(?:尽快|第一时间|及时|努力|尽力)[^，。]{0,8}(?:处理|核实|解决|答复|安排|反馈|争取|发|联系)|耐心等(?:待|候)|(?:已|会)[^，。]{0,6}(?:记录|反馈|上报|登记)"
    r"|很高兴为您|满意的答复|(?:加强|优化|改进)[^，。]{0,6}(?:管理|培训|体验|服务|流程)|以[^，。]{1,6}为准|属于?正常|都是[^，。]{1,6}(?:规定|质检)|(?:请您)?放心使用"
    r"|请稍等|相信您|深受[^，。]{0,4}好评|保持(?:电话|手机)畅通|进一步核实|相关(?:部门|人员|政策)|专人|建议您|请您(?:保持|注意|按|提供|检查|查看|以|留意|规范|定期|妥善|核对|及时|确认)"
)
_HEART = re.compile(
    r"抱歉|歉意|不好意思|对不起|理解|心情|感同身受|谅解|包涵|放心|感谢|重视|支持|祝|满意|耐心|尽快|心疼|争取|哦$|呢$"
)
_GREETING = re.compile(
    r"^(?:亲+|您好|你好|老师您好|同学您好|[^，。]{1,4}(?:先生|女士)(?:您好)?|好的|嗯+|在的)[哦呢啊~]*$"
)
_CONCRETE = re.compile(
    r"(?<!使)我(?!们|理解|非常|十分|的心情|很|深)|\d|[一两三四五六七八九十半]+(?:分钟|小时|天|点|次|块|元)"
    r"|(?:^|您)(?:先|把|到|按|拔|关掉?|拍|试|拧|量|看一?下|看看|别)|多半是|因为"
)
_MOST_OTHER = 2
_SHORT = 4


def is_bare(pieces: Sequence[Piece], said: Sequence[str]) -> bool:
    """Whether the draft is formulas alone.

    A time to come, something that the agent himself does, a step for the customer, or two clauses
    outside the formulas that take up the customer's words make it more than that.
    """
    spoken = [piece for piece in pieces if not _GREETING.match(piece.text)]
    formulas = [p for p in spoken if _HEART.search(p.text) or _FORMULA.search(p.text)]
    if not formulas or any(says_when(p.text) or _CONCRETE.search(p.text) for p in spoken):
        return False
    rest = [p for p in spoken if p not in formulas and len(p.text) >= _SHORT]
    own = _pairs(fold("，".join(said)))
    return len(rest) <= _MOST_OTHER and sum(bool(_pairs(p.text) & own) for p in rest) < _MOST_OTHER


def span_of(pieces: Sequence[Piece]) -> tuple[int, int]:
    """From the first formula to the last."""
    formulas = [p for p in pieces if _FORMULA.search(p.text) or _HEART.search(p.text)]
    return formulas[0].start, formulas[-1].end


def _pairs(text: str) -> set[str]:
    return {
        text[i : i + 2]
        for i in range(len(text) - 1)
        if all("\u4e00" <= c <= "\u9fff" for c in text[i : i + 2])
    }
