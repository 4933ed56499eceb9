"""Files in and out: good rows go in, bad rows come back with reasons, exports come back whole."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy.ext.asyncio import AsyncSession

from foundation.errors import InvalidInput, TooLarge
from knowledge_base.interchange import (
    OnConflict,
    all_cases,
    export_csv,
    export_jsonl,
    import_cases,
)
from knowledge_base.model import Case, CaseStatus, Compensation
from knowledge_base.reading import read_case
from knowledge_base.service import CaseLibrary
from knowledge_base.tables import read_rows, split_list


def jsonl(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


async def test_good_rows_go_in_and_bad_rows_come_back(
    library: CaseLibrary, session: AsyncSession
) -> None:
    data = b"\n".join(
        [
            jsonl({"id": "a", "title": "甲"}),
            b'{"id": "half',
            b'["a list"]',
            jsonl({"id": "b", "category": "anger", "title": "乙"}),
            jsonl({"title": "没有编号"}),
            jsonl({"id": "a", "title": "又一个甲"}),
            b'{"id": "n", "title": "nul\\u0000"}',
            b'{"id": "s", "title": "half \\ud800"}',
            b'{"id": "i", "title": "x", "compensation": {"amount": Infinity}}',
            b'{"id": "has space", "title": "x"}',
            jsonl({"id": "c", "title": "丙", "color": "red"}),
        ]
    )
    report = await import_cases(session, library, data, "库.jsonl", "周培")
    assert (report.created, report.accepted) == (2, 2)
    assert {case.id for case in await all_cases(session)} == {"a", "c"}
    reasons = {row.row: row.reasons for row in report.rejected}
    assert list(reasons) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert reasons[2] == ["这一行不是完整的 JSON"]
    assert reasons[4][0].startswith("类别(category)“anger”不认识")
    assert reasons[5] == ["缺少编号(id)"]
    assert reasons[6] == ["编号与第1行重复"]
    assert reasons[7] == ["标题(title)里有不能保存的控制字符"]
    assert report.warnings == ["不认识的列，已忽略：color"]
    json.dumps(report.as_dict(), ensure_ascii=False).encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_office_encodings_and_separators_are_read(
    library: CaseLibrary, session: AsyncSession, encoding: str
) -> None:
    text = (
        "编号,标题,产品,客户原话,tags,补偿金额,生效日期\r\n"
        'a,洗衣机不排水,洗衣机,"水排不掉\n一直嗡嗡响",排水；水泵,80,2025/1/5\r\n'
        "b,冰箱异响,冰箱,半夜嗡嗡|吵得睡不着,噪音,,\r\n"
    )
    report = await import_cases(session, library, text.encode(encoding), "库.CSV", "周培")
    assert report.rejected == []
    first = (await library.get(session, "a")).case
    assert first.customer_statement == ["水排不掉", "一直嗡嗡响"]
    assert first.tags == ["排水", "水泵"]
    assert first.compensation.amount == 80
    assert str(first.valid_from) == "2025-01-05"
    second = (await library.get(session, "b")).case
    assert second.customer_statement == ["半夜嗡嗡", "吵得睡不着"]


async def test_an_excel_file_is_read(library: CaseLibrary, session: AsyncSession) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["id", "title", "solution_steps", "times_used"])
    sheet.append(["x1", "电视花屏", "重新插拔线\n换屏", 3])
    sheet.append(["x2", None, "重启", None])
    out = io.BytesIO()
    book.save(out)
    report = await import_cases(session, library, out.getvalue(), "库.xlsx", "周培")
    assert report.created == 1
    assert [(row.row, row.id, row.reasons) for row in report.rejected] == [
        (3, "x2", ["缺少标题(title)"])
    ]
    case = (await library.get(session, "x1")).case
    assert (case.solution_steps, case.times_used) == (["重新插拔线", "换屏"], 3)


async def test_a_known_id_gets_a_version_or_is_rejected(
    library: CaseLibrary, session: AsyncSession
) -> None:
    await library.create(session, {"id": "a", "title": "甲", "outcome": "好了"}, "周培")
    changed = jsonl({"id": "a", "title": "甲二", "times_used": 99})
    refused = await import_cases(session, library, changed, "x.jsonl", "李训", OnConflict.REJECT)
    assert [row.reasons for row in refused.rejected] == [["编号已存在"]]
    report = await import_cases(session, library, changed, "x.jsonl", "李训")
    assert (report.created, report.updated) == (0, 1)
    stored = await library.get(session, "a")
    assert (stored.version, stored.updated_by) == (2, "李训")
    assert (stored.case.title, stored.case.outcome) == ("甲二", "好了")
    assert (stored.case.times_used, stored.case.status) == (0, CaseStatus.DRAFT)
    again = await import_cases(session, library, changed, "x.jsonl", "李训")
    assert (again.updated, again.unchanged) == (0, 1)


async def test_an_import_cannot_jump_the_review(
    library: CaseLibrary, session: AsyncSession
) -> None:
    await library.create(session, {"id": "a", "title": "甲"}, "周培")
    row = jsonl({"id": "a", "title": "甲", "status": "published"})
    report = await import_cases(session, library, row, "x.jsonl", "周培")
    assert report.rejected[0].reasons[0].startswith("状态不能从 draft 改成 published")
    assert (await library.get(session, "a")).case.status is CaseStatus.DRAFT


async def test_personal_data_is_masked_and_told(
    library: CaseLibrary, session: AsyncSession
) -> None:
    row = jsonl({"id": "a", "title": "甲", "outcome": "回电13800001234"})
    report = await import_cases(session, library, row, "x.jsonl", "周培")
    assert report.warnings == ["a：已遮盖个人信息（手机号）"]
    assert (await library.get(session, "a")).case.outcome == "回电[手机号]"


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.csv", "文件是空的"),
        (b"MZ\x00", "a.exe", "只能导入"),
        ("姓名,年龄\n张,3".encode(), "a.csv", "第一行应是列名"),
        (b"\xff\xff\xff\x00\x80", "a.jsonl", "编码"),
        (b"not a zip", "a.xlsx", "Excel"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        list(read_rows(data, name, 1000))


def test_a_file_over_the_cap_is_refused() -> None:
    with pytest.raises(TooLarge):
        read_rows(b"x" * 1001, "a.csv", 1000)


def test_broken_tables_are_reported_not_swallowed() -> None:
    rows = list(read_rows('id,title\na,好\nb,"没关引号\n'.encode(), "a.csv", 1000))
    assert rows[0].fields["id"] == "a"
    assert rows[1].faults == ("从这一行起表格读不下去：引号没有成对",)
    wide = list(read_rows("id,title\na,好,多出来\n".encode(), "a.csv", 1000))
    assert wide[0].faults == ("这一行有3格，比列名多",)


lines = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=12),
    max_size=4,
)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20) | st.sampled_from(
    ["=1+1", "-5度", "'=x", "；", "a|b", '["x"]', "@", "  前后  ", '"引号"', "一,二"]
)


@given(
    title=texts.filter(lambda text: bool(text.strip())),
    statement=lines,
    tags=st.lists(texts, max_size=3),
    detail=texts,
    amount=st.floats(0, 1e6, allow_nan=False),
    uses=st.integers(0, 10**6),
)
def test_export_and_import_give_the_same_case(
    title: str, statement: list[str], tags: list[str], detail: str, amount: float, uses: int
) -> None:
    case = read_case(
        {
            "id": "case-1",
            "title": title,
            "customer_statement": statement,
            "tags": tags,
            "compensation": {"level": "basic", "detail": detail, "amount": amount},
            "valid_from": "2025-01-01",
            "times_used": uses,
            "success_rate": 0.5,
        }
    )
    for data, name in ((export_csv([case]), "a.csv"), (export_jsonl([case]), "a.jsonl")):
        (row,) = read_rows(data.encode(), name, 10**7)
        assert row.faults == ()
        assert read_case(row.fields) == case


async def test_a_whole_library_goes_out_and_in(library: CaseLibrary, session: AsyncSession) -> None:
    cases = [
        Case(id="a", title="甲", status=CaseStatus.RETIRED, tags=["=x", "a；b"]),
        Case(id="b", title="乙", compensation=Compensation(detail="券", amount=50.5)),
    ]
    for case in cases:
        await library.insert(session, case, "周培", "create")
    for data, name in (
        (export_csv(await all_cases(session)), "a.csv"),
        (export_jsonl(await all_cases(session)), "a.jsonl"),
    ):
        report = await import_cases(session, library, data.encode(), name, "周培")
        assert (report.unchanged, report.rejected, report.warnings) == (2, [], [])


@given(st.binary(max_size=300), st.sampled_from(["csv", "jsonl", "xlsx"]))
def test_any_bytes_are_read_or_refused(data: bytes, suffix: str) -> None:
    with contextlib.suppress(InvalidInput):
        for row in read_rows(data, f"a.{suffix}", 1000):
            read_case(row.fields)


def test_lists_are_split_at_lines_before_signs() -> None:
    assert split_list("甲；乙|丙") == ["甲", "乙", "丙"]
    assert split_list("甲；乙\n丙") == ["甲；乙", "丙"]
    assert split_list('["甲\\n乙"]') == ["甲\n乙"]
