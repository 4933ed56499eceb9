"""Booking a technician's visit."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.folding import fold
from bot.actions.forms import (
    LONGEST_TEXT,
    FormDialogue,
    corrects,
    moment_known,
    name_in,
    take_moment,
    take_phone,
)
from bot.actions.turn import (
    Said,
    ServiceAction,
    canonical_product,
    cleared,
    conversation_of,
    slots,
)
from foundation.errors import InvalidInput
from repairs.model import RepairRequest, Visit

OWNED = (
    "repair_product",
    "repair_symptom",
    "repair_day",
    "repair_hours",
    "repair_part",
    "repair_time",
    "repair_address",
    "repair_phone",
    "repair_name",
    "repair_consent",
    "repair_summary",
)
ASKED = ("repair_product", "repair_symptom", "repair_time", "repair_address", "repair_phone")

_DOOR = re.compile(r"\d|[一二三四五六七八九十]+(?:号|栋|幢|楼|单元|室|组|队)|村|屯|组")
_PLACE = re.compile(
    r"路|街|巷|弄|号|栋|幢|楼|单元|室|小区|花园|苑|村|镇|乡|县|区|市|大厦|广场|公寓|里|院|店|城|府|湾|庄|屯|道|家园"
)
_LEAD = re.compile(
    r"^(?:我家|家|我|俺家|咱家)?(?:的)?(?:地址|住址|住|住在|在|位于|是|就是|送到|到|改成|换成|改到)*(?:在|是|为|：|:|，|,|\s)*"
)
_VAGUE = re.compile(r"不知道|说不清|不清楚|不晓得|唔知")


class ValidateRepairForm(FormDialogue):
    """One turn of the booking: takes what the message says, in any order."""

    action = "validate_repair_form"
    form = "repair_form"
    owned = OWNED
    stopped = "utter_repair_stopped"
    noted_before = ("repair_product", "repair_symptom", "repair_address", "repair_phone")

    async def fill(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said, beginning: bool
    ) -> dict[str, Any]:
        asked = "" if beginning else str(tracker.get_slot("requested_slot") or "")
        filled: dict[str, Any] = {}
        spoke = self._fill_time(dispatcher, tracker, said, beginning, filled)
        phone, told = take_phone(dispatcher, said, asked=asked == "repair_phone")
        if phone:
            filled["repair_phone"] = phone
        if address := address_in(said, asked=asked == "repair_address"):
            filled["repair_address"] = address
        self._fill_fault(tracker, said, asked, beginning, filled)
        if name := name_in(said.text):
            filled["repair_name"] = name
        if (spoke or told) and not filled:
            filled["asides"] = int(tracker.get_slot("asides") or 0) + 1
        return filled

    def _fill_time(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said: Said,
        beginning: bool,
        filled: dict[str, Any],
    ) -> bool:
        asked = not beginning and tracker.get_slot("requested_slot") == "repair_time"
        if not (asked or said.first("date_time")):
            return False
        if beginning and not _wants_then(said.text):
            return False
        earlier = moment_known(
            *(self.known(tracker, f"repair_{part}", beginning) for part in ("day", "hours", "part"))
        )
        moment, told = take_moment(self.services, dispatcher, _without_phone(said), earlier)
        if moment is None:
            return told
        filled["repair_day"] = moment.day.isoformat() if moment.day else None
        filled["repair_hours"] = "{}-{}".format(*moment.hours) if moment.hours else None
        filled["repair_part"] = moment.part or None
        filled["repair_time"] = moment.said() if moment.day and moment.hours else None
        return told

    def _fill_fault(
        self, tracker: Tracker, said: Said, asked: str, beginning: bool, filled: dict[str, Any]
    ) -> None:
        product = said.product or said.first("model")
        if product:
            filled["repair_product"] = product
        symptoms = [*said.entities.get("symptom", [])]
        symptoms += [f"报{code.upper()}" for code in said.entities.get("fault_code", [])]
        has_one = bool(self.known(tracker, "repair_symptom", beginning))
        if symptoms and (not has_one or asked == "repair_symptom" or corrects(said.text)):
            filled["repair_symptom"] = "、".join(dict.fromkeys(symptoms))

    async def accept_plain(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> dict[str, Any]:
        asked = str(tracker.get_slot("requested_slot") or "")
        said_once_more = {"asides": int(tracker.get_slot("asides") or 0) + 1}
        if said.text.startswith("/"):
            dispatcher.utter_message(response="utter_evidence_kept")
            return said_once_more
        if asked == "repair_consent":
            if said.agrees:
                return {"repair_consent": True}
            dispatcher.utter_message(response="utter_what_to_change")
            return said_once_more
        if asked == "repair_symptom" and len(said.text) >= 2 and not said.small_talk:
            text = "说不清，请师傅现场看" if _VAGUE.search(fold(said.text)) else said.text
            return {"repair_symptom": text[:LONGEST_TEXT]}
        if asked == "repair_product" and plausible_product(said):
            return {"repair_product": canonical_product(said.text)}
        if asked == "repair_address":
            place = bool(_PLACE.search(said.text)) and len(said.text) >= 3
            dispatcher.utter_message(
                response="utter_address_door" if place else "utter_address_unclear"
            )
        elif asked == "repair_phone":
            dispatcher.utter_message(response="utter_phone_missing")
        elif asked == "repair_time":
            dispatcher.utter_message(response="utter_time_unclear")
        return said_once_more

    async def conclude(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said: Said,
        known: dict[str, Any],
        beginning: bool,
    ) -> dict[str, Any]:
        if beginning:
            dispatcher.utter_message(response="utter_repair_begin")
        if not all(known.get(name) for name in ASKED):
            return {"asides": int(tracker.get_slot("asides") or 0) + 1}
        if beginning is False and tracker.get_slot("requested_slot") == "repair_consent":
            changed = [n for n in ASKED if known[n] != tracker.get_slot(n)]
            if changed:
                dispatcher.utter_message(response="utter_changed")
        return {"repair_summary": summary(known)}


class AskRepairTime(ServiceAction):
    """Asks for what is still open of the visiting time."""

    action = "action_ask_repair_time"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if day := tracker.get_slot("repair_day"):
            spoken = moment_known(day, None, None).said()
            dispatcher.utter_message(response="utter_ask_hours", day=spoken)
        elif part := tracker.get_slot("repair_part"):
            dispatcher.utter_message(response="utter_ask_day", part=part)
        else:
            dispatcher.utter_message(response="utter_ask_when")
        return []


class SubmitRepair(ServiceAction):
    """Makes the booking once the customer has agreed to its summary."""

    action = "action_submit_repair"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if not tracker.get_slot("repair_consent"):
            return []
        moment = moment_known(
            *(tracker.get_slot(f"repair_{part}") for part in ("day", "hours", "part"))
        )
        assert moment.day is not None
        assert moment.hours is not None
        request = RepairRequest(
            product=str(tracker.get_slot("repair_product")),
            symptom=str(tracker.get_slot("repair_symptom")),
            visit=Visit(moment.day, *moment.hours),
            address=str(tracker.get_slot("repair_address")),
            phone=str(tracker.get_slot("repair_phone")),
            name=str(tracker.get_slot("repair_name") or ""),
            conversation_id=conversation_of(tracker),
        )
        try:
            booking = await self.services.repairs.book(request)
        except InvalidInput:
            dispatcher.utter_message(response="utter_day_past")
            return cleared(OWNED)
        dispatcher.utter_message(
            response="utter_repair_booked", number=booking.no, visit=moment.said()
        )
        return [*cleared(OWNED), *slots({"repair_no": booking.no})]


def summary(known: dict[str, Any]) -> str:
    """What is going to be booked, one thing a line."""
    lines = [
        f"产品：{known['repair_product']}",
        f"故障：{known['repair_symptom']}",
        f"时间：{known['repair_time']}",
        f"地址：{known['repair_address']}",
        f"电话：{known['repair_phone']}",
    ]
    if known.get("repair_name"):
        lines.append(f"联系人：{known['repair_name']}")
    return "\n".join(lines)


def plausible_product(said: Said) -> bool:
    """Whether a short text may name an appliance that our list does not know."""
    doubtful = said.small_talk or said.agrees or said.asks or _VAGUE.search(fold(said.text))
    return 2 <= len(said.text) <= 12 and not doubtful


def address_in(said: Said, *, asked: bool) -> str:
    """An address one can drive to; a city or street alone is none, unless nothing better comes."""
    named = "".join(said.entities.get("address", []))
    if named and _DOOR.search(named) and len(named) >= 5:
        return named
    if not asked or said.text.startswith("/"):
        return ""
    rest = _without_phone(said)
    for moment in said.entities.get("date_time", []):
        rest = rest.replace(moment, " ")
    rest = _LEAD.sub("", rest.strip(" ，,。.;；"))
    rest = re.sub(r"\s{2,}", " ", rest).strip(" ，,。.;；")
    good = len(rest) >= 5 and _DOOR.search(rest) and _PLACE.search(rest)
    return rest[:200] if good and not re.fullmatch(r"[\d\s-]+", rest) else ""


def _without_phone(said: Said) -> str:
    text = said.text
    for phone in said.entities.get("phone", []):
        text = text.replace(phone, " ")
    return text


def _wants_then(text: str) -> bool:
    """Whether the time in a first message is the wished one, not when it broke."""
    return not re.search(r"昨|前天|上周|上个|上礼拜|去年|以前|刚才|开始|之前|刚刚|买的", fold(text))
