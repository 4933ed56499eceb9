"""What to write instead, for exactly this draft and customer."""

from __future__ import annotations

from assist.drafts.model import Conversation, WarningKind
from assist.drafts.repeats import Repeat

_INSTEAD = {
    WarningKind.BLAMING: "{this}到底是怎么回事，我和您一起把原因找出来",
    WarningKind.DISMISSIVE: "{phrase}，{within}我给您准信",
    WarningKind.ARGUING: "您说的我记下了，我把{records}逐条核对，{within}把依据发给您看",
    WarningKind.THREATENING: "怎么做由您决定，{this}我接着跟，{within}给您答复",
    WarningKind.SARCASM: "{this}让您费神了，我一步一步陪您弄好",
    WarningKind.ADMITS_FAULT: "原因我请人查清楚，怎么承担看检测结论，{within}告诉您查到哪一步",
    WarningKind.GUARANTEES: "结果出来之前我不敢把话说满，{within}告诉您进展",
    WarningKind.MONEY_OVER_AUTHORITY: (
        "补偿的数目要由{decider}来定，我现在就替您提上去，{within}给您答复"
    ),
}
_PUBLIC = {"order_no": "订单号", "complaint_no": "投诉单号", "model": "型号", "fault_code": "代码"}


class Wording:
    """Better wordings; `hours` is the longest wait for news that is promised (SPEC section 5)."""

    def __init__(self, hours: int) -> None:
        self.within = f"{hours}小时内"

    def instead(self, kind: WarningKind, about: Conversation) -> str:
        """A clause in place of one of `kind`; empty where there is none for the whole kind."""
        if kind is WarningKind.EMPTY_FORMULA:
            return about.phrase
        if kind not in _INSTEAD:
            return ""
        thing = about.facts.get("product", "")
        seen = f"{thing}这样确实耽误您" if thing else "这件事确实给您添了堵"
        return _INSTEAD[kind].format(
            this=thing or "这件事",
            records=f"{thing}的记录" if thing else "前后的记录",
            phrase=about.phrase.rstrip("。！") or seen,
            decider=about.allowance.decider,
            within=self.within,
        )

    def known(self, repeat: Repeat) -> str:
        """A clause that shows the customer was heard, in place of the question."""
        if label := _PUBLIC.get(repeat.fact):
            return f"您说的{label}{repeat.value}我已经看到了"
        if repeat.fact in ("product", "date_time", "color") and repeat.value:
            return f"您前面说的{repeat.value}我记下了"
        return "您留的号码我这边有" if repeat.fact == "phone" else "您说的情况我看到了"
