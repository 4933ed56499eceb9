"""Questions answered from the knowledge base: outright, by choice, or honestly not."""

from __future__ import annotations

import re
from dataclasses import replace

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.extractor import extract
from assist.entities.folding import fold
from bot.actions.services import ActionServices, KnowledgeFound, KnowledgeHit
from bot.actions.turn import (
    QUESTIONS,
    Said,
    ServiceAction,
    blames,
    canonical_product,
    slots,
)
from bot.actions.wishes import parts_of, questions_beside, wants_visit

CHOICES = 3
QUESTIONS_AT_ONCE = 2
SURE_OF_TOPIC = 0.6
SHORT_QUESTION = 25
_PRICE = re.compile(
    r"多少钱|几个?钱|啥价|什么价|价[位格目钱]|收费|费用|要[钱花]|多少[块元]|贵不贵|好多钱"
)
_ASIDE_OF_PART = re.compile(
    r"^[\s，。,.]*(?:那么|那|还有)?[\s，,]*|(?:呢|咧|嘞)[\s，。,.?？!！~～]*$"
)
_STILL_FAILS = re.compile(
    r"(?:还是|依然|依旧|照样|仍然?|一样)"
    r"(?:不行|没用|不好使|不管用|没反应|那样|老样子|不转|不动|不亮|不响|不热|不凉|没好)|"
    r"(?:试过了?|试了|换过了?|换了|照做了?|重启了|重启过).{0,6}(?:没用|不行|不管用|不好使|没反应|没好)|没效果|不起作用"
)
ABOUT_PRODUCTS = frozenset(
    {
        "ask_warranty",
        "ask_repair_price",
        "ask_installation",
        "ask_maintenance",
        "ask_usage",
        "ask_parts",
        "report_fault",
    }
)
"""Topics in which a question that names no appliance means the one talked of before."""


class Answer(ServiceAction):
    """A routine question."""

    action = "action_answer"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if still_fails(said, tracker):
            dispatcher.utter_message(response="utter_still_fails")
            return []
        questions = questions_beside(said.text)
        visit = len(parts_of(said.text)) > 1 and any(map(wants_visit, parts_of(said.text)))
        if not questions or (len(questions) == 1 and not visit):
            return await answer_question(self.services, dispatcher, tracker, said) or []
        events = []
        for place, question in enumerate(questions[:QUESTIONS_AT_ONCE]):
            asked = replace(said, text=question, intent=said.intent if place == 0 else "")
            events += await answer_question(self.services, dispatcher, tracker, asked) or []
        if visit:
            events.append(FollowupAction("repair_form"))
        return events


class FollowUp(ServiceAction):
    """An appliance or a part and little else: the question before, asked of it."""

    action = "action_follow_up"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        earlier = tracker.get_slot("last_question")
        product = said.product or said.first("model")
        if not product:
            return await self._of_part(dispatcher, tracker, said, str(earlier or ""))
        if not earlier:
            dispatcher.utter_message(response="utter_what_about_product", product=product)
            return slots({"last_product": product})
        said.text = with_product(earlier, product)
        said.intent = tracker.get_slot("last_topic") or ""
        said.entities["product"] = [product]
        return await answer_question(self.services, dispatcher, tracker, said) or []

    async def _of_part(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said, earlier: str
    ) -> list[EventType]:
        """The question before, asked of a part of the same appliance."""
        part = _ASIDE_OF_PART.sub("", fold(said.text))
        product = str(tracker.get_slot("last_product") or "")
        if not earlier or not part:
            dispatcher.utter_message(response="utter_not_understood")
            return []
        asked = replace(
            said,
            text=with_product(earlier, f"{product}{part}"),
            intent=tracker.get_slot("last_topic") or "",
            entities={"product": [product]} if product else {},
        )
        found = await answer_question(self.services, dispatcher, tracker, asked) or []
        return [*found, SlotSet("last_question", earlier)]


