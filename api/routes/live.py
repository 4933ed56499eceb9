"""Websockets of customers and desks."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import APIRouter
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from starlette.websockets import WebSocket

from api.access import (
    Caller,
    PartsNow,
    check_role,
    customer_of,
    staff_of_token,
    staff_token,
)
from api.errors import as_body, error_body
from api.routes.conversations import receive
from api.schemas.conversations import MessageIn
from api.staff.model import DESK
from api.staff.storage import Staff
from api.websockets import CustomerLine, DeskLine, close, encoded
from api.wiring import Parts
from conversations.desk import see
from conversations.model import Sender
from conversations.storage import get_conversation
from foundation.errors import FrontlineError, NotAllowed, NotFound, NotSignedIn

router = APIRouter()
log = structlog.get_logger(__name__)

CLOSE_CODES: dict[type[FrontlineError], int] = {
    NotSignedIn: 4401,
    NotAllowed: 4403,
    NotFound: 4404,
}
OTHER_CLOSE = 4400


@router.websocket("/ws/customer")
async def customer_socket(socket: WebSocket, parts: PartsNow) -> None:
    """A customer's line; `?token=…&after=SEQ`. First replays everything after SEQ, in order."""
    await socket.accept()
    try:
        token = socket.query_params.get("token", "")
        conversation_id = parts.tokens.conversation_of(token)
        customer_of(socket, token, conversation_id)
        async with parts.work.reading() as session:
            await get_conversation(session, conversation_id)
    except FrontlineError as error:
        await refuse(socket, error)
        return
    line = CustomerLine(socket, conversation_id, _number(socket.query_params.get("after")))

    async def heard(frame: dict[str, Any]) -> None:
        if frame.get("type") == "typing":
            await _typing(parts, conversation_id, Sender.CUSTOMER)
        elif frame.get("type") == "send":
            line.offer(await _sent(parts, conversation_id, frame))

    await parts.hub.serve_customer(line, heard)


@router.websocket("/ws/desk")
async def desk_socket(socket: WebSocket, parts: PartsNow) -> None:
    """A desk's line; session cookie or `?token=`. As long as it is open, its agent is present."""
    await socket.accept()
    try:
        token = socket.query_params.get("token", "") or staff_token(socket)
        staff = await staff_of_token(socket, token)
        check_role(staff, DESK)
    except FrontlineError as error:
        await refuse(socket, error)
        return
    line = DeskLine(socket, staff.id)

    async def heard(frame: dict[str, Any]) -> None:
        if frame.get("type") == "typing":
            await _typing(parts, str(frame.get("conversation_id", "")), Sender.AGENT)

    async def beat() -> None:
        await parts.staff.by_token(token)
        await _present(parts, staff)

    try:
        await parts.hub.serve_desk(line, heard, beat)
    except NotSignedIn as error:
        await refuse(socket, error)


async def refuse(socket: WebSocket, error: FrontlineError) -> None:
    """Say why and close."""
    await socket.send_text(encoded({"type": "error", **as_body(error)}))
    await close(socket, CLOSE_CODES.get(type(error), OTHER_CLOSE))


async def _sent(parts: Parts, conversation_id: str, frame: dict[str, Any]) -> dict[str, Any]:
    """Keep a message that came by socket; the answer to the client."""
    known = frame.get("client_message_id")
    try:
        body = MessageIn.model_validate(frame)
        received = await receive(parts, conversation_id, body, Caller())
        async with parts.work.reading() as session:
            message = await parts.presenter.message(session, received.message)
    except ValidationError:
        return {
            "type": "error",
            "client_message_id": known,
            **error_body("invalid_input", "the frame is not valid"),
        }
    except FrontlineError as error:
        return {"type": "error", "client_message_id": known, **as_body(error)}
    return {"type": "accepted", "client_message_id": known, "message": message}


async def _typing(parts: Parts, conversation_id: str, sender: Sender) -> None:
    await parts.events.publish("typing", {"conversation_id": conversation_id, "sender": sender})


async def _present(parts: Parts, staff: Staff) -> None:
    try:
        async with parts.work.begin() as session:
            await see(session, staff.id, staff.display_name, staff.role, parts.clock.now())
    except IntegrityError:
        log.info("presence_noted_elsewhere", staff=staff.id)


def _number(given: str | None) -> int:
    return int(given) if given and given.isascii() and given.isdigit() and len(given) < 10 else 0
