"""How an order stands: refund, delivery, invoice and installation, as the order system told us."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.folding import fold
from assist.entities.phones import read_phone
from bot.actions.knowledge import answer_question
from bot.actions.services import ActionServices, OrderStatus
from bot.actions.turn import Said, ServiceAction, blames, conversation_of, slots

TOPICS = {
    "ask_refund_progress": "refund",
    "ask_logistics": "logistics",
    "ask_invoice": "invoice",
    "ask_installation": "installation",
}
"""What an intent asks of an order: the field of `OrderStatus`."""
LABELS = {"logistics": "物流", "refund": "退款", "invoice": "发票", "installation": "安装"}
RULES = {
    "refund": "退款什么时候到账",
    "logistics": "我的货到哪了",
    "invoice": "电子发票怎么下载",
    "installation": "送到了多久来安装",
}
"""The question whose answer in the library is the general rule of a topic."""

SURE = 0.5
TOLD_AT_ONCE = 3
PHONE_SLOTS = ("repair_phone", "complaint_phone")

_WORDS = (
    ("refund", re.compile(r"退款|退钱|退费|退的|到账|钱.{0,8}[退到回]|退.{0,4}下来")),
    ("invoice", re.compile(r"发票|开票|专票|票.{0,2}开")),
    ("installation", re.compile(r"安装|[约来机]装|装机|上门装")),
    (
        "logistics",
        re.compile(
            r"物流|快递|发货|送货|派送|配送|签收|运单|包裹|到货|货(?=到|呢|还|怎|没|几|什|啥)|到哪(?!一?步)|"
            r"(?:什么时候|啥时候|几时|何时|哪天|多久)能?[到送]"
        ),
    ),
)
_LOOKING_UP = re.compile(r"(?<![检排])查(?![漏验])|看[看眼下一]|帮.{0,4}看|催|进度|状态")
_OWN = re.compile(
    r"到哪|下来|到了?[没吗]|还没|没[到收退发开送来见更动]|怎么样|咋样|[了好]没|迟迟|"
    r"我[的那]个?(?:退款|钱|货|快递|包裹|物流|发票|票|订单|单)"
)
_BY_THE_WAY = re.compile(r"顺便|顺带|另外?[一那]?单|还有[一那]?单|别的单")
_HOW_FAR = re.compile(r"到哪|进度|状态|咋样|怎么样")
_REQUEST = re.compile(r"改|换|补开|重开|开了$|开[一张出]|寄|抬头|申请|取消|拦截|退货|不要了")
_ELSEWHERE = re.compile(
    r"报修|维修|修[到好了得理]|投诉.{0,8}(?:到哪|进度|处理|结果|咋样|怎么样|编号)"
)
_AN_ORDER = re.compile(r"订单|单子|这单|那单|买的")
_FILLING = re.compile(r"(?:订单|单子|单号|编号|号码?|[是就我的这那个喏给你您好，,。:：\s])+")


@dataclass(frozen=True)
class OrderQuestion:
    """What a message asks of orders. `topic` is a field of `OrderStatus`, empty for all of them.

    `asks`: how things stand is asked, not that something be done. `own`: it is the customer's own
    order, not how things are in general.
    """

    numbers: tuple[str, ...]
    topic: str
    asks: bool
    own: bool

    @classmethod
    def of(cls, said: Said, last_topic: str = "") -> OrderQuestion | None:
        """The question in a message, None when it is about something else.

        A bare number takes up `last_topic`, the intent answered before.
        """
        numbers = tuple(dict.fromkeys(said.entities.get("order_no", [])))[:TOLD_AT_ONCE]
        text = _without(said.text, numbers)
        if _ELSEWHERE.search(text):
            return None
        bare = bool(numbers) and not _FILLING.sub("", text)
        topic = TOPICS.get(last_topic, "") if bare else _topic(said, text)
        looks_up = bool(_LOOKING_UP.search(text))
        own = looks_up or bool(_OWN.search(text))
        if not (bare or topic or (own and (numbers or _AN_ORDER.search(text)))):
            return None
        asks = bare or own or said.asks or not _REQUEST.search(text)
        return cls(numbers, topic, asks, own)


def asks_about_order(said: Said) -> bool:
    """Whether a message within a form asks how an order stands that it names itself.

    Its number then belongs to the question, not into the form.
    """
    question = OrderQuestion.of(said)
    if question is None or not question.numbers:
        return False
    text = _without(said.text, question.numbers)
    aside = bool(_BY_THE_WAY.search(text))
    if not (_named(text) or aside or _HOW_FAR.search(text)):
        return False
    return aside or bool(_LOOKING_UP.search(text)) or (said.asks and not blames(said.text))


class AnswerOrder(ServiceAction):
    """A question about refund, delivery, invoice, installation or return."""

    action = "action_answer_order"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        told = await answer_order(self.services, dispatcher, tracker, said)
        if told is not None:
            return told
        return await answer_question(self.services, dispatcher, tracker, said) or []


async def answer_order(
    services: ActionServices,
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    said: Said,
    *,
    in_form: bool = False,
) -> list[EventType] | None:
    """Say how the order meant stands; None when no order is meant.

    The number is the proof: to whoever names it, its state is told and nothing personal. Without
    one, only orders with a telephone that this customer has given are looked at; within a form no
    number is asked for, since it would be taken for the form's.
    """
    question = OrderQuestion.of(said, str(tracker.get_slot("last_topic") or ""))
    if question is None or not (question.numbers or question.own):
        return None
    teller = _Teller(services, dispatcher, question, said, in_form)
    earlier = str(tracker.get_slot("last_order_no") or "")
    if numbers := question.numbers or ((earlier,) if earlier else ()):
        found = [await teller.tell(no, await services.orders.find(no)) for no in numbers]
    else:
        orders = await services.orders.of_customer(conversation_of(tracker), _phones(tracker, said))
        if not orders and in_form:
            return None
        if not orders:
            await answer_question(services, dispatcher, tracker, said, admit=False)
            dispatcher.utter_message(response="utter_order_key")
            return slots(_remembered(tracker, said, question, earlier))
        order = next((o for o in orders if question.topic and _news(o, question.topic)), orders[0])
        found = [await teller.tell(order.no, order, latest=True)]
    if not question.asks and not in_form:
        await answer_question(services, dispatcher, tracker, said, admit=False)
        dispatcher.utter_message(response="utter_order_by_human")
    return slots(_remembered(tracker, said, question, next(filter(None, found), earlier)))


@dataclass(frozen=True)
class _Teller:
    """Says how orders stand in answer to one question."""

    services: ActionServices
    dispatcher: CollectingDispatcher
    question: OrderQuestion
    said: Said
    in_form: bool

    async def tell(self, number: str, order: OrderStatus | None, *, latest: bool = False) -> str:
        """Say what is known of this order; else that it is not, the general rule, and who can look.

        The order's number as we know it, empty when we do not.
        """
        if order is None:
            self.dispatcher.utter_message(response="utter_order_not_found", number=number.upper())
            await self._otherwise()
            return ""
        product = f"（{order.product}）" if order.product else ""
        about = f"您最近一单 {order.no}{product}" if latest else f"订单 {order.no}"
        topic = self.question.topic
        if status := _news(order, topic) if topic else everything(order):
            if topic and LABELS[topic] not in status:
                about += f"{'' if about.endswith('）') else ' '}的{LABELS[topic]}"
            self._say(about, status)
            return order.no
        if order.state:
            self._say(about, _bare_end(order.state))
        self.dispatcher.utter_message(
            response="utter_order_no_news", number=order.no, what=LABELS.get(topic, "处理")
        )
        await self._otherwise()
        return order.no

    def _say(self, about: str, status: str) -> None:
        self.dispatcher.utter_message(response="utter_order_status", about=about, status=status)

    async def _otherwise(self) -> None:
        if rule := await self._rule():
            self.dispatcher.utter_message(response="utter_order_rule", rule=rule)
        if self.in_form:
            self.dispatcher.utter_message(response="utter_order_human_later")
        elif self.question.asks:
            self.dispatcher.utter_message(response="utter_order_by_human")

    async def _rule(self) -> str:
        """The first sentence of the library's answer: to the customer's words if it is sure, else
        to the topic's plain question."""
        topic = self.question.topic
        if not topic:
            return ""
        asked = _without(self.said.text, self.question.numbers).strip()
        for query in (asked, RULES[topic]):
            if not query:
                continue
            found = await self.services.knowledge.search(query, topic=_intent_of(topic), k=1)
            sure = found.hits and found.hits[0].score >= self.services.direct_score
            if sure and not found.abstained and found.hits[0].steps:
                return found.hits[0].steps[0]
        return ""


