"""What to write instead, for exactly this draft and customer."""

from __future__ import annotations

from assist.drafts.model import Conversation, WarningKind
from assist.drafts.repeats import Repeat

_PUBLIC = {"order_no": "订单号", "complaint_no": "投诉单号", "model": "型号", "fault_code": "代码"}


class Wording:
    """Better wordings; `hours` is the longest wait for news that is promised (SPEC section 5)."""

    def __init__(self, hours: int) -> None:
        self.within = f"{hours}小时内"

    def instead(self, kind: WarningKind, about: Conversation) -> str:
        """A clause in place of one of `kind`; empty where there is none for the whole kind."""
        thing = about.facts.get("product", "")
        match kind:
            case WarningKind.BLAMING:
                return f"{thing or '这次'}到底是怎么回事，我和您一起把原因找出来"
            case WarningKind.DISMISSIVE:
                seen = f"{thing}这样确实耽误您" if thing else "这件事确实给您添了堵"
                return f"{about.phrase.rstrip('。！') or seen}，{self.within}我给您准信"
            case WarningKind.ARGUING:
                what = f"{thing}的记录" if thing else "前后的记录"
                return f"您说的我记下了，我把{what}逐条核对，{self.within}把依据发给您看"
            case WarningKind.THREATENING:
                return f"怎么做由您决定，{thing or '这件'}的事我接着跟，{self.within}给您答复"
            case WarningKind.SARCASM:
                return f"{thing or '这件事'}让您费神了，我一步一步陪您弄好"
            case WarningKind.ADMITS_FAULT:
                return f"原因我请人查清楚，怎么承担看检测结论，{self.within}告诉您查到哪一步"
            case WarningKind.GUARANTEES:
                return f"结果出来之前我不敢把话说满，{self.within}告诉您进展"
            case WarningKind.MONEY_OVER_AUTHORITY:
                who = about.allowance.decider
                return f"补偿的数目要由{who}来定，我现在就替您提上去，{self.within}给您答复"
            case WarningKind.EMPTY_FORMULA:
                return about.phrase
            case _:
                return ""

    def known(self, repeat: Repeat) -> str:
        """A clause that shows the customer was heard, in place of the question."""
        if label := _PUBLIC.get(repeat.fact):
            return f"您说的{label}{repeat.value}我已经看到了"
        if repeat.fact in ("product", "date_time", "color") and repeat.value:
            return f"您前面说的{repeat.value}我记下了"
        return "您留的号码我这边有" if repeat.fact == "phone" else "您说的情况我看到了"
