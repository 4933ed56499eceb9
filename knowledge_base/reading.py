"""From the fields somebody typed or sent to a `Case`, or to reasons in plain words why not."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from foundation.errors import InvalidInput
from knowledge_base.model import Case, CaseKind, CaseStatus, Category, RemedyLevel
from knowledge_base.storage import NAME_LENGTH

FIELDS = tuple(Case.model_fields)
LONGEST_CASE = 100_000
_MOST_USES = 1_000_000_000

TITLES = {
    "id": "编号",
    "kind": "种类",
    "title": "标题",
    "topic": "话题",
    "product": "产品",
    "model": "型号",
    "fault_code": "故障码",
    "category": "类别",
    "customer_statement": "客户原话",
    "root_cause": "原因",
    "solution_steps": "解决步骤",
    "compensation": "补偿",
    "empathy_phrase": "共情话术",
    "outcome": "结果",
    "tags": "标签",
    "valid_from": "生效日期",
    "valid_to": "失效日期",
    "owner": "负责人",
    "status": "状态",
    "supersedes": "替代",
    "times_used": "使用次数",
    "success_rate": "成功率",
}
_CHOICES = {
    "kind": CaseKind,
    "category": Category,
    "status": CaseStatus,
    "compensation.level": RemedyLevel,
}
_SHORT = ("topic", "product", "model", "fault_code", "owner", "supersedes")
_ID = re.compile(r"[\w.:\-]+")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?")
_SAID = {
    "date": "不是日期，请写成 2025-01-31",
    "int": "不是整数",
    "float": "不是数字",
    "greater_than": "太小",
    "less_than": "太大",
    "list_type": "应是一列文字",
    "string_type": "应是文字",
}
_NOT_STORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def read_case(fields: Mapping[str, Any]) -> Case:
    """The case that `fields` describe; unknown fields are left out.

    Raises:
        InvalidInput: `detail["reasons"]` lists every fault in plain words.
    """
    prepared = {name: _prepare(name, fields[name]) for name in FIELDS if name in fields}
    reasons = [f"{TITLES[name]}({name})里有不能保存的控制字符" for name in prepared
               if _unstorable(prepared[name])]  # fmt: skip
    try:
        case = Case.model_validate(prepared)
    except ValidationError as error:
        reasons += [_reason(fault) for fault in error.errors()]
    else:
        reasons += _further_faults(case)
    if reasons:
        raise InvalidInput("；".join(reasons), reasons=reasons)
    return case


def is_id(text: str) -> bool:
    """Whether `text` may name a case."""
    return bool(_ID.fullmatch(text))


def shown(value: Any) -> str:
    """`value` short and without signs that cannot be shown, for a message."""
    return _NOT_STORABLE.sub("�", str(value)[:60])


def unknown_fields(fields: Mapping[str, Any]) -> list[str]:
    """Names in `fields` that a case does not have."""
    return [name for name in fields if name not in FIELDS]


def _prepare(name: str, value: Any) -> Any:
    if isinstance(value, str):
        value = _one_line_end(value)
    if name in ("valid_from", "valid_to"):
        return _day(value)
    if name in ("category", "supersedes", "success_rate") and value == "":
        return None
    if name in ("customer_statement", "root_cause", "solution_steps", "tags"):
        return _lines(value)
    if value is None and name not in ("category", "supersedes", "success_rate"):
        return Case.model_fields[name].get_default() if name not in ("id", "title") else ""
    return value


def _lines(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [_one_line_end(item) for item in value if item.strip()]
    return value


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _day(value: Any) -> Any:
    if value == "":
        return None
    match = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return value


def _unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_NOT_STORABLE.search(value))
    if isinstance(value, list):
        return any(_unstorable(item) for item in value)
    return isinstance(value, dict) and any(_unstorable(item) for item in value.values())


def _further_faults(case: Case) -> list[str]:
    faults = []
    if not is_id(case.id):
        faults.append(
            f"编号(id)“{shown(case.id)}”只能由文字、数字和 - _ . : 组成，中间不能有空格或斜杠"
        )
    if case.valid_from and case.valid_to and case.valid_to < case.valid_from:
        faults.append(f"失效日期(valid_to){case.valid_to}早于生效日期(valid_from){case.valid_from}")
    if not math.isfinite(case.compensation.amount):
        faults.append("补偿金额(compensation.amount)不是一个数")
    if case.times_used > _MOST_USES:
        faults.append("使用次数(times_used)太大")
    for name in _SHORT:
        if len(getattr(case, name) or "") > NAME_LENGTH:
            faults.append(f"{TITLES[name]}({name})超过{NAME_LENGTH}个字")
    if len(case.model_dump_json()) > LONGEST_CASE:
        faults.append(f"整条案例超过{LONGEST_CASE}个字")
    return faults


def _reason(fault: Any) -> str:
    path = ".".join(str(part) for part in fault["loc"])
    name = str(fault["loc"][0]) if fault["loc"] else ""
    where = f"{TITLES.get(name, name)}({path})"
    given, kind = shown(fault["input"]), fault["type"]
    if kind == "missing" or (kind == "string_too_short" and name in ("id", "title")):
        return f"缺少{where}"
    if kind == "enum":
        return f"{where}“{given}”不认识，可用：{'、'.join(_CHOICES.get(path, ()))}"
    if kind == "string_too_long":
        return f"{where}超过{fault['ctx']['max_length']}个字"
    said = next((text for start, text in _SAID.items() if kind.startswith(start)), "")
    return f"{where}“{given}”{said}" if said else f"{where}的格式不对"
