"""What customers send and see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from api.schemas.base import Key, Model, Words

MESSAGE_EXAMPLE: JsonDict = {
    "id": "msg_01kb3m5yq2",
    "conversation_id": "conv_01kb3m5x1a",
    "seq": 2,
    "sender": "customer",
    "kind": "text",
    "text": "洗衣机不排水，显示 E2",
    "buttons": [],
    "attachment": None,
    "machine": False,
    "author": "",
    "client_message_id": "w-1762311000-1",
    "created_at": "2025-11-05T02:30:00Z",
}


class ButtonOut(Model):
    """A one-tap answer: `payload` is sent as the customer's text."""

    title: str
    payload: str


class AttachmentOut(Model):
    """A file; `url` is signed, relative and good for an hour or more."""

    id: str
    mime: str = Field(examples=["image/jpeg"])
    size: int = Field(examples=[84213])
    name: str = Field(examples=["铭牌.jpg"])
    url: str


class MessageOut(Model):
    """One message. `machine` ones are labelled as machine-written."""

    model_config = ConfigDict(json_schema_extra={"examples": [MESSAGE_EXAMPLE]})

    id: str
    conversation_id: str
    seq: int
    sender: Literal["customer", "bot", "agent", "system"]
    kind: Literal["text", "image", "file", "choices", "notice", "safety", "safety_question"]
    text: str
    buttons: list[ButtonOut]
    attachment: AttachmentOut | None
    machine: bool
    author: str
    client_message_id: str | None
    created_at: datetime


class ConversationPublic(Model):
    """A conversation as its customer sees it."""

    id: str
    state: Literal["bot", "queued", "human", "closed"]
    agent_name: str = Field(examples=["小林"])
    queue_position: int | None = Field(examples=[2])
    wait_minutes: int | None = Field(examples=[6])
    last_seq: int


class ConversationStart(Model):
    """Opens a conversation; `visitor_id` lets the same browser be known again."""

    channel: Literal["web"] = "web"
    name: Annotated[Words, Field(max_length=200)] = ""
    phone: Annotated[Words, Field(max_length=200)] = ""
    visitor_id: Key | None = None


class ConversationStarted(Model):
    """The new conversation, its token and what has been said so far."""

    conversation: ConversationPublic
    token: str
    messages: list[MessageOut]


class MessageIn(Model):
    """One message; sending the same `client_message_id` again keeps one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"client_message_id": "w-1762311000-1", "text": "洗衣机不排水，显示 E2"}]
        }
    )

    client_message_id: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,80}$")]
    text: Words = ""
    attachment_id: Key | None = None


class MessageKept(Model):
    """The message as it was kept."""

    message: MessageOut


class MessageList(Model):
    """Messages after a sequence number, and how the conversation stands."""

    messages: list[MessageOut]
    conversation: ConversationPublic


class AttachmentKept(Model):
    """An uploaded file, not yet part of a message."""

    attachment: AttachmentOut


class FeedbackIn(Model):
    """What the customer thought of this episode."""

    score: int = Field(ge=1, le=5, examples=[5])
    comment: Annotated[Words, Field(max_length=2000)] = ""
