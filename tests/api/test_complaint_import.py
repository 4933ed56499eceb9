"""Tables of complaints: any office's file, checked before, taken in row by row, never twice."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from api.complaint_tables import (
    MAX_ROWS,
    TITLES,
    Row,
    judge,
    read_table,
    row_of,
    template_csv,
    template_xlsx,
)
from api.wiring import Parts
from foundation.errors import FrontlineError, InvalidInput, TooLarge
from foundation.settings import Settings
from tests.api.conftest import API, Person, SignIn

IMPORT = f"{API}/complaints/import"
MANY = 10_000_000
TABLE = (
    "外部编号,发生了什么,客户称呼,手机号,产品,类别,级别,来源,敏感\n"
    "A-1,空调滴水,王女士,139 0000 1111,空调,安装,一般,热线,否\n"
    'A-2,"冰箱不制冷，\n菜全坏了",李先生,13900002222,冰箱,质量,重要,门店,是\n'
)


@pytest.fixture
async def agent(sign_in: SignIn) -> Person:
    return await sign_in("agent")


async def send(
    http: httpx.AsyncClient, person: Person, content: bytes, name: str = "t.csv", path: str = ""
) -> httpx.Response:
    files = {"file": (name, content)}
    return await http.post(f"{IMPORT}{path}", files=files, headers=person.auth)


async def listed(http: httpx.AsyncClient, person: Person) -> list[dict[str, Any]]:
    found = await http.get(f"{API}/complaints", params={"limit": 100}, headers=person.auth)
    items: list[dict[str, Any]] = found.json()["items"]
    return items


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_office_s_file_is_read(encoding: str, separator: str) -> None:
    text = TABLE.replace(",", separator)
    table = read_table(text.encode(encoding), "投诉.csv", MANY)
    assert [row.problems for row in table.rows] == [[], []]
    first, second = (row.fields for row in table.rows)
    assert (first["category"], first["priority"], first["channel"], first["sensitive"]) == (
        "installation", "general", "hotline", "false",
    )  # fmt: skip
    assert second["summary"] == "冰箱不制冷，\n菜全坏了"
    assert second["sensitive"] == "true"


def test_headings_may_be_chinese_or_english_in_any_order() -> None:
    text = "Phone,备注,投诉内容*,ORDER_NO,Customer Name,phone\n13900001111,x,坏了,A1,Li,2\n"
    table = read_table(text.encode(), "t.csv", MANY)
    assert table.columns == [
        ("Phone", "phone"), ("备注", None), ("投诉内容*", "summary"), ("ORDER_NO", "order_no"),
        ("Customer Name", "customer_name"), ("phone", None),
    ]  # fmt: skip
    assert table.rows[0].fields == {
        "phone": "13900001111", "summary": "坏了", "order_no": "A1", "customer_name": "Li",
    }  # fmt: skip


def test_the_templates_read_back_without_a_problem() -> None:
    for content, name in ((template_csv(), "t.csv"), (template_xlsx(), "t.xlsx")):
        table = read_table(content, name, MANY)
        assert [column[1] for column in table.columns] == list(TITLES)
        assert [row.problems for row in table.rows] == [[]]


def test_excel_keeps_numbers_dates_and_empty_lines() -> None:
    from datetime import datetime

    book = Workbook()
    for line in (
        ["发生了什么", "手机号", "什么时候发生"],
        ["坏了", 13900001111, datetime(2025, 11, 3, 20, 30)],
        [None, None, None],
        ["又坏了", "13900002222", datetime(2025, 11, 4)],
    ):
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    rows = read_table(out.getvalue(), "没有后缀", MANY).rows
    assert [(row.number, row.fields.get("phone"), row.fields["occurred_at"]) for row in rows] == [
        (1, "13900001111", "2025-11-03 20:30"),
        (3, "13900002222", "2025-11-04"),
    ]


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"summary": ""}, ("summary", "missing")),
        ({"phone": "12345"}, ("phone", "bad_phone")),
        ({"phone": "没有"}, ("phone", "bad_phone")),
        ({"priority": "特急"}, ("priority", "unknown_word")),
        ({"category": "别的"}, ("category", "unknown_word")),
        ({"channel": "传真"}, ("channel", "unknown_word")),
        ({"sensitive": "也许"}, ("sensitive", "unknown_word")),
        ({"product": "长" * 81}, ("product", "too_long")),
        ({"summary": "长" * 20_001}, ("summary", "too_long")),
        ({"idempotency_key": "a b"}, ("idempotency_key", "bad_key")),
    ],
)
def test_what_is_wrong_with_a_row_is_named(cells: dict[str, str], problem: Any) -> None:
    [row] = judge([row_of(1, {"summary": "坏了", **cells})])
    assert [(one.field, one.code) for one in row.problems] == [problem]
    assert row.problems[0].said()


def test_of_rows_that_say_the_same_the_first_is_taken() -> None:
    same = {"summary": "坏了", "phone": "13900001111"}
    rows = judge([
        row_of(1, same), row_of(2, same), row_of(3, {"summary": "甲", "external_id": "A"}),
        row_of(4, {"summary": "乙", "external_id": "A"}),
    ])  # fmt: skip
    assert [[(p.code, p.limit) for p in row.problems] for row in rows] == [
        [], [("same_row", 1)], [], [("same_id", 3)],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "t.csv"), (b" \n ", "t.csv"), (b"\x89PNG\r\n\x1a\n\x00\x00", "t.csv"),
        (b"\xff\xfe\x00", "t.csv"), ("列一,列二\n1,2\n".encode(), "t.csv"),
        (b"PK\x03\x04 no zip", "t.xlsx"), (b"\xd0\xcf\x11\xe0 old", "t.xls"),
        (b"summary\xff\xff\xff\n1", "t.csv"), (b'"summary\n', "t.csv"), (b"summary", "t.xlsx"),
    ],
)  # fmt: skip
async def test_what_is_no_table_is_refused_whole_with_a_reason(
    http: httpx.AsyncClient, agent: Person, content: bytes, name: str
) -> None:
    for path in ("", "/check"):
        response = await send(http, agent, content, name, path)
        assert response.status_code == 422, response.text
        assert response.json()["message"]
    assert await listed(http, agent) == []


@given(st.binary(max_size=300), st.sampled_from(["t.csv", "t.xlsx", "t.xls", "t"]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    for content in (data, b"summary,phone\n" + data):
        with contextlib.suppress(FrontlineError):
            assert read_table(content, name, MANY).columns


def test_limits() -> None:
    rows = "".join(f"坏了{n}\n" for n in range(MAX_ROWS + 1))
    with pytest.raises(InvalidInput) as caught:
        read_table(f"summary\n{rows}".encode(), "t.csv", MANY)
    assert caught.value.detail["most"] == MAX_ROWS
    with pytest.raises(TooLarge):
        read_table(b"summary\nx", "t.csv", 5)


def test_a_broken_quote_spoils_only_what_follows() -> None:
    table = read_table('summary\n好的\n"没有合上\n后面\n'.encode(), "t.csv", MANY)
    assert [row.problems[0].code if row.problems else "" for row in table.rows] == ["", "broken"]


async def test_checking_keeps_nothing_and_says_what_came_in_before(
    http: httpx.AsyncClient, agent: Person
) -> None:
    checked = (await send(http, agent, TABLE.encode(), path="/check")).json()
    assert [row["known"] for row in checked["rows"]] == [None, None]
    assert checked["columns"][1] == {"heading": "发生了什么", "field": "summary"}
    assert await listed(http, agent) == []
    accepted = (await send(http, agent, TABLE.encode())).json()["accepted"]
    again = (await send(http, agent, TABLE.encode("gb18030"), path="/check")).json()
    assert [row["known"] for row in again["rows"]] == accepted


async def test_the_same_rows_add_nothing_whoever_brings_them_in_whatever_file(
    http: httpx.AsyncClient, agent: Person, sign_in: SignIn
) -> None:
    other = await sign_in("supervisor")
    first = (await send(http, agent, TABLE.encode())).json()
    again = (await send(http, other, TABLE.encode("gb18030"), "x.csv")).json()
    assert first["accepted"] == again["accepted"]
    assert len(await listed(http, agent)) == 2
    changed = TABLE.replace("空调滴水", "空调又滴水")
    third = (await send(http, agent, changed.encode())).json()
    assert third["accepted"] == first["accepted"][1:]
    assert [p["code"] for p in third["rejected"][0]["problems"]] == ["other_content"]
    assert len(await listed(http, agent)) == 2


async def test_rows_of_a_checked_table_go_in_and_bad_ones_come_back(
    http: httpx.AsyncClient, agent: Person
) -> None:
    rows = [
        {"row": 1, "fields": {"summary": "空调滴水", "channel": "hotline", "place": "=1+1"}},
        {"row": 2, "fields": {"phone": "13900001111"}},
        {"row": 7, "fields": {"summary": "坏了", "sensitive": "是", "unheard": "x"}},
    ]
    for fresh in (True, False):
        response = await http.post(f"{IMPORT}/rows", json={"rows": rows}, headers=agent.auth)
        assert response.status_code == 200, response.text
        body = response.json()
        assert [(r["row"], r["fresh"]) for r in body["accepted"]] == [(1, fresh), (7, fresh)]
        assert body["rejected"] == [
            {
                "row": 2,
                "reasons": ["summary: missing"],
                "problems": [{"field": "summary", "code": "missing", "limit": None}],
            }
        ]
    items = await listed(http, agent)
    assert {item["sensitive"] for item in items} == {True, False}
    assert {item["state"] for item in items} == {"received"}


async def test_a_source_filled_in_by_the_page_makes_no_other_row(
    http: httpx.AsyncClient, agent: Person
) -> None:
    numbers = set()
    for source in ("hotline", "store"):
        fields = {"summary": "空调滴水", "channel": source}
        body = {"rows": [{"row": 1, "fields": fields}]}
        response = await http.post(f"{IMPORT}/rows", json=body, headers=agent.auth)
        numbers |= {row["no"] for row in response.json()["accepted"]}
    assert len(numbers) == 1
    checked = (await send(http, agent, "内容\n空调滴水\n".encode(), path="/check")).json()
    assert checked["rows"][0]["known"] in numbers
    assert [item["channel"] for item in await listed(http, agent)] == ["hotline"]


async def test_two_who_import_the_same_at_once_make_it_once(
    http: httpx.AsyncClient, agent: Person, sign_in: SignIn
) -> None:
    other = await sign_in("hq")
    answers = await asyncio.gather(
        *(send(http, person, TABLE.encode()) for person in (agent, other, agent))
    )
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(await listed(http, agent)) == 2


async def test_a_row_that_fails_in_the_middle_leaves_nothing(
    http: httpx.AsyncClient, agent: Person, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = parts.complaints.remember_key

    def break_once(*args: Any) -> None:
        monkeypatch.setattr(parts.complaints, "remember_key", real)
        raise InvalidInput("broken", field="phone")

    monkeypatch.setattr(parts.complaints, "remember_key", break_once)
    body = (await send(http, agent, TABLE.encode())).json()
    assert (len(body["accepted"]), [r["row"] for r in body["rejected"]]) == (1, [1])
    assert len(await listed(http, agent)) == 1
    assert len((await send(http, agent, TABLE.encode())).json()["accepted"]) == 2


async def test_limits_are_told_clearly(
    http: httpx.AsyncClient, agent: Person, parts: Parts
) -> None:
    too_big = b"summary\n" + b"x" * (parts.settings.upload_max_bytes + 10)
    assert (await send(http, agent, too_big, path="/check")).json()["code"] == "too_large"
    rows = [{"row": 1, "fields": {"summary": "x"}}] * 501
    response = await http.post(f"{IMPORT}/rows", json={"rows": rows}, headers=agent.auth)
    assert response.status_code == 422


@pytest.mark.parametrize(("kind", "start"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
async def test_the_template_is_a_download(
    http: httpx.AsyncClient, agent: Person, kind: str, start: bytes
) -> None:
    response = await http.get(f"{IMPORT}/template", params={"format": kind}, headers=agent.auth)
    assert response.content.startswith(start)
    assert f"complaints.{kind}" in response.headers["content-disposition"]


def test_a_row_s_key_does_not_hang_on_its_place() -> None:
    fields = {"summary": "坏了", "phone": "13900001111"}
    assert Row(1, fields).key == Row(9, dict(reversed(fields.items()))).key
    assert Row(1, fields).key != Row(1, {**fields, "phone": "13900002222"}).key


def test_ten_thousand_rows_are_read_in_seconds(settings: Settings) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["发生了什么", "手机号"])
    writer.writerows([f"第 {n} 单：冰箱不制冷" * 5, f"139{n:08d}"] for n in range(MAX_ROWS))
    table = read_table(out.getvalue().encode(), "t.csv", settings.upload_max_bytes)
    assert len(table.rows) == MAX_ROWS
    assert not any(row.problems for row in table.rows)