async def answer_question(
    services: ActionServices,
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    said: Said,
    *,
    admit: bool = True,
    choices: bool = True,
) -> list[EventType] | None:
    """Answer from the library; None when nothing fits and not knowing is not to be admitted, or
    when only `choices` could be given and they are not wanted.

    Below `direct_score` up to three choices are offered, or the only likely answer under its title;
    below `choice_score` nothing is said as if it were known (SPEC section 2).
    """
    product = said.product or _product_meant(tracker, said)
    query = said.text if said.product or not product else f"{product} {said.text}"
    topic = _topic(said)
    found = await services.knowledge.search(query, topic=topic, product=product or None, k=CHOICES)
    remembered = slots(
        {
            "last_question": said.text,
            "last_topic": topic or tracker.get_slot("last_topic"),
            "last_product": product or None,
            "fallbacks": 0,
        }
    )
    if best := _sure(found, services.direct_score, product):
        dispatcher.utter_message(text=spoken(best))
        return remembered
    if not choices:
        return None
    maybes = [hit for hit in found.hits if hit.score >= services.choice_score]
    if len(maybes) == 1 and not found.abstained and not _of_another(maybes[0], product):
        dispatcher.utter_message(response="utter_closest", title=maybes[0].title)
        dispatcher.utter_message(text=spoken(maybes[0]))
        return remembered
    if maybes and not found.abstained:
        dispatcher.utter_message(
            response="utter_choose",
            buttons=[
                {"title": _short(hit.title), "payload": hit.title} for hit in maybes[:CHOICES]
            ],
        )
        return remembered
    if not admit:
        return None
    _admit(dispatcher, said, _of_topic(found, said, topic, product))
    return remembered


def _admit(dispatcher: CollectingDispatcher, said: Said, perhaps: list[KnowledgeHit]) -> None:
    """Say that the answer is not known, with what may come near or a way on."""
    if perhaps:
        titles = [{"title": _short(hit.title), "payload": hit.title} for hit in perhaps]
        human = {"title": "转人工", "payload": "转人工"}
        dispatcher.utter_message(response="utter_perhaps", buttons=[*titles, human])
        return
    sorry = blames(said.text)
    dispatcher.utter_message(response="utter_do_not_know_sorry" if sorry else "utter_do_not_know")


def still_fails(said: Said, tracker: Tracker) -> bool:
    """Whether what was advised a moment ago did not help, and nothing new is asked."""
    advised = tracker.get_slot("last_topic") in ("report_fault", "ask_usage", "ask_maintenance")
    short = len(said.text) <= SHORT_QUESTION and not said.product and not said.asks
    return bool(advised and short and _STILL_FAILS.search(fold(said.text)))


def _topic(said: Said) -> str | None:
    """The topic to answer within. What cleaning costs stands among the prices, though customers
    and the classifier count all cleaning as maintenance."""
    if said.intent == "ask_maintenance" and _PRICE.search(fold(said.text)):
        return "ask_repair_price"
    return said.intent if said.intent in QUESTIONS else None


def with_product(question: str, product: str) -> str:
    """`question` with its appliance exchanged for `product`, or put before it."""
    named = [entity for entity in extract(question) if entity.type == "product"]
    if not named:
        return f"{product}{question}"
    first = named[0]
    return question[: first.start] + product + question[first.end :]


def spoken(hit: KnowledgeHit) -> str:
    """The answer as one message: one sentence plain, several steps numbered."""
    steps = [step.strip() for step in hit.steps if step.strip()]
    if len(steps) <= 1 or hit.topic not in ("ask_usage", "report_fault", "ask_maintenance"):
        return "\n".join(steps) or hit.title
    return "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))


def _sure(found: KnowledgeFound, direct_score: float, product: str) -> KnowledgeHit | None:
    if found.abstained or not found.hits:
        return None
    best = found.hits[0]
    return best if best.score >= direct_score and not _of_another(best, product) else None


def _of_topic(
    found: KnowledgeFound, said: Said, topic: str | None, product: str
) -> list[KnowledgeHit]:
    """What the library has nearest on this topic and appliance, when the topic at least is sure."""
    if topic is None or said.confidence < SURE_OF_TOPIC:
        return []
    fitting = [h for h in found.hits if h.topic == topic and not _of_another(h, product)]
    return fitting[:CHOICES]


def _of_another(hit: KnowledgeHit, product: str) -> bool:
    return bool(product and hit.product and not _same(product, hit.product))


def _same(one: str, other: str) -> bool:
    return fold(one) in fold(other) or fold(other) in fold(one)


def _product_meant(tracker: Tracker, said: Said) -> str:
    """The appliance talked of just before, when this short question names none."""
    if said.first("model") or len(said.text) > SHORT_QUESTION or said.intent not in ABOUT_PRODUCTS:
        return ""
    return canonical_product(str(tracker.get_slot("last_product") or ""))


def _short(title: str) -> str:
    return title if len(title) <= 20 else title[:19] + "…"