def _remembered(
    tracker: Tracker, said: Said, question: OrderQuestion, number: str
) -> dict[str, Any]:
    return {
        "last_order_no": number or None,
        "last_question": said.text,
        "last_topic": _intent_of(question.topic) or tracker.get_slot("last_topic"),
        "fallbacks": 0,
    }


def everything(order: OrderStatus) -> str:
    """All that is known of an order in one line: `已发货；物流：11月4日到达成都；退款处理中`."""
    told = [_bare_end(order.state)] if order.state else []
    for field, label in LABELS.items():
        if news := _news(order, field):
            told.append(news if label in news else f"{label}：{news}")
    return "；".join(told)


def _intent_of(topic: str) -> str | None:
    return next((intent for intent, field in TOPICS.items() if field == topic), None)


def _news(order: OrderStatus, topic: str) -> str:
    return _bare_end(str(getattr(order, topic)))


def _bare_end(text: str) -> str:
    return text.strip().rstrip("。.！!；;")


def _topic(said: Said, text: str) -> str:
    return _named(text) or (TOPICS.get(said.intent, "") if said.confidence >= SURE else "")


def _named(text: str) -> str:
    return next((topic for topic, words in _WORDS if words.search(text)), "")


def _without(text: str, numbers: Sequence[str]) -> str:
    rest = fold(text)
    for number in numbers:
        rest = rest.replace(fold(number), " ")
    return rest


def _phones(tracker: Tracker, said: Said) -> list[str]:
    reading = read_phone(said.text)
    given = [reading.number if reading else "", *(tracker.get_slot(name) for name in PHONE_SLOTS)]
    return [str(phone) for phone in given if phone]
