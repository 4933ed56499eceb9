"""What all forms share: ways out, questions in between, and the visiting time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.folding import fold
from assist.entities.moments import Moment, read_moment
from assist.entities.phones import PhoneFault, PhoneReading, read_phone
from bot.actions.handoff import hand_over, raise_emergency
from bot.actions.knowledge import answer_question
from bot.actions.orders import answer_order, asks_about_order
from bot.actions.services import ActionServices
from bot.actions.turn import QUESTIONS, Said, ServiceAction, cleared, leave_form, slots
from bot.actions.wishes import questions_beside
from repairs.model import DAYS_AHEAD, FIRST_HOUR, LAST_HOUR

EVIDENCE = "/add_evidence"
SURE_OF_SWITCH = 0.5
LONGEST_TEXT = 600
MISSES_BEFORE_WAY_OUT = 3

_NAME = re.compile(
    r"(?:我叫|姓名是?|名字是?|联系人是?|我是)[:：\s]*([㐀-鿿]{2,4}|[㐀-鿿](?:先生|女士|小姐))(?![㐀-鿿])"
    r"|^\s*([㐀-鿿]{2,3})[\s,，、]*(?=(?:\+?86)?1[3-9]\d)"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆"
    "范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常欧康齐葛"
)
_HINT_OF_CORRECTION = re.compile(r"改|换成|错|不是|应该是|不对|写成|更正")


@dataclass(frozen=True)
class Switch:
    """Which intents begin another form."""

    forms: tuple[tuple[str, str], ...] = (
        ("file_complaint", "complaint_form"),
        ("book_repair", "repair_form"),
        ("ask_complaint_status", "lookup_form"),
        ("ask_repair_progress", "lookup_form"),
    )

    def target(self, said: Said, current: str) -> str:
        """The other form this message begins, or an empty string."""
        form = dict(self.forms).get(said.intent, "")
        return form if form != current and said.confidence >= SURE_OF_SWITCH else ""


class FormDialogue(ServiceAction):
    """One turn inside a form; subclasses say how it is filled.

    The dialogue decides what a message is by what it fills, not by its intent alone: an answer such
    as an address may look like any intent.
    """

    form = ""
    owned: tuple[str, ...] = ()
    stopped = ""
    noted_before: tuple[str, ...] = ()
    """Asked slots before which an answer to something else is acknowledged."""

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        beginning = tracker.get_slot("requested_slot") is None
        if said.intent == "emergency":
            return [*raise_emergency(dispatcher, said), *cleared(self.owned), *leave_form()]
        if said.wants_human and not beginning:
            dispatcher.utter_message(response="utter_handoff")
            handed = hand_over(dispatcher, tracker, f"customer asked during {self.form}")
            return [*handed, *cleared(self.owned), *leave_form()]
        answered = await self._beside(dispatcher, tracker, said) if beginning else []
        values: dict[str, Any] = dict.fromkeys(self.owned) if beginning else {}
        filled = (
            {}
            if self._is_digression(said, tracker, beginning)
            else await self.fill(dispatcher, tracker, said, beginning)
        )
        if not beginning and not filled:
            events = await self._aside(dispatcher, tracker, said)
            if events is not None:
                return events
            filled = await self.accept_plain(dispatcher, tracker, said)
        asked = tracker.get_slot("requested_slot")
        values.update(filled)
        if not beginning:
            values["form_misses"] = self._misses(dispatcher, tracker, filled)
            if filled.keys() & set(self.owned) and self._left_open(asked, filled):
                dispatcher.utter_message(response="utter_noted")
        known = {
            name: values.get(name, self.known(tracker, name, beginning)) for name in self.owned
        }
        values.update(await self.conclude(dispatcher, tracker, said, known, beginning))
        return [*answered, *slots(values), *self.ending(values)]

    async def _beside(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        """Answer the question that stands beside the wish that began this form, if surely known
        and not told a moment ago."""
        questions = questions_beside(said.text)
        if not questions or tracker.get_slot("last_question") in questions:
            return []
        asked = replace(said, text=questions[0], intent="")
        found = await answer_question(
            self.services, dispatcher, tracker, asked, admit=False, choices=False
        )
        return found or []

    async def fill(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said, beginning: bool
    ) -> dict[str, Any]:
        """Slots that this message surely fills."""
        raise NotImplementedError

    async def accept_plain(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> dict[str, Any]:
        """Take the text itself for the slot that was asked, or say what is missing."""
        raise NotImplementedError

    async def conclude(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said: Said,
        known: dict[str, Any],
        beginning: bool,
    ) -> dict[str, Any]:
        """Slots that follow from the others, such as the summary."""
        raise NotImplementedError

    def ending(self, values: dict[str, Any]) -> list[EventType]:
        """Events that end the form early; none by default."""
        return []

    def known(self, tracker: Tracker, name: str, beginning: bool) -> Any:
        """What a slot of this form holds; nothing of an earlier round."""
        return None if beginning else tracker.get_slot(name)

    def _is_digression(self, said: Said, tracker: Tracker, beginning: bool) -> bool:
        if beginning:
            return False
        if asks_about_order(said):
            return not {"phone", "address"} & said.entities.keys()
        answers = {"phone", "address", "date_time"} & said.entities.keys()
        return not answers and said.intent in QUESTIONS - {"report_fault"} and said.asks

    def _left_open(self, asked: str, filled: dict[str, Any]) -> bool:
        """Whether what was asked is still open although something was said."""
        return asked in self.noted_before and not filled.get(asked)

    def _misses(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, filled: dict[str, Any]
    ) -> int:
        """Turns in a row that filled nothing; a way out is shown at the third."""
        if filled.keys() & set(self.owned):
            return 0
        misses = int(tracker.get_slot("form_misses") or 0) + 1
        if misses == MISSES_BEFORE_WAY_OUT:
            dispatcher.utter_message(response="utter_form_stuck")
        return misses

    async def _aside(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType] | None:
        """Leave, switch, or answer a question in between; None when it is none of these."""
        aside = slots({"asides": int(tracker.get_slot("asides") or 0) + 1})
        if asks_about_order(said):
            await answer_order(self.services, dispatcher, tracker, said, in_form=True)
            dispatcher.utter_message(response="utter_back_to_form")
            return aside
        if said.stops or said.intent == "cancel_repair":
            dispatcher.utter_message(response=self.stopped)
            return [*cleared(self.owned), *leave_form()]
        if said.intent == "goodbye" and said.confidence >= SURE_OF_SWITCH and len(said.text) > 1:
            dispatcher.utter_message(response=self.stopped)
            return [*cleared(self.owned), *leave_form()]
        if form := Switch().target(said, self.form):
            return [*cleared(self.owned), *leave_form(), FollowupAction(form)]
        if said.intent in QUESTIONS and said.asks:
            if await answer_order(self.services, dispatcher, tracker, said, in_form=True) is None:
                await answer_question(self.services, dispatcher, tracker, said)
            return aside
        return None


def phone_told(dispatcher: CollectingDispatcher, reading: PhoneReading) -> None:
    """Say what is wrong with a phone number."""
    if reading.fault is PhoneFault.TOO_SHORT:
        missing = 11 - len(reading.digits)
        dispatcher.utter_message(response="utter_phone_short", missing=str(missing))
    elif reading.fault is PhoneFault.TOO_LONG:
        more = len(reading.digits) - 11
        dispatcher.utter_message(response="utter_phone_long", more=str(more))
    else:
        dispatcher.utter_message(response="utter_phone_wrong")


def take_phone(dispatcher: CollectingDispatcher, said: Said, *, asked: bool) -> tuple[str, bool]:
    """The phone in a message, and whether something was said about it."""
    text = said.text
    for number in (*said.entities.get("order_no", []), *said.entities.get("complaint_no", [])):
        text = text.replace(number, " ")
    reading = read_phone(text)
    if reading is None:
        return "", False
    if reading.number:
        return reading.number, False
    if asked or (len(reading.digits) >= 9 and reading.digits.startswith("1")):
        phone_told(dispatcher, reading)
        return "", True
    return "", False


def name_in(text: str) -> str:
    """The customer's name when he says it, else empty."""
    match = _NAME.search(text)
    if match is None:
        return ""
    name = match[1] or match[2]
    return name if name[0] in _SURNAMES else ""


