"""The platform's API as accounts call it, its faults, and the phones of its customers."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, File, Request, Response, UploadFile
from fastapi.responses import FileResponse

from tests.wechat_platform.accounts import Customer, OfficialAccount, Shown, Tokens
from tests.wechat_platform.calling import ANSWER_S, Caller, Told, message_id

PAGE = Path(__file__).with_name("phone.html")
MESSAGES = {
    -1: "system error",
    40001: "invalid credential",
    40003: "invalid openid",
    40007: "invalid media_id",
    40125: "invalid appsecret",
    40200: "invalid account type",
    42001: "access_token expired",
    43004: "require subscribe",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45015: "response out of time",
    45047: "out of response count limit",
    48001: "api unauthorized",
}
TEXT_BYTES = 2048


@dataclass
class Fault:
    """What happens to the next call: an error code, an HTTP status, or no answer.

    `hang`: seconds without an answer; `taken` says whether the call counts all the same.
    """

    errcode: int = 0
    status: int = 200
    hang: float = 0.0
    taken: bool = False


@dataclass
class FakePlatform:
    """One platform with its accounts. `clock` gives seconds since 1970."""

    accounts: list[OfficialAccount] = field(default_factory=lambda: [OfficialAccount()])
    clock: Callable[[], float] = time.time
    latency_s: float = 0.0
    customers: dict[str, Customer] = field(default_factory=dict)
    faults: dict[str, deque[Fault]] = field(default_factory=dict)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    caller: Caller | None = None

    def __post_init__(self) -> None:
        self.tokens = {account.app_id: Tokens(self.clock) for account in self.accounts}
        self._media_ids = itertools.count(1)

    def connect(
        self, gateway: str, retry_after_s: float = 5.0, answer_s: float = ANSWER_S
    ) -> Caller:
        """Say where the accounts' server is."""
        self.caller = Caller(gateway, self.clock, retry_after_s, answer_s)
        return self.caller

    def customer(self, openid: str) -> Customer:
        """A follower; made when first named."""
        return self.customers.setdefault(openid, Customer(openid))

    def fail(self, call: str, *faults: Fault) -> None:
        """Have the next calls named `call` (`send`, `token`, `upload`, `media`) go wrong."""
        self.faults.setdefault(call, deque()).extend(faults)

    # what customers do -----------------------------------------------------------------------

    async def says(self, openid: str, text: str, **extra: object) -> Told:
        """A text message."""
        return await self.sends(openid, "text", text, {"Content": text, **extra})

    async def sends(self, openid: str, kind: str, shown: str, fields: dict[str, object]) -> Told:
        """Any message; the phone shows it at once."""
        customer = self.customer(openid)
        customer.screen.append(Shown("customer", kind, shown))
        customer.acted("message", self.clock())
        whole = {"MsgType": kind, "MsgId": message_id(), **fields}
        return await self._tell(customer, whole)

    async def sends_image(self, openid: str, content: bytes, mime: str = "image/png") -> Told:
        """A picture."""
        media_id = self.keep_media(content, mime)
        fields = {"PicUrl": "http://mmbiz.qpic.cn/x", "MediaId": media_id}
        return await self.sends(openid, "image", media_id, fields)

    async def event(self, openid: str, event: str, key: str = "") -> Told:
        """An event: subscribe, unsubscribe, CLICK, SCAN, VIEW, LOCATION …"""
        customer = self.customer(openid)
        now = self.clock()
        customer.follows = event != "unsubscribe"
        customer.acted({"CLICK": "menu", "SCAN": "scan"}.get(event, event), now)
        if event == "unsubscribe":
            customer.allowances.clear()
        fields: dict[str, object] = {"MsgType": "event", "Event": event, "EventKey": key}
        return await self._tell(customer, fields)

    async def taps(self, openid: str, place: int) -> Told:
        """Tap an answer of the newest menu on the phone."""
        menu = next(b for b in reversed(self.customer(openid).screen) if b.choices)
        chosen = menu.choices[place]
        return await self.says(openid, chosen["content"], bizmsgmenuid=chosen["id"])

    def keep_media(self, content: bytes, mime: str) -> str:
        """Keep bytes; their media id."""
        media_id = f"media-{next(self._media_ids)}"
        self.media[media_id] = (mime, content)
        return media_id

    async def _tell(self, customer: Customer, fields: dict[str, object]) -> Told:
        assert self.caller is not None
        return await self.caller.tell(self.accounts[0], customer, fields)

    # what accounts call ----------------------------------------------------------------------

    async def fault(self, call: str) -> Fault | None:
        """The fault that this call meets, counted and waited for."""
        self.calls[call] = self.calls.get(call, 0) + 1
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        waiting = self.faults.get(call)
        return waiting.popleft() if waiting else None

    def account_of(self, token: str) -> OfficialAccount | None:
        """Whose token it is, if it is good."""
        found = (a for a in self.accounts if self.tokens[a.app_id].is_good(token))
        return next(found, None)

    def deliver(self, account: OfficialAccount, body: dict[str, Any]) -> int:
        """Take one customer-service message; the error code, 0 when it was taken."""
        customer = self.customers.get(body["touser"])
        kind = body["msgtype"]
        if customer is None:
            return 40003
        if not account.may_serve:
            return 48001
        if kind == "msgmenu" and not account.takes_menus:
            return 40200
        content, choices = _content(kind, body[kind])
        if kind == "text" and not 0 < len(content.encode()) <= TEXT_BYTES:
            return 45002
        if kind == "image" and content not in self.media:
            return 40007
        if code := customer.refusal(self.clock()):
            return code
        customer.screen.append(
            Shown("account", kind, content, "api", at=self.clock(), choices=choices)
        )
        return 0


