"""Complaints as rows of a table: headings and words in Chinese or English, every row judged by
itself. Pure; a row's key is its content's, so the same row goes in once whoever imports it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from pydantic import ValidationError

from api.schemas.base import readable
from api.schemas.complaints import ComplaintIn
from complaints.model import SHORTEST_PHONE, Category, Channel, Priority, phone_digits
from complaints.service.opening import WIDTHS
from foundation.errors import InvalidInput, TooLarge
from foundation.sheets import csv_cells, decode, spreadsheet_cells, unreadable

MAX_ROWS = 10_000
CALLER = "import"
"""Whose idempotency keys rows have: everybody's, so that colleagues do not import twice."""

BY_CONTENT = "row:"
"""How keys of rows begin that stand for their content."""

TITLES = {
    "external_id": "外部编号",
    "channel": "来源",
    "summary": "发生了什么",
    "customer_name": "客户称呼",
    "phone": "手机号",
    "contact": "其他联系方式",
    "product": "产品",
    "model": "型号",
    "order_no": "订单号",
    "occurred_at": "什么时候发生",
    "place": "地点",
    "category": "类别",
    "priority": "级别",
    "sensitive": "敏感",
    "no_evidence_reason": "没有证据的原因",
}
"""Columns in the order of the template, with the heading it gives them."""
_ALIASES = {
    "external_id": ("编号", "原单号", "工单号", "external no", "ticket"),
    "channel": ("渠道", "投诉渠道", "投诉来源", "source"),
    "summary": ("投诉内容", "内容", "经过", "问题描述", "描述", "what happened", "description"),
    "customer_name": ("客户姓名", "姓名", "客户", "称呼", "customer", "name"),
    "phone": ("手机", "电话", "联系电话", "手机号码", "电话号码", "mobile", "tel"),
    "contact": ("联系方式", "微信", "邮箱", "email"),
    "product": ("产品名称", "品类", "商品"),
    "model": ("产品型号", "机型"),
    "order_no": ("订单", "订单编号", "order", "order number"),
    "occurred_at": ("发生时间", "时间", "日期", "when", "date"),
    "place": ("发生地点", "地址", "where", "address"),
    "category": ("投诉类别", "类型", "投诉类型", "type"),
    "priority": ("优先级", "紧急程度"),
    "sensitive": ("是否敏感",),
    "no_evidence_reason": ("无证据原因",),
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "channel": {
        **{word: word for word in Channel},
        "网页": "web", "官网": "web", "微信": "wechat", "公众号": "wechat", "热线": "hotline",
        "电话": "hotline", "门店": "store", "接口": "api",
    },
    "category": {
        **{word: word for word in Category},
        "产品质量": "product_quality", "质量": "product_quality", "服务态度": "service_attitude",
        "态度": "service_attitude", "响应速度": "response_speed", "安装": "installation",
        "维修延误": "repair_delay", "维修": "repair_delay", "价格收费": "price_billing",
        "收费": "price_billing", "价格": "price_billing", "配送": "delivery", "物流": "delivery",
    },
    "priority": {
        **{word: word for word in Priority},
        "紧急": "urgent", "重要": "important", "一般": "general", "普通": "general",
    },
    "sensitive": {
        "是": "true", "敏感": "true", "true": "true", "yes": "true", "y": "true", "1": "true",
        "否": "false", "false": "false", "no": "false", "n": "false", "0": "false",
    },
}  # fmt: skip
_EXAMPLE = {
    "external_id": "A-1001", "channel": "热线",
    "summary": "洗衣机 E2 不排水，约了三次师傅都没来，白请了两天假。（示例，导入前请删除这一行）",
    "customer_name": "陈先生", "phone": "13900001234", "product": "洗衣机", "model": "XQG100",
    "order_no": "AX202510280017", "occurred_at": "2025-11-03 晚上", "place": "客户家里",
    "category": "维修延误", "priority": "重要", "sensitive": "否",
    "no_evidence_reason": "客户说不方便拍照",
}  # fmt: skip
_COLUMNS = {
    alias.lower(): name
    for name, title in TITLES.items()
    for alias in (name, name.replace("_", " "), title, *_ALIASES[name])
} | {"idempotency_key": "idempotency_key"}
_KEY = re.compile(r"[\w.:@-]{1,80}")
_FORMULA = re.compile(r"'[=+\-@\t\r]")


