"""Conversations as customers use them, and sending as agents do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import Anonymous, Caller, Customer, CustomerOrDesk, PartsNow
from api.schemas.base import PathKey
from api.schemas.conversations import (
    ConversationStart,
    ConversationStarted,
    FeedbackIn,
    MessageIn,
    MessageKept,
    MessageList,
)
from api.wiring import Parts
from conversations.desk import rate
from conversations.intake import Received
from conversations.storage import get_conversation, messages_after

router = APIRouter(tags=["customer"])


@router.post("/conversations", status_code=201, dependencies=[Anonymous])
async def start_conversation(body: ConversationStart, parts: PartsNow) -> ConversationStarted:
    """Open a conversation; the answer holds the customer's token and the greeting."""
    conversation = await parts.intake.start(
        body.channel, external_id=body.visitor_id, name=body.name, phone=body.phone
    )
    async with parts.work.reading() as session:
        messages = await messages_after(session, conversation.id, 0)
        return ConversationStarted(
            conversation=await parts.presenter.public(session, conversation),
            token=parts.tokens.for_conversation(conversation.id),
            messages=await parts.presenter.messages(session, messages),
        )


@router.post(
    "/conversations/{conversation_id}/messages",
    status_code=201,
    responses={200: {"model": MessageKept, "description": "Known already: the message as kept"}},
)
async def send_message(
    conversation_id: PathKey,
    body: MessageIn,
    caller: CustomerOrDesk,
    parts: PartsNow,
    response: Response,
) -> MessageKept:
    """Keep one message of the customer or of the agent who holds the conversation.

    201 when it is kept now, 200 when this `client_message_id` was kept before.
    """
    received = await receive(parts, conversation_id, body, caller)
    if not received.fresh:
        response.status_code = 200
    async with parts.work.reading() as session:
        return MessageKept(message=await parts.presenter.message(session, received.message))


async def receive(parts: Parts, conversation_id: str, body: MessageIn, caller: Caller) -> Received:
    """Take in one message on behalf of `caller`; shared with the websocket."""
    if caller.staff is None:
        parts.customer_limit.take(conversation_id)
        return await parts.intake.receive(
            conversation_id, body.text, body.client_message_id, body.attachment_id
        )
    return await parts.intake.speak_as_agent(
        conversation_id,
        caller.staff.id,
        caller.staff.display_name,
        body.text,
        body.client_message_id,
        body.attachment_id,
    )


@router.get("/conversations/{conversation_id}/messages")
async def list_messages(
    conversation_id: PathKey,
    _caller: CustomerOrDesk,
    parts: PartsNow,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> MessageList:
    """Messages after a sequence number in order, at most 500, and how the conversation stands."""
    async with parts.work.reading() as session:
        conversation = await get_conversation(session, conversation_id)
        messages = await messages_after(session, conversation_id, after)
        return MessageList(
            messages=await parts.presenter.messages(session, messages),
            conversation=await parts.presenter.public(session, conversation),
        )


@router.post("/conversations/{conversation_id}/feedback", status_code=204)
async def give_feedback(
    conversation_id: PathKey, body: FeedbackIn, _caller: Customer, parts: PartsNow
) -> None:
    """Rate this episode from 1 to 5; rating again replaces the score."""
    async with parts.work.begin() as session:
        await rate(session, conversation_id, body.score, body.comment, parts.clock.now())
