"""What a complaint looks like before a person has assessed it (SPEC section 5)."""

from __future__ import annotations

import re

from complaints.model import Priority

_WEIGHTY = re.compile(
    # property that came to harm
    r"[砸磕碰摔][坏裂碎破]|砸.{0,8}[裂碎坏]|把.{0,12}[泡淹烧砸刮划渗]|(?:弄|烧|撞|搬|刮|划)[坏花伤穿]"
    r"|楼下.{0,8}漏|打穿|赔"
    # the same thing again and again
    r"|第[二三四五六七八九十两\d]+[次回趟]|反复|一再|又坏|再三|没完没了"
    r"|(?:修|换|来|打|催|联系)了?(?:好几|多|[两三四五六七八九十]|[2-9]\d*)[次回趟遍]"
    # waiting for weeks
    r"|(?:半个?多?月|[一两二三四五六\d]+个?多?(?:月|星期|礼拜|周)|[1-9]\d天|十[几来多\d一二三四五六七八九]*天)"
    r".{0,12}(?:没|不|拖|还在|等)"
    # people for whom it weighs more
    r"|老人|孕妇|宝宝|婴儿|小孩|月子|病人|透析|化疗|残疾"
)


def likely_priority(summary: str, *, sensitive: bool = False) -> Priority:
    """`important` for what is sensitive, for harmed property, repeated failure, weeks of waiting
    and vulnerable people; else `general`. An agent corrects it.

    `urgent` is never read out of words here: hazards are triage's to find (SPEC section 3).
    """
    return Priority.IMPORTANT if sensitive or _WEIGHTY.search(summary) else Priority.GENERAL
