"""Files of cases as rows: JSONL, CSV and Excel, in the encodings people's offices produce."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foundation.errors import TooLarge
from foundation.sheets import csv_cells, decode, spreadsheet_cells, unreadable
from knowledge_base.model import Case
from knowledge_base.reading import FIELDS, TITLES

LIST_FIELDS = ("customer_statement", "root_cause", "solution_steps", "tags")
COMPENSATION = {
    "compensation_level": "level",
    "compensation_detail": "detail",
    "compensation_amount": "amount",
}
COLUMNS = tuple(
    column for field in FIELDS for column in (COMPENSATION if field == "compensation" else (field,))
)
_ALIASES = {title: field for field, title in TITLES.items()} | {
    "补偿级别": "compensation_level",
    "补偿说明": "compensation_detail",
    "补偿金额": "compensation_amount",
}
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True)
class RawRow:
    """One row as read. `number` is the line (JSONL) or the row that a spreadsheet shows.

    `faults` is filled instead of `fields` when the row could not be read at all.
    """

    number: int
    fields: dict[str, Any]
    faults: tuple[str, ...] = ()


def read_rows(data: bytes, file_name: str, max_bytes: int) -> Iterator[RawRow]:
    """The rows of a `.jsonl`, `.csv` or `.xlsx` file.

    Raises:
        TooLarge: more than `max_bytes`.
        InvalidInput: not such a file, or in no encoding we know.
    """
    if len(data) > max_bytes:
        raise TooLarge(file_name, max_bytes, "bytes")
    if not data.strip():
        raise unreadable("文件是空的")
    suffix = file_name.lower().rpartition(".")[2]
    if suffix == "xlsx":
        return _table_rows(iter(spreadsheet_cells(data, max_bytes)))
    if suffix in ("jsonl", "ndjson"):
        return _json_rows(decode(data))
    if suffix in ("csv", "tsv"):
        return _table_rows(csv_cells(decode(data)))
    raise unreadable("只能导入 .jsonl、.csv 或 .xlsx 文件")


def to_cells(case: Case) -> dict[str, str]:
    """A case as a CSV row that `read_rows` turns back into the same case."""
    fields = case.model_dump(mode="json")
    compensation = fields.pop("compensation")
    cells = {field: fields[field] for field in fields}
    cells |= {column: compensation[key] for column, key in COMPENSATION.items()}
    return {column: _to_cell(cells[column]) for column in COLUMNS}


def split_list(cell: str) -> list[str]:
    """The items of a list in one cell: a JSON list, else its lines, else parts at `；` or `|`."""
    if cell.startswith("["):
        with_json = _json_list(cell)
        if with_json is not None:
            return with_json
    parts = cell.split("\n") if "\n" in cell else re.split(r"[；|]", cell)
    return [part.strip() for part in parts if part.strip()]


def _to_cell(value: Any) -> str:
    plain = "" if value is None else str(value)
    text = _list_cell(value) if isinstance(value, list) else plain
    return f"'{text}" if _FORMULA.match(text) else text


def _list_cell(items: list[str]) -> str:
    for cell in ("\n".join(items), "\n".join([*items, ""])):
        if split_list(cell) == items:
            return cell
    return json.dumps(items, ensure_ascii=False)


def _json_list(cell: str) -> list[str] | None:
    try:
        items = json.loads(cell)
    except ValueError:
        return None
    fits = isinstance(items, list) and all(isinstance(item, str) for item in items)
    return items if fits else None


def _json_rows(text: str) -> Iterator[RawRow]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            yield RawRow(number, {}, ("这一行不是完整的 JSON",))
            continue
        if isinstance(fields, dict):
            yield RawRow(number, fields)
        else:
            yield RawRow(number, {}, ("这一行应是一个 JSON 对象 {…}",))


def _table_rows(rows: Iterator[Sequence[str]]) -> Iterator[RawRow]:
    number, header = 0, [""]
    while True:
        number += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield RawRow(number, {}, ("从这一行起表格读不下去：引号没有成对",))
            return
        if number == 1:
            header = [_column(cell) for cell in cells]
            _check_header(header)
        elif any(cell.strip() for cell in cells):
            yield _table_row(number, header, cells)


def _column(cell: str) -> str:
    name = cell.strip().lstrip("\ufeff")
    return _ALIASES.get(name, name.lower())


def _check_header(header: Iterable[str]) -> None:
    if not {"id", "title"} <= set(header):
        raise unreadable("第一行应是列名，至少要有 id 和 title 两列")


def _table_row(number: int, header: list[str], cells: Sequence[str]) -> RawRow:
    if any(cell.strip() for cell in cells[len(header) :]):
        fault = f"这一行有{len(cells)}格，比列名多"
        return RawRow(number, {}, (fault,))
    named = {name: cell for name, cell in zip(header, cells, strict=False) if name}
    return RawRow(number, _fields(named))


def _fields(cells: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column, guarded in cells.items():
        cell = guarded[1:] if _GUARDED.match(guarded) else guarded
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
        if column in LIST_FIELDS:
            fields[column] = split_list(cell)
        elif column in COMPENSATION:
            if cell.strip() or column == "compensation_detail":
                fields.setdefault("compensation", {})[COMPENSATION[column]] = cell.strip()
        elif cell.strip() or column not in ("kind", "status", "times_used"):
            fields[column] = cell.strip()
    return fields
