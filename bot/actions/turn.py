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

SMALL_TALK = frozenset({"greet", "goodbye", "thank", "affirm", "deny", "chitchat"})

_ASKING = re.compile(
    r"[?？]|([㐀-鿿])不\1|吗|呢|怎么|咋|多少|几[天个点年号时]|多久|什么|啥|哪|为何|为什么|有没有|"
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

_BLAMING = re.compile(
    r"投诉|举报|申诉|赔|12315|消保|消协|曝光|态度|乱收|骗|坑|黑心|没人[接回理管]|不作为|摆设|砸[了裂坏]|弄坏|搞坏|给个说法|"
    r"什么玩意|垃圾|欺负|忽悠|退一|差劲|太差|放鸽子|交代|负责"
)
_PERSON = re.compile(
    r"人工|真人|活人|活的|喘气|转接|接通|[找叫换派喊来]个?.{0,3}人|客服.*(?:来|接|找|在|呢|电话)|找客服|转客服|专员|经理|主管|領班|"
    r"人来|rengong|rg|human|agent|person|真客服|别.*机器人|不.*机器"
)


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
        return cls.parsed(tracker.latest_message)

    @classmethod
    def parsed(cls, latest: dict[str, Any]) -> Said:
        """A message as Rasa parsed it."""
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
    def small_talk(self) -> bool:
        """Whether it is courtesy, or a yes or no, without content."""
        return self.intent in SMALL_TALK and not self.entities

    @property
    def wants_human(self) -> bool:
        """Whether a person is asked for."""
        if _HUMAN.search(fold(self.text)) and "人" in self.text:
            return True
        answers = {"phone", "address", "date_time"} & self.entities.keys()
        return self.intent == "request_human" and not (answers and not asks_for_person(self.text))


def blames(text: str) -> bool:
    """Whether a message blames us or demands redress (the label rule of `file_complaint`)."""
    return bool(_BLAMING.search(fold(text)))


def asks_for_person(text: str) -> bool:
    """Whether a person is asked for in so many words."""
    return bool(_PERSON.search(fold(text)))


def just_offered_human(tracker: Tracker) -> bool:
    """Whether the last thing said to the customer offered a person."""
    said = (event for event in reversed(tracker.events) if event.get("event") == "bot")
    last: dict[str, Any] = next((event for event in said if event.get("text")), {})
    offered = (last.get("data") or {}).get("buttons") or []
    return any(button.get("payload") == "转人工" for button in offered)


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