def _content(kind: str, given: dict[str, Any]) -> tuple[str, list[dict[str, str]]]:
    if kind == "msgmenu":
        return str(given["head_content"]), list(given["list"])
    return str(given["media_id"] if kind == "image" else given["content"]), []


def answer(errcode: int = 0, **more: object) -> dict[str, object]:
    """The JSON of an answer."""
    told = {"errcode": errcode, "errmsg": MESSAGES.get(errcode, "ok")} if errcode else {}
    return {**told, **more} if more or errcode else {"errcode": 0, "errmsg": "ok"}


def create_app(platform: FakePlatform) -> FastAPI:
    """The platform's HTTP side."""
    app = FastAPI()

    async def token_for(app_id: str, secret: str, force: bool | None) -> object:
        fault = await platform.fault("token")
        if fault is not None:
            await asyncio.sleep(fault.hang)
            return (
                Response(status_code=fault.status) if fault.status != 200 else answer(fault.errcode)
            )
        account = next((a for a in platform.accounts if a.app_id == app_id), None)
        if account is None or account.secret != secret:
            return answer(40125)
        tokens = platform.tokens[app_id]
        token = tokens.classic() if force is None else tokens.stable(force)
        return answer(access_token=token, expires_in=int(tokens.until - platform.clock()))

    @app.get("/cgi-bin/token")
    async def classic(appid: str, secret: str) -> object:
        return await token_for(appid, secret, None)

    @app.post("/cgi-bin/stable_token")
    async def stable(request: Request) -> object:
        body = await request.json()
        return await token_for(body["appid"], body["secret"], bool(body.get("force_refresh")))

    @app.post("/cgi-bin/message/custom/send")
    async def send(request: Request, access_token: str) -> object:
        fault = await platform.fault("send")
        account = platform.account_of(access_token)
        if account is None:
            return answer(40001)
        if fault is not None:
            if fault.taken:
                platform.deliver(account, await request.json())
            await asyncio.sleep(fault.hang)
            return (
                Response(status_code=fault.status) if fault.status != 200 else answer(fault.errcode)
            )
        return answer(platform.deliver(account, await request.json()))

    @app.post("/cgi-bin/media/upload")
    async def upload(access_token: str, type: str, media: UploadFile = File()) -> object:
        fault = await platform.fault("upload")
        if platform.account_of(access_token) is None:
            return answer(40001)
        if fault is not None:
            return answer(fault.errcode)
        media_id = platform.keep_media(await media.read(), media.content_type or "")
        return answer(type=type, media_id=media_id, created_at=int(platform.clock()))

    @app.get("/cgi-bin/media/get")
    async def media(access_token: str, media_id: str) -> Response:
        fault = await platform.fault("media")
        if platform.account_of(access_token) is None:
            fault = Fault(40001)
        if fault is None and media_id in platform.media:
            mime, content = platform.media[media_id]
            return Response(content, media_type=mime)
        if fault is not None:
            await asyncio.sleep(fault.hang)
        import json

        body = json.dumps(answer(fault.errcode if fault else 40007))
        return Response(body, media_type="application/json")

    _phones(app, platform)
    return app


def _phones(app: FastAPI, platform: FakePlatform) -> None:
    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(PAGE)

    @app.get("/phone/{openid}")
    async def screen(openid: str) -> object:
        customer = platform.customer(openid)
        now = platform.clock()
        left = max(
            (a.limit - a.used for a in customer.allowances.values() if a.until > now), default=0
        )
        return {"screen": [vars(bubble) for bubble in customer.screen], "quota_left": left,
                "follows": customer.follows}  # fmt: skip

    @app.post("/phone/{openid}")
    async def act(openid: str, request: Request) -> object:
        body = await request.json()
        kind, text = body.get("kind", "text"), body.get("text", "")
        if kind == "text":
            extra = {"bizmsgmenuid": body["menu_id"]} if body.get("menu_id") else {}
            told = await platform.says(openid, text, **extra)
        elif kind == "voice":
            fields: dict[str, object] = {"MediaId": "v1", "Format": "amr", "Recognition": text}
            told = await platform.sends(openid, "voice", f"[语音] {text}", fields)
        elif kind == "location":
            fields = {"Location_X": "31.2304", "Location_Y": "121.4737", "Scale": 16, "Label": text}
            told = await platform.sends(openid, "location", text, fields)
        elif kind == "image":
            content = bytes.fromhex(body["hex"])
            told = await platform.sends_image(openid, content, body.get("mime", "image/png"))
        else:
            told = await platform.event(openid, body["event"], text)
        return vars(told)

    @app.get("/media/{media_id}")
    async def picture(media_id: str) -> Response:
        mime, content = platform.media[media_id]
        return Response(content, media_type=mime)

    @app.post("/fault/{call}")
    async def fault(call: str, request: Request) -> object:
        platform.fail(call, Fault(**await request.json()))
        return answer()


@asynccontextmanager
async def serving(platform: FakePlatform, port: int = 0) -> AsyncIterator[str]:
    """The platform on a loopback port; gives its address."""
    config = uvicorn.Config(create_app(platform), port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    number = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{number}"
    finally:
        if platform.caller is not None:
            await platform.caller.aclose()
        server.should_exit = True
        await task