def corrects(text: str) -> bool:
    """Whether a message sounds like a correction."""
    return bool(_HINT_OF_CORRECTION.search(fold(text)))


def moment_known(known_day: Any, known_hours: Any, known_part: Any) -> Moment:
    """The moment kept in slots (`2025-11-06`, `8-12`, `上午`)."""
    hours = None
    if known_hours:
        start, end = str(known_hours).split("-")
        hours = (int(start), int(end))
    return Moment(
        date.fromisoformat(known_day) if known_day else None, hours, str(known_part or "")
    )


def moment_fault(services: ActionServices, moment: Moment) -> str:
    """The response that says why a visit cannot be then, or empty when it can."""
    now = services.now()
    if moment.day and moment.day < now.date():
        return "utter_day_past"
    if moment.day and (moment.day - now.date()).days > DAYS_AHEAD:
        return "utter_day_too_far"
    if moment.hours and not (FIRST_HOUR <= moment.hours[0] < moment.hours[1] <= LAST_HOUR):
        return "utter_outside_hours"
    if moment.day == now.date() and moment.hours and moment.hours[1] <= now.hour + 1:
        return "utter_hour_past"
    if moment.day == now.date() and moment.hours is None and now.hour >= LAST_HOUR - 2:
        return "utter_hour_past"
    return ""


def take_moment(
    services: ActionServices,
    dispatcher: CollectingDispatcher,
    text: str,
    earlier: Moment,
) -> tuple[Moment | None, bool]:
    """The visiting time in `text` joined with what was known, and whether something was said."""
    read = read_moment(text, services.today(), earlier.day)
    if read == Moment():
        return None, False
    fault = moment_fault(services, read)
    if fault:
        dispatcher.utter_message(response=fault)
        return None, True
    joined = read.filled_from(earlier)
    if fault := moment_fault(services, joined):
        dispatcher.utter_message(response=fault)
        return Moment(joined.day) if fault == "utter_outside_hours" else None, True
    return joined, False
