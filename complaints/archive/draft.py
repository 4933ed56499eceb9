"""A case draft from the file of a complaint (SPEC sections 5 and 7). Pure.

What is known to be this customer's is masked here; what else looks personal is for the case
library's own redaction, through which every draft goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from complaints.archive import words
from complaints.remedies import Level

MAX_TITLE = 60
MAX_STATEMENTS = 10
MAX_CHARS = 1000
_GENERIC_NAMES = frozenset({"客户", "顾客", "用户", "先生", "女士", "匿名", "未知"})
_COURTESY = "(?:女士|先生|小姐|太太|阿姨|大爷|大妈|叔叔)"
_LONG_PLACE = 8


def case_draft(file: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a case of the library, in draft, without this customer's data.

    Staff names, numbers of orders and moments are left out; a life of a complaint has one draft.
    """
    complaint = file["complaint"]
    clean = masker(complaint)
    plan = complaint.get("plan") or {}
    of_life = [m for m in file["measures"] if m["life"] == complaint["life"]]
    return {
        "id": f"{complaint['no'].lower()}-{complaint['life']}",
        "title": _title(complaint, clean),
        "product": clean(complaint["product"]),
        "model": clean(complaint["model"]),
        "category": complaint["category"] or None,
        "customer_statement": _statements(file, clean),
        "root_cause": _causes(plan, clean),
        "solution_steps": [step for m in of_life if (step := _step(m, clean))],
        "compensation": _compensation(file, clean),
        "outcome": _outcome(complaint, clean),
        "tags": _tags(complaint),
    }


def masker(complaint: Mapping[str, Any]) -> Callable[[str], str]:
    """A function that masks this customer's name, numbers and address wherever they stand."""
    hidden = [*_names(complaint["customer_name"]), *_numbers(complaint)]
    place = complaint["place"].strip()
    if len(place) >= _LONG_PLACE or re.search(r"\d", place):
        hidden.append((re.compile(re.escape(place)), "[地址]"))

    def clean(text: str) -> str:
        for pattern, placeholder in hidden:
            text = pattern.sub(placeholder, text)
        return _cut(text.strip())

    return clean


def _cut(text: str) -> str:
    """At most `MAX_CHARS`, without the beginning of a number at the end: no pattern knows it."""
    if len(text) <= MAX_CHARS:
        return text
    return re.sub(r"[\w\- ]+$", "", text[:MAX_CHARS], flags=re.A)


def _names(typed: str) -> list[tuple[re.Pattern[str], str]]:
    name = typed.strip()
    if not name or name in _GENERIC_NAMES:
        return []
    surnames = "|".join(map(re.escape, (name[:2], name[0])))
    found = [(re.compile(f"(?:{surnames}){_COURTESY}"), "[姓名]")]
    if len(name) > 1:
        found.insert(0, (re.compile(re.escape(name)), "[姓名]"))
    return found


def _numbers(complaint: Mapping[str, Any]) -> list[tuple[re.Pattern[str], str]]:
    """Phone and other contact, however their digits are spaced."""
    found = []
    for typed in (complaint["phone"], complaint["contact"]):
        for run in re.findall(r"\d[\d \-]{5,}\d", typed):
            digits = re.sub(r"\D", "", run)
            found.append((re.compile(r"[ \-]?".join(digits)), "[电话]"))
        for handle in re.findall(r"[A-Za-z][\w.@\-]{5,}", typed, re.A):
            found.append((re.compile(re.escape(handle)), "[联系方式]"))
    return found


def _title(complaint: Mapping[str, Any], clean: Callable[[str], str]) -> str:
    said = re.split(r"[。！？!?\n]", clean(complaint["summary"]))[0].strip()
    product = clean(complaint["product"])
    lead = "" if not product or product in said else f"{product}：" if said else product
    return (lead + said)[:MAX_TITLE] or words.CATEGORIES.get(complaint["category"], "投诉")


def _statements(file: Mapping[str, Any], clean: Callable[[str], str]) -> list[str]:
    said = [file["complaint"]["summary"]]
    said += [entry["reason"] for entry in file["timeline"] if entry["act"] == "customer_said"]
    return [text for text in dict.fromkeys(map(clean, said)) if text][:MAX_STATEMENTS]


def _causes(plan: Mapping[str, Any], clean: Callable[[str], str]) -> list[str]:
    chain = [clean(why) for why in plan.get("whys", ())]
    cause = clean(plan.get("cause", ""))
    return [*chain, cause] if cause and cause not in chain else chain


def _step(measure: Mapping[str, Any], clean: Callable[[str], str]) -> str:
    what, result = clean(measure["what"]), clean(measure["result"])
    return f"{what}（结果：{result}）" if what and result else what


def _compensation(file: Mapping[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    given = [c for c in file.get("compensations", ()) if c["status"] == "approved"]
    if not given:
        return {"level": "none", "detail": "", "amount": 0}
    order = list(Level)
    return {
        "level": max((c["level"] for c in given), key=lambda level: order.index(Level(level))),
        "detail": "；".join(
            f"{words.KINDS.get(c['kind'], c['kind'])} {c['amount']} 元，{clean(c['reason'])}"
            for c in given
        ),
        "amount": float(sum(Decimal(c["amount"]) for c in given)),
    }


def _outcome(complaint: Mapping[str, Any], clean: Callable[[str], str]) -> str:
    said = []
    if complaint["score"]:
        said.append(f"客户评价 {complaint['score']} 分")
    if comment := clean(complaint["rating_comment"]):
        said.append(f"评语：{comment}")
    if complaint["round"] > 1:
        said.append(f"第 {complaint['round']} 轮处理后解决")
    return "；".join(said) or "已解决"


def _tags(complaint: Mapping[str, Any]) -> list[str]:
    tags = [
        words.RESPONSIBILITIES.get(complaint["responsibility"], ""),
        words.NEEDS.get(complaint["need"], ""),
        words.PRIORITIES.get(complaint["priority"], ""),
        "敏感" if complaint["sensitive"] else "",
    ]
    return ["归档投诉", *(tag for tag in tags if tag)]
