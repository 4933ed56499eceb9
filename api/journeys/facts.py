"""Answers a customer would give when the bot asks for something the script has not said (pure)."""

from __future__ import annotations

ASKED_BY: dict[str, tuple[str, ...]] = {
    "phone": ("电话", "手机号", "联系方式", "号码"),
    "name": ("怎么称呼", "称呼", "贵姓", "姓名", "名字"),
    "address": ("地址", "上门到哪", "住哪"),
    "order_no": ("订单号", "订单编号"),
    "time": ("什么时候方便", "上门时间", "哪天", "几点", "时间"),
    "date_time": ("什么时候", "哪天", "几点", "时间"),
    "symptom": ("什么问题", "什么故障", "怎么了", "什么情况", "现象", "发生了什么"),
    "product": ("哪款产品", "什么产品", "哪个产品", "哪件", "产品"),
    "demand": ("诉求", "希望怎么", "希望我们", "怎么解决"),
    "evidence": ("照片", "凭证", "证据"),
}
CONSENT_ASKED = (
    "对吗",
    "确认",
    "没问题的话",
    "可以提交",
    "是否正确",
    "无误",
    "要提交吗",
    "回复“对”",
    "没问题就回",
)
CONSENT = "对，提交吧"
NOTHING_TO_TELL = {"照片": "没有", "记不清": "记不清了"}
"""What a customer says who has no fact for a question that leaves him free, by its cue."""


def answer_to(asked: str, facts: dict[str, str], used: set[str]) -> str | None:
    """What the customer says to the bot's last words, or None when it asked nothing known.

    Each fact is given once; `used` collects their names."""
    for name, cues in ASKED_BY.items():
        if name in facts and name not in used and any(cue in asked for cue in cues):
            used.add(name)
            return facts[name]
    for cue, answer in NOTHING_TO_TELL.items():
        if cue in asked and cue not in used and not any(c in asked for c in CONSENT_ASKED):
            used.add(cue)
            return answer
    if any(cue in asked for cue in CONSENT_ASKED) and "consent" not in used:
        used.add("consent")
        return CONSENT
    return None
