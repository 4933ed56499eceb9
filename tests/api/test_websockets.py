"""Live lines over a real socket: replay, order, presence, refusal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api import websockets as live
from api.wiring import Parts
from tests.api.conftest import API, Person, SignIn, Visitor
from tests.api.test_uploads import PNG

Frame = dict[str, Any]


class Line:
    """A client socket that remembers what came."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def next(self, kind: str, within: float = 5) -> Frame:
        """The next frame of a kind; others are passed over."""
        async with asyncio.timeout(within):
            while True:
                frame: Frame = json.loads(await self.socket.recv())
                if frame["type"] == kind:
                    return frame

    async def say(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))


@asynccontextmanager
async def customer_line(server: str, visitor: Visitor, after: int = 0) -> AsyncIterator[Line]:
    url = f"ws://{server}/ws/customer?token={visitor.token}&after={after}"
    async with connect(url) as socket:
        yield Line(socket)


@asynccontextmanager
async def desk_line(server: str, person: Person) -> AsyncIterator[Line]:
    async with connect(f"ws://{server}/ws/desk?token={person.token}") as socket:
        line = Line(socket)
        await line.next("ping")
        yield line


async def test_a_line_replays_everything_after_a_sequence_number(
    server: str, visitor: Visitor
) -> None:
    for n in range(5):
        await visitor.says(f"第{n}句")
    async with customer_line(server, visitor, after=3) as line:
        seqs = [(await line.next("message"))["message"]["seq"] for _ in range(8)]
        state = await line.next("state")
    assert seqs == [4, 5, 6, 7, 8, 9, 10, 11]
    assert state["conversation"]["last_seq"] == 11


async def test_a_conversation_by_socket_alone(
    server: str, visitor: Visitor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.bot, "delay_s", 0.3)
    async with customer_line(server, visitor) as line:
        await line.say(type="send", client_message_id="w1", text="你好")
        own = await line.next("message")
        while own["message"]["sender"] != "customer":
            own = await line.next("message")
        assert (await line.next("typing"))["sender"] == "bot"
        answer = await line.next("message")
        assert answer["message"]["text"] == "您说的是：你好"
        await line.say(type="send", client_message_id="w1", text="你好")
        assert (await line.next("accepted"))["message"]["id"] == own["message"]["id"]
        await line.say(type="send", client_message_id="w2", text="  ")
        refused = await line.next("error")
        assert (refused["code"], refused["client_message_id"]) == ("invalid_input", "w2")


@pytest.mark.parametrize("junk", ["{", "[1]", '"x"', '{"type": 7}', '{"type":"send"}', "null"])
async def test_junk_frames_do_not_break_a_line(server: str, visitor: Visitor, junk: str) -> None:
    async with customer_line(server, visitor) as line:
        await line.socket.send(junk)
        await line.say(type="send", client_message_id="w1", text="还在")
        assert await line.next("accepted")


async def test_messages_come_in_order_and_without_gaps_under_load(
    server: str, visitor: Visitor, http: httpx.AsyncClient
) -> None:
    async with customer_line(server, visitor) as line:
        await asyncio.gather(*(visitor.says(f"快{n}") for n in range(20)))
        seqs = [(await line.next("message"))["message"]["seq"] for _ in range(41)]
    assert seqs == list(range(1, 42))


async def test_the_desk_hears_messages_states_and_pages(
    server: str, visitor: Visitor, sign_in: SignIn, http: httpx.AsyncClient
) -> None:
    agent = await sign_in()
    async with desk_line(server, agent) as line:
        await visitor.says("厨房漏气了")
        first = await line.next("message")
        assert first["message"]["text"] == "厨房漏气了"
        assert first["conversation"]["id"] == visitor.id
        assert (await line.next("suggestions"))["conversation_id"] == visitor.id
        page = (await line.next("page"))["page"]
        assert page["category"] == "gas_leak"
        await line.next("queue")
        await http.post(f"{API}/pages/{page['id']}/acknowledge", headers=agent.auth)
        seen = await line.next("page_acknowledged")
        assert seen["page"]["acknowledged_by"] == agent.name


