"""Wrong and hostile input gets a clear 4xx, and what can be kept is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from api.wiring import Parts
from foundation.clock import FixedClock
from tests.api.conftest import API, SignIn, Visitor


async def post(visitor: Visitor, content: bytes, **headers: str) -> httpx.Response:
    return await visitor.http.post(
        f"{API}/conversations/{visitor.id}/messages",
        content=content,
        headers={**visitor.auth, "Content-Type": "application/json", **headers},
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe\x00{",
        b'{"client_message_id": "a", "text": "\xff\xfe"}',
        b'{"client_message_id": "a"}',
        b'{"client_message_id": "a", "text": ""}',
        b'{"client_message_id": "a", "text": "  \\n "}',
        b'{"client_message_id": "a", "text": 7}',
        b'{"client_message_id": "a", "text": {"a": 1}}',
        b'{"client_message_id": "", "text": "x"}',
        b'{"client_message_id": "a b", "text": "x"}',
        b'{"client_message_id": "a\\u0000b", "text": "x"}',
        b'{"text": "x"}',
        b'{"client_message_id": "a", "attachment_id": "att_\\u0000"}',
        b"[" * 5000 + b"]" * 5000,
    ],
)
async def test_broken_bodies_are_4xx(visitor: Visitor, content: bytes) -> None:
    response = await post(visitor, content)
    assert response.status_code in {400, 422}, response.text
    assert set(response.json()) == {"code", "message", "detail"}
    assert len(await visitor.hears()) == 1


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("漏\0水", "漏水"),
        ("好的\ud83d", "好的\ufffd"),
        ("\u202e倒着写", "\u202e倒着写"),
        ("😀😀", "😀😀"),
        ("/restart", "/restart"),
    ],
)
async def test_odd_signs_lose_no_message(visitor: Visitor, said: str, kept: str) -> None:
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in said)
    content = f'{{"client_message_id": "a", "text": "{escaped}"}}'.encode()
    response = await post(visitor, content)
    assert response.status_code == 201
    assert response.json()["message"]["text"] == kept


async def test_a_100_kb_message_is_kept_cut_with_a_notice(visitor: Visitor) -> None:
    response = await visitor.says("排水" * 25_000)
    assert response.status_code == 201
    assert len(response.json()["message"]["text"]) == 4000
    kinds = [m["kind"] for m in await visitor.hears(1)]
    assert kinds[:2] == ["text", "notice"]


async def test_a_body_over_the_cap_is_refused_by_its_declared_length(visitor: Visitor) -> None:
    response = await post(visitor, b'{"client_message_id":"a","text":"' + b"x" * 1_100_000 + b'"}')
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


async def test_a_streamed_body_is_read_no_further_than_the_cap(visitor: Visitor) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 64_000
            yield b"x" * 64_000

    response = await visitor.http.post(
        f"{API}/conversations/{visitor.id}/messages", content=endless(), headers=visitor.auth
    )
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"
    assert sent < 1_500_000


async def test_unknown_things_are_404(
    http: httpx.AsyncClient, visitor: Visitor, sign_in: SignIn, parts: Parts
) -> None:
    agent, admin = await sign_in(), await sign_in("admin")
    for path in ("conversations/conv_x", "conversations/conv_x/messages", "cases/case-x"):
        assert (await http.get(f"{API}/{path}", headers=agent.auth)).status_code == 404
    for path, body in {
        "conversations/conv_x/accept": {},
        "conversations/conv_x/read": {"seq": 1},
        "pages/page_x/acknowledge": {},
        f"conversations/{visitor.id}/transfer": {"staff_id": "staff_x"},
        "assist/suggestions": {"conversation_id": "conv_x"},
        "assist/draft-check": {"conversation_id": "conv_x", "text": "好的"},
        "assist/feedback": {"case_id": "case-x", "kind": "up", "rank": 1},
    }.items():
        response = await http.post(f"{API}/{path}", json=body, headers=agent.auth)
        assert response.status_code == 404, (path, response.text)
    assert (await http.post(f"{API}/cases/case-x/publish", headers=admin.auth)).status_code == 404
    gone = parts.tokens.for_conversation("conv_gone")
    response = await http.post(
        f"{API}/conversations/conv_gone/messages",
        json={"client_message_id": "a", "text": "x"},
        headers={"Authorization": f"Bearer {gone}"},
    )
    assert response.status_code == 404
    attached = await visitor.says("看图", attachment_id="att_of_somebody")
    assert attached.status_code == 404


@pytest.mark.parametrize("bad", ["%00", "a%20b", "x" * 200, "%F0%9F%98%80", "a%0Ab"])
async def test_odd_ids_in_paths_are_4xx(http: httpx.AsyncClient, sign_in: SignIn, bad: str) -> None:
    agent = await sign_in("admin")
    for path in ("conversations/{}", "cases/{}", "cases/{}/versions", "attachments/{}"):
        response = await http.get(f"{API}/{path.format(bad)}", headers=agent.auth)
        assert 400 <= response.status_code < 500, (path, response.text)


@pytest.mark.parametrize(
    "query",
    ["search=%00", "search=%ff%fe", "view=none", "search=" + "a" * 300, "search=%25_%5C'\"--"],
)
async def test_odd_queries_break_nothing(
    http: httpx.AsyncClient, sign_in: SignIn, visitor: Visitor, query: str
) -> None:
    agent = await sign_in()
    response = await http.get(f"{API}/desk/conversations?{query}", headers=agent.auth)
    assert response.status_code in {200, 422}
    for number in ("-1", "9" * 30, "x", ""):
        url = f"{API}/conversations/{visitor.id}/messages?after={number}"
        assert (await http.get(url, headers=visitor.auth)).status_code == 422


async def test_tokens_expire_and_forged_ones_are_refused(
    http: httpx.AsyncClient, visitor: Visitor, clock: FixedClock
) -> None:
    url = f"{API}/conversations/{visitor.id}/messages"
    head, _, signature = visitor.token.partition(".")
    for token in ("", "x", "a.b.c", f"{head}.e30.{signature.rpartition('.')[2]}", "é.é.é"):
        headers = {b"Authorization": f"Bearer {token}".encode()}
        assert (await http.get(url, headers=headers)).status_code == 401
    assert (await http.get(url, headers=visitor.auth)).status_code == 200
    clock.advance(days=30)
    expired = await http.get(url, headers=visitor.auth)
    assert expired.status_code == 401
    assert "expired" in expired.json()["message"]


async def test_staff_sessions_slide_and_expire(
    http: httpx.AsyncClient, sign_in: SignIn, clock: FixedClock
) -> None:
    person = await sign_in()
    url = f"{API}/auth/me"
    for _ in range(3):
        clock.advance(hours=11)
        assert (await http.get(url, headers=person.auth)).status_code == 200
    clock.advance(hours=12, minutes=1)
    assert (await http.get(url, headers=person.auth)).status_code == 401


async def test_an_imported_file_with_bad_rows_keeps_the_good_ones(
    http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    trainer = await sign_in("trainer")
    rows = b'{"id":"case-a","title":"\xe5\xa5\xbd"}\n{"id":"case-b"}\nnot json\n'
    response = await http.post(
        f"{API}/cases/import", files={"file": ("cases.jsonl", rows)}, headers=trainer.auth
    )
    body = response.json()
    assert response.status_code == 200
    assert body["accepted"] == 1
    assert [row["row"] for row in body["rejected"]] == [2, 3]
    for name, content in {"x.exe": b"MZ", "x.csv": b"", "x.jsonl": b"\xff\xfe\x00\x01" * 9}.items():
        files = {"file": (name, content)}
        broken = await http.post(f"{API}/cases/import", files=files, headers=trainer.auth)
        assert broken.status_code in {200, 422}, broken.text
        assert broken.status_code == 422 or broken.json()["accepted"] == 0