@dataclass(frozen=True)
class Problem:
    """Why a row does not go in: the field (or none), a code that pages translate, a limit."""

    field: str
    code: str
    limit: int | None = None

    def said(self) -> str:
        """In words for a log or a program."""
        reason = _SAID[self.code].format(limit=self.limit)
        return f"{self.field}: {reason}" if self.field else reason


_SAID = {
    "missing": "missing",
    "unknown_word": "not one of the known words",
    "too_long": "longer than {limit} characters",
    "bad_phone": "not a telephone number",
    "bad_key": "up to 80 of letters, digits and . : @ _ -",
    "too_many_cells": "more cells than the heading has columns",
    "broken": "the table cannot be read from here on: a quote is not closed",
    "same_row": "the same as row {limit}",
    "same_id": "the same number as row {limit}",
    "other_content": "came in before with other content",
    "invalid": "not valid",
}


@dataclass
class Row:
    """One row; `number` counts from 1 below the heading, `fields` are in our words."""

    number: int
    fields: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Its own key, its number in another system, or its content without the source, which
        pages fill in."""
        if given := self.fields.get("idempotency_key"):
            return given
        if number := self.fields.get("external_id"):
            return f"ext:{_digest(number)}"
        content = {name: text for name, text in self.fields.items() if name != "channel"}
        return f"{BY_CONTENT}{_digest(content)}"


@dataclass
class Table:
    """A table as read: each heading with the field it stands for, and the rows."""

    columns: list[tuple[str, str | None]]
    rows: list[Row]


def read_table(data: bytes, file_name: str, max_bytes: int) -> Table:
    """The rows of a `.csv`, `.tsv` or `.xlsx` file, each judged.

    Raises:
        TooLarge: over `max_bytes`.
        InvalidInput: not such a file, no heading for what happened, or more than 10,000 rows.
    """
    if len(data) > max_bytes:
        raise TooLarge("the file", max_bytes, "bytes")
    if not data.strip():
        raise unreadable("文件是空的")
    excel = file_name.lower().endswith((".xlsx", ".xls")) or data.startswith(b"PK\x03\x04")
    if excel:
        cells: Iterator[list[str]] = iter(
            spreadsheet_cells(data, max_bytes, times=True, most=MAX_ROWS + 1)
        )
    else:
        text = decode(data)
        if "\0" in text:
            raise unreadable("这不是表格文件，请用 CSV 或 .xlsx")
        cells = csv_cells(text)
    return _read(cells)


def judge(rows: Iterable[Row]) -> list[Row]:
    """The rows with what is wrong with each; of rows that say the same, the first is taken."""
    seen: dict[str, Row] = {}
    judged = []
    for row in rows:
        if not row.problems:
            row.problems += _faults(row.fields)
        if not row.problems:
            first = seen.setdefault(row.key, row)
            if first is not row:
                same = first.fields == row.fields or row.key.startswith(BY_CONTENT)
                row.problems.append(Problem("", "same_row" if same else "same_id", first.number))
        judged.append(row)
    return judged


def complaint_of(row: Row) -> ComplaintIn | list[Problem]:
    """The complaint that a good row asks for; received, for somebody to register."""
    given: dict[str, Any] = {k: v for k, v in row.fields.items() if k != "idempotency_key"}
    base = {"idempotency_key": row.key, "channel": "api", "register": False}
    try:
        return ComplaintIn.model_validate(base | given)
    except ValidationError as error:
        return [Problem(str(e["loc"][0]) if e["loc"] else "", "invalid") for e in error.errors()]


def row_of(number: int, given: Mapping[str, Any]) -> Row:
    """A row whose cells are named already, by our names."""
    cells = {name: str(readable(value)) for name, value in given.items() if name in _NAMES}
    return Row(number, _fields(cells))


def template_csv() -> bytes:
    """An empty table with one example; with a byte-order mark, so that Excel reads the Chinese."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([list(TITLES.values()), [_EXAMPLE.get(name, "") for name in TITLES]])
    return out.getvalue().encode("utf-8-sig")