async def test_typing_goes_to_the_other_side(
    server: str, visitor: Visitor, sign_in: SignIn
) -> None:
    agent = await sign_in()
    async with desk_line(server, agent) as desk, customer_line(server, visitor) as customer:
        await customer.next("state")
        await customer.say(type="typing")
        assert (await desk.next("typing"))["conversation_id"] == visitor.id
        await desk.say(type="typing", conversation_id=visitor.id)
        assert (await customer.next("typing"))["sender"] == "agent"


async def test_the_customer_hears_that_an_agent_took_over(
    server: str, visitor: Visitor, sign_in: SignIn, http: httpx.AsyncClient
) -> None:
    agent = await sign_in()
    async with customer_line(server, visitor) as line:
        await line.next("state")
        await http.post(f"{API}/conversations/{visitor.id}/accept", headers=agent.auth)
        notice = await line.next("message")
        state = await line.next("state")
    assert notice["message"]["kind"] == "notice"
    assert state["conversation"]["state"] == "human"
    assert state["conversation"]["agent_name"] == agent.name


async def test_both_lines_bring_the_picture_an_agent_sends(
    server: str, visitor: Visitor, sign_in: SignIn, http: httpx.AsyncClient
) -> None:
    agent = await sign_in()
    url = f"{API}/conversations/{visitor.id}"
    await http.post(f"{url}/accept", headers=agent.auth)
    kept = await http.post(
        f"{url}/attachments", files={"file": ("图.png", PNG)}, headers=agent.auth
    )
    say = {"client_message_id": "a1", "attachment_id": kept.json()["attachment"]["id"]}
    async with desk_line(server, agent) as desk, customer_line(server, visitor, after=2) as line:
        await line.next("state")
        await http.post(f"{url}/messages", headers=agent.auth, json=say)
        for end in (line, desk):
            heard = (await end.next("message"))["message"]
            assert (heard["kind"], heard["attachment"]["name"]) == ("image", "图.png")
            assert (await http.get(heard["attachment"]["url"])).content == PNG


async def test_an_open_desk_line_makes_its_agent_present(
    server: str, sign_in: SignIn, http: httpx.AsyncClient
) -> None:
    agent = await sign_in()
    present = f"{API}/staff/present"
    assert (await http.get(present, headers=agent.auth)).json()["items"] == []
    async with desk_line(server, agent):
        [found] = (await http.get(present, headers=agent.auth)).json()["items"]
    assert found == {"id": agent.id, "display_name": agent.name, "role": "agent"}


async def test_lines_without_a_right_are_told_why_and_closed(
    server: str, visitor: Visitor, sign_in: SignIn
) -> None:
    trainer = await sign_in("trainer")
    wrong = {
        "/ws/customer?token=forged.token.x": ("not_signed_in", 4401),
        "/ws/customer": ("not_signed_in", 4401),
        "/ws/desk": ("not_signed_in", 4401),
        f"/ws/desk?token={visitor.token}": ("not_signed_in", 4401),
        f"/ws/desk?token={trainer.token}": ("not_allowed", 4403),
    }
    for path, (code, close_code) in wrong.items():
        async with connect(f"ws://{server}{path}") as socket:
            assert json.loads(await socket.recv())["code"] == code
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == close_code


async def test_signing_out_closes_the_desk_line(
    server: str,
    sign_in: SignIn,
    http: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "PING_S", 0.1)
    agent = await sign_in()
    async with desk_line(server, agent) as line:
        await http.post(f"{API}/auth/logout", headers=agent.auth)
        assert (await line.next("error"))["code"] == "not_signed_in"


async def test_a_line_finds_by_itself_what_no_event_told(
    server: str, visitor: Visitor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING_S", 0.1)
    async with customer_line(server, visitor) as line:
        await line.next("state")
        monkeypatch.setattr(parts.hub, "_customers", {})
        await visitor.says("事件丢了")
        told = await line.next("message")
    assert told["message"]["text"] == "事件丢了"


async def test_a_desk_line_that_cannot_keep_up_is_dropped(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "DESK_BACKLOG", 3)
    line = live.DeskLine(None, "staff_x")  # type: ignore[arg-type]
    for _ in range(4):
        line.offer("{}")
    assert line.too_slow
