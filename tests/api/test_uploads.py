"""Files are what their content says, stay small, and are reached by signed links alone."""

from __future__ import annotations

import stat

import httpx
import pytest

from api.wiring import Parts
from foundation.clock import FixedClock
from tests.api.conftest import API, Person, SignIn, Visitor

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


async def upload(
    visitor: Visitor, content: bytes, name: str = "a.png", by: Person | None = None
) -> httpx.Response:
    return await visitor.http.post(
        f"{API}/conversations/{visitor.id}/attachments",
        files={"file": (name, content, "image/png")},
        headers=(by or visitor).auth,
    )


async def test_a_picture_is_kept_sent_and_shown(visitor: Visitor, parts: Parts) -> None:
    response = await upload(visitor, PNG, "../../铭牌.png")
    assert response.status_code == 201
    attachment = response.json()["attachment"]
    assert (attachment["mime"], attachment["size"]) == ("image/png", len(PNG))
    assert "/" not in attachment["name"]
    stored = parts.settings.uploads_dir / attachment["id"]
    assert stored.read_bytes() == PNG
    assert stat.S_IMODE(parts.settings.uploads_dir.stat().st_mode) == 0o700
    sent = await visitor.says("", attachment_id=attachment["id"])
    message = sent.json()["message"]
    assert (message["kind"], message["attachment"]["id"]) == ("image", attachment["id"])
    shown = await visitor.http.get(message["attachment"]["url"])
    assert (shown.status_code, shown.content) == (200, PNG)
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"].startswith("inline")
    assert shown.headers["x-content-type-options"] == "nosniff"


async def test_other_files_are_offered_as_a_download(visitor: Visitor) -> None:
    attachment = (await upload(visitor, PDF, "发票.pdf")).json()["attachment"]
    shown = await visitor.http.get(attachment["url"])
    assert shown.headers["content-disposition"].startswith("attachment")
    assert shown.headers["content-type"] == "application/pdf"


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"MZ\x90\x00" + b"\0" * 200,
        b"PK\x03\x04" + b"\0" * 200,
        b"plain text",
        b"",
    ],
)
async def test_a_disguised_or_empty_file_is_refused(
    visitor: Visitor, content: bytes, parts: Parts
) -> None:
    response = await upload(visitor, content, "photo.png")
    assert response.status_code == 422
    assert response.json()["code"] == "invalid_input"
    folder = parts.settings.uploads_dir
    assert not folder.exists() or list(folder.iterdir()) == []


async def test_an_oversized_file_is_refused(
    visitor: Visitor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.uploads, "_limit", 100)
    assert (await upload(visitor, PNG + b"\0" * 100)).status_code == 413
    huge = await upload(visitor, PNG + b"\0" * parts.settings.upload_max_bytes * 2)
    assert huge.status_code == 413
    assert huge.json()["code"] == "too_large"


async def test_a_link_cannot_be_forged_and_runs_out(visitor: Visitor, clock: FixedClock) -> None:
    url = (await upload(visitor, PNG)).json()["attachment"]["url"]
    other = (await upload(visitor, PDF)).json()["attachment"]["id"]
    path, _, query = url.partition("?")
    later = query.replace("expires=1", "expires=2")
    for wrong in (f"{path}?{later}", f"{API}/attachments/{other}?{query}", url[:-1] + "x"):
        assert (await visitor.http.get(wrong)).status_code == 403
    assert (await visitor.http.get(path)).status_code == 422
    clock.advance(hours=2)
    assert (await visitor.http.get(url)).status_code == 403


async def test_an_attachment_belongs_to_its_conversation(
    visitor: Visitor, http: httpx.AsyncClient
) -> None:
    attachment = (await upload(visitor, PNG)).json()["attachment"]["id"]
    other = (await http.post(f"{API}/conversations", json={})).json()
    response = await http.post(
        f"{API}/conversations/{other['conversation']['id']}/messages",
        json={"client_message_id": "a", "attachment_id": attachment},
        headers={"Authorization": f"Bearer {other['token']}"},
    )
    assert response.status_code == 404


async def test_the_holder_sends_a_picture_which_the_customer_sees(
    visitor: Visitor, sign_in: SignIn
) -> None:
    agent, other = await sign_in("agent", "lin"), await sign_in("agent", "chen")
    url = f"{API}/conversations/{visitor.id}"
    await visitor.http.post(f"{url}/accept", headers=agent.auth)
    attachment = (await upload(visitor, PNG, "接线图.png", by=agent)).json()["attachment"]
    before = (await visitor.hears())[-1]["seq"]
    say = {"client_message_id": "a1", "text": "按图接线", "attachment_id": attachment["id"]}
    refused = await visitor.http.post(f"{url}/messages", headers=other.auth, json=say)
    said = await visitor.http.post(f"{url}/messages", headers=agent.auth, json=say)
    again = await visitor.http.post(f"{url}/messages", headers=agent.auth, json=say)
    assert (refused.status_code, said.status_code, again.status_code) == (409, 201, 200)
    [seen] = await visitor.hears(before)
    assert (seen["sender"], seen["kind"], seen["text"]) == ("agent", "image", "按图接线")
    assert seen["attachment"]["name"] == "接线图.png"
    shown = await visitor.http.get(seen["attachment"]["url"])
    assert (shown.status_code, shown.content) == (200, PNG)


async def test_an_agent_cannot_send_a_file_of_another_conversation(
    visitor: Visitor, sign_in: SignIn
) -> None:
    agent = await sign_in()
    attachment = (await upload(visitor, PNG)).json()["attachment"]["id"]
    started = (await visitor.http.post(f"{API}/conversations", json={})).json()
    url = f"{API}/conversations/{started['conversation']['id']}"
    await visitor.http.post(f"{url}/accept", headers=agent.auth)
    say = {"client_message_id": "a1", "attachment_id": attachment}
    response = await visitor.http.post(f"{url}/messages", headers=agent.auth, json=say)
    assert (response.status_code, response.json()["detail"]["kind"]) == (404, "attachment")


async def test_a_desk_is_not_slowed_by_its_customers_limit(
    visitor: Visitor, sign_in: SignIn, parts: Parts
) -> None:
    agent = await sign_in()
    for _ in range(parts.settings.customer_messages_per_minute):
        parts.customer_limit.take(visitor.id)
    assert (await upload(visitor, PNG)).status_code == 429
    assert (await upload(visitor, PNG, by=agent)).status_code == 201
