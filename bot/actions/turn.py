"""One turn as an action sees it: what was said, what is known, what to say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.folding import fold
from assist.entities.phrases import product_names
from bot.actions.services import ActionServices

QUESTIONS = frozenset(
    {
        "ask_warranty",
        "ask_repair_price",
        "ask_usage",
        "ask_maintenance",
        "ask_parts",
        "ask_service_points",
        "ask_installation",
        "ask_invoice",
        "ask_return_exchange",
        "ask_logistics",
        "ask_refund_progress",
        "report_fault",
    }
)
"""Intents that the knowledge base answers."""

_ASKING = re.compile(
    r"[?？]|吗|呢|怎么|咋|多少|几[天个点年号时]|多久|什么|啥|哪|为何|为什么|能不能|可不可以|要不要|是不是|有没有|行不行|"
    r"可以.*[不么]$|[不没]$|先问|问一?[下句]"
)
_STOPPING = re.compile(
    r"不想填|不填了|不弄了|不报了|不修了|不约了|不预约了|不用修|不用报修|不登记了|不投诉了|算了|取消|先不|不要了|"
    r"别填了|退出|不搞了|不办了|不用了|停一下|不需要了|再说吧|改天再"
)
_AGREEING = re.compile(
    r"(?:好|行|可以|中|得|要得|对|是|嗯|嗯嗯|ok|okay|yes|没错|无误|没问题|确认|确定|提交|报上去|交吧|就这样|就这么|没毛病|"
    r"信息|正确|都对|全对|系|系啊|冇错|成|妥|同意|帮我|吧|的|了|啊|呀|哒|滴|呗|噶|哦|，|,|。|!|！|\s|👌|👍|来|就|都|没什么|登记|下单|约)+"
)
_HUMAN = re.compile(r"转?人工|找人|真人|客服(?!.*(?:不|没))|叫个人|活人|你们的?人")


@dataclass
class Said:
    """The customer's message. `entities` maps a type to its values as typed."""

    text: str
    intent: str
    confidence: float
    entities: dict[str, list[str]] = field(default_factory=dict)
    category: str = ""

    @classmethod
    def of(cls, tracker: Tracker) -> Said:
        """The latest message of a tracker."""
        latest = tracker.latest_message
        intent = latest.get("intent") or {}
        entities: dict[str, list[str]] = {}
        for entity in latest.get("entities") or []:
            entities.setdefault(entity["entity"], []).append(str(entity["value"]))
        return cls(
            text=(latest.get("text") or "").strip(),
            intent=intent.get("name") or "",
            confidence=float(intent.get("confidence") or 0.0),
            entities=entities,
            category=intent.get("category") or "",
        )

    def first(self, kind: str) -> str:
        """The first entity of a type, or an empty string."""
        return next(iter(self.entities.get(kind, [])), "")

    @property
    def product(self) -> str:
        """The appliance named, under the name we sell it by, else empty."""
        return canonical_product(self.first("product"))

    @property
    def asks(self) -> bool:
        """Whether it is put as a question."""
        return bool(_ASKING.search(fold(self.text)))

    @property
    def stops(self) -> bool:
        """Whether the customer no longer wants what was begun."""
        return bool(_STOPPING.search(fold(self.text)))

    @property
    def agrees(self) -> bool:
        """Whether it is consent and nothing else."""
        return bool(_AGREEING.fullmatch(fold(self.text))) or (
            self.intent == "affirm" and not self.entities and len(self.text) <= 12
        )

    @property
    def wants_human(self) -> bool:
        """Whether a person is asked for."""
        return self.intent == "request_human" or bool(
            _HUMAN.search(fold(self.text)) and ("人" in self.text)
        )


def canonical_product(typed: str) -> str:
    """The name we sell an appliance by; what was typed when we do not know it."""
    return product_names().get(fold(typed), typed)


class ServiceAction(Action):  # type: ignore[misc]
    """An action with its services; subclasses set `action` and write `act`."""

    action = ""

    def __init__(self, services: ActionServices) -> None:
        self.services = services

    def name(self) -> str:
        """The name in the domain."""
        return self.action

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Rasa's entrance."""
        return await self.act(dispatcher, tracker, Said.of(tracker))

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        """Do the thing; slots to set as events."""
        raise NotImplementedError


def conversation_of(tracker: Tracker) -> str:
    """The conversation's id; the sender is `id:episode`."""
    return str(tracker.sender_id).rpartition(":")[0] or str(tracker.sender_id)


def slots(values: dict[str, Any]) -> list[EventType]:
    """Events that set slots."""
    return [SlotSet(name, value) for name, value in values.items()]


def cleared(names: Iterable[str]) -> list[EventType]:
    """Events that empty slots."""
    return [SlotSet(name, None) for name in names]


def buttons(titles: Iterable[str]) -> list[dict[str, str]]:
    """Buttons that say what is written on them."""
    return [{"title": title, "payload": title} for title in titles]


def leave_form() -> list[EventType]:
    """End the active form before it is complete."""
    return [SlotSet("requested_slot", None)]