def template_xlsx() -> bytes:
    """The same as an Excel file; every cell is text, so that numbers keep their zeros."""
    book = Workbook()
    sheet = book.active
    sheet.title = "投诉"
    for line in (list(TITLES.values()), [_EXAMPLE.get(name, "") for name in TITLES]):
        sheet.append(line)
    for cells in sheet.iter_rows(min_row=1, max_row=500, max_col=len(TITLES)):
        for cell in cells:
            cell.number_format = "@"
    for column in sheet.columns:
        sheet.column_dimensions[column[0].column_letter].width = 18
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_NAMES = frozenset({*TITLES, "idempotency_key"})


def _read(cells: Iterator[list[str]]) -> Table:
    try:
        heading = [cell.strip().lstrip("\ufeff") for cell in next(cells, [])]
    except csv.Error as error:
        raise unreadable("表头读不出来，请检查引号") from error
    names = _columns(heading)
    rows: list[Row] = []
    number = 0
    while True:
        number += 1
        try:
            line = next(cells)
        except StopIteration:
            break
        except csv.Error:
            rows.append(Row(number, {}, [Problem("", "broken")]))
            break
        if any(cell.strip() for cell in line):
            rows.append(_row(number, names, line))
        if len(rows) > MAX_ROWS:
            raise InvalidInput(f"一次最多导入 {MAX_ROWS} 行", field="file", most=MAX_ROWS,
                               reasons=[f"一次最多导入 {MAX_ROWS} 行，请分成几个文件"])  # fmt: skip
    return Table(list(zip(heading, names, strict=True)), judge(rows))


def _columns(heading: list[str]) -> list[str | None]:
    names: list[str | None] = []
    for title in heading:
        name = _COLUMNS.get(title.lower().rstrip("*＊ "))
        names.append(None if name in names else name)
    if "summary" not in names:
        raise unreadable("第一行应是列名，至少要有“发生了什么”（summary）一列，可以先下载模板")
    return names


def _row(number: int, names: list[str | None], line: list[str]) -> Row:
    if any(cell.strip() for cell in line[len(names) :]):
        return Row(number, {}, [Problem("", "too_many_cells")])
    cells = {name: cell for name, cell in zip(names, line, strict=False) if name}
    return Row(number, _fields(cells))


def _fields(cells: Mapping[str, str]) -> dict[str, str]:
    """Trimmed, in our words where a word is known, without the guard against formulas."""
    found = {}
    for name, cell in cells.items():
        text = str(readable(cell)).strip()
        text = text[1:] if _FORMULA.match(text) else text
        if words := _WORDS.get(name):
            text = words.get(text.lower(), text)
        if text:
            found[name] = text
    return found


def _faults(fields: dict[str, str]) -> list[Problem]:
    found = [] if fields.get("summary") else [Problem("summary", "missing")]
    for name, text in fields.items():
        if name in _WORDS:
            if text not in _WORDS[name].values():
                found.append(Problem(name, "unknown_word"))
        elif name == "idempotency_key":
            if not _KEY.fullmatch(text):
                found.append(Problem(name, "bad_key"))
        elif len(text) > WIDTHS[name]:
            found.append(Problem(name, "too_long", WIDTHS[name]))
    phone = fields.get("phone", "")
    digits = phone_digits(phone)
    if phone and not (digits.isdigit() and len(digits) >= SHORTEST_PHONE):
        found.append(Problem("phone", "bad_phone"))
    return found


def _digest(value: Any) -> str:
    told = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:40]
