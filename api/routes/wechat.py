"""The platform's callbacks, and the page of messages that could not be sent."""

from __future__ import annotations

import html
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from api.access import Anonymous, PartsNow
from conversations.channels.wechat.envelope import Query as Signed
from conversations.delivery import undelivered_texts

router = APIRouter(prefix="/channels", tags=["wechat"])

AccountName = Annotated[str, Path(max_length=40, examples=["service"])]
Word = Annotated[str, Query(max_length=128)]
XML = {
    "requestBody": {
        "required": True,
        "content": {
            "text/xml": {
                "schema": {"type": "string"},
                "example": "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>"
                "<FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1762310000</CreateTime>"
                "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[空调不制冷]]></Content>"
                "<MsgId>23456789012345678</MsgId></xml>",
            }
        },
    }
}
PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>给您的消息</title>
<body style="font:16px/1.7 sans-serif;max-width:36em;margin:1.5em auto;padding:0 1em">
<h1 style="font-size:1.2em">{title}</h1>{items}
<p style="color:#666">回到微信里回复任意内容，可以接着聊。</p>
</body></html>"""
ITEM = (
    '<p style="background:#f2f2f2;border-radius:8px;padding:.7em 1em;white-space:pre-wrap">{}</p>'
)


@router.get("/kept-messages", dependencies=[Anonymous], response_class=HTMLResponse)
async def kept_messages(
    parts: PartsNow, token: Annotated[str, Query(max_length=1000)]
) -> HTMLResponse:
    """What could not be sent to this customer, for him to read; the token is his conversation's."""
    conversation_id = parts.tokens.conversation_of(token)
    async with parts.work.reading() as session:
        found = await undelivered_texts(session, conversation_id)
    title = "还没有发到您微信的消息" if found else "消息都已经发到您的微信了"
    items = "".join(ITEM.format(html.escape(text)) for text in found)
    return HTMLResponse(
        PAGE.format(title=title, items=items), headers={"Cache-Control": "no-store"}
    )


@router.get("/wechat/{account}", response_class=PlainTextResponse)
async def check_address(
    account: AccountName,
    parts: PartsNow,
    echostr: Word,
    signature: Word = "",
    timestamp: Word = "",
    nonce: Word = "",
) -> PlainTextResponse:
    """The platform's check of our address: its word goes back when the signature is right."""
    parts.wechat.channel.verify(account, Signed(signature, timestamp, nonce))
    return PlainTextResponse(echostr)


@router.post("/wechat/{account}", response_class=Response, openapi_extra=XML)
async def receive(
    request: Request,
    account: AccountName,
    parts: PartsNow,
    tasks: BackgroundTasks,
    signature: Word = "",
    timestamp: Word = "",
    nonce: Word = "",
    encrypt_type: Word = "",
    msg_signature: Word = "",
) -> Response:
    """A message or event: `success`, or a passive reply when the answer is ready in time."""
    query = Signed(signature, timestamp, nonce, encrypt_type, msg_signature)
    parts.wechat.channel.verify(account, query)
    answer = await parts.wechat.channel.receive(
        account, query, await request.body(), request.is_disconnected
    )
    tasks.add_task(parts.wechat.channel.confirm, answer)
    kind = "text/xml" if answer.is_xml else "text/plain"
    return Response(answer.body, media_type=kind, background=tasks)
