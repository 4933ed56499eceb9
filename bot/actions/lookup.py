"""Looking up what was registered: a repair's progress, moving or cancelling it, a complaint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.folding import fold
from assist.entities.moments import PARTS, Moment
from bot.actions.forms import FormDialogue, moment_known, take_moment, take_phone
from bot.actions.orders import answer_order
from bot.actions.services import Booking, ComplaintStatus, Kept
from bot.actions.turn import Said, blames, buttons, cleared, conversation_of, leave_form
from foundation.errors import IllegalMove, InvalidInput, NotFound
from repairs.model import Visit

OWNED = (
    "lookup_task",
    "lookup_no",
    "lookup_day",
    "lookup_hours",
    "lookup_part",
    "lookup_misses",
    "lookup_done",
)
TASKS = {
    "ask_repair_progress": "progress",
    "reschedule_repair": "reschedule",
    "cancel_repair": "cancel",
    "ask_complaint_status": "complaint",
}
MISSES_BEFORE_HUMAN = 2
TOLD_AT_ONCE = 3
OPEN = ("booked", "rescheduled")
LONGEST_WORD = 500

_CALLS_OFF = re.compile(r"取消|不修了|不用来了|不约了|算了|别来了")
_UNSOLVED = re.compile(
    r"[没未](?:有)?(?:解决|修好|处理好|弄好|搞定|好利索)|不满意|还是(?:老样子|坏|不行|那样|漏|响)|"
    r"又(?:坏|漏|响|不|出|开始|犯|停|跳|报)|重新.{0,4}(?:处理|修|弄)|白修"
)
_URGING = re.compile(
    r"催|加急|快点|快些|抓紧|赶紧|尽快|几天了|多少天了|好久了|等了|还没(?:动静|人|消息|结果)|拖"
)

_REPAIR_NO = re.compile(r"(?:wx)?[\s-]*(20\d{2}[\s-]?\d{2}[\s-]?\d{2})[\s-]*(\d{1,6})(?!\d)")
_COMPLAINT_NO = re.compile(r"(?:ts)?[\s-]*(20\d{2}[\s-]?\d{2}[\s-]?\d{2})[\s-]*(\d{1,6})(?!\d)")
_COMPLAINT_STATES = {
    "received": "已收到，正在登记核实",
    "registered": "已登记，正在核实情况",
    "rejected": "经核实没有受理",
    "verified": "情况已核实，正在评估",
    "assessed": "已评估，正在拟处理方案",
    "planned": "处理方案已经拟好",
    "awaiting_approval": "处理方案在审批",
    "executing": "正在按方案处理",
    "resolved": "已处理完，等您确认",
    "confirmed": "已处理完并确认",
    "archived": "已结案",
}


class ValidateLookupForm(FormDialogue):
    """One turn of a look-up; does the thing itself as soon as it knows enough."""

    action = "validate_lookup_form"
    form = "lookup_form"
    owned = OWNED
    stopped = "utter_lookup_stopped"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if said.first("order_no") and not (said.first("phone") or said.first("complaint_no")):
            told = await answer_order(self.services, dispatcher, tracker, said)
            if told is not None:
                return [*told, *cleared(self.owned), *leave_form()]
        return await super().act(dispatcher, tracker, said)

    async def fill(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said, beginning: bool
    ) -> dict[str, Any]:
        task = (
            TASKS.get(said.intent, "progress")
            if beginning
            else str(tracker.get_slot("lookup_task"))
        )
        if task == "reschedule" and not beginning and _CALLS_OFF.search(fold(said.text)):
            task = "cancel"
        filled: dict[str, Any] = {}
        if beginning or task != str(tracker.get_slot("lookup_task")):
            filled["lookup_task"] = task
        if task == "progress" and await self._means_complaint(tracker, said):
            task = "complaint"
            filled["lookup_task"] = task
        if task == "complaint":
            turned = beginning or tracker.get_slot("lookup_task") != "complaint"
            return {**filled, **await self._complaint(dispatcher, tracker, said, turned)}
        number = self._number(tracker, said, beginning)
        if not number:
            kept = await self._search(dispatcher, tracker, said, task, beginning)
            number = kept.pop("number", "")
            filled.update(kept)
        if not number:
            again = task == "cancel" and not beginning and said.intent == "cancel_repair"
            missed = again and not filled
            return self._missed(dispatcher, tracker, "utter_repair_key") if missed else filled
        booking = await self.services.repairs.find(number)
        if booking is None:
            return {**filled, **self._missed(dispatcher, tracker, "utter_repair_not_found")}
        filled["lookup_no"] = booking.no
        if task == "progress" or booking.state not in OPEN:
            tell_repairs(dispatcher, [booking])
            return {**filled, "lookup_done": True}
        change = self._cancel if task == "cancel" else self._reschedule
        return {**filled, **await change(dispatcher, tracker, said, booking, beginning)}

    async def accept_plain(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> dict[str, Any]:
        task = tracker.get_slot("lookup_task")
        response = "utter_complaint_key" if task == "complaint" else "utter_repair_key"
        return self._missed(dispatcher, tracker, response)

    async def conclude(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said: Said,
        known: dict[str, Any],
        beginning: bool,
    ) -> dict[str, Any]:
        asked_already = known.get("lookup_no") or known.get("lookup_misses")
        if beginning and not asked_already and not known.get("lookup_done"):
            if _URGING.search(fold(said.text)) or blames(said.text):
                dispatcher.utter_message(response="utter_sorry_to_wait")
            complaint = known.get("lookup_task") == "complaint"
            dispatcher.utter_message(
                response="utter_complaint_key" if complaint else "utter_repair_key"
            )
        return {"asides": int(tracker.get_slot("asides") or 0) + 1}

    async def _means_complaint(self, tracker: Tracker, said: Said) -> bool:
        """Whether a complaint is asked about, though it sounds like a repair: its number is named,
        or what was complained of is still not solved and no repair is known."""
        if said.first("complaint_no"):
            return True
        if said.first("phone") or not _UNSOLVED.search(fold(said.text)):
            return False
        conversation = conversation_of(tracker)
        if await self.services.repairs.of_conversation(conversation):
            return False
        return bool(await self.services.complaints.of_customer(conversation))

    def _number(self, tracker: Tracker, said: Said, beginning: bool) -> str:
        if match := _REPAIR_NO.search(_without_phones(said)):
            return "WX" + re.sub(r"\D", "", match[1]) + match[2]
        return str(self.known(tracker, "lookup_no", beginning) or "")

    async def _search(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said: Said,
        task: str,
        beginning: bool,
    ) -> dict[str, Any]:
        """`number` of the one booking meant, else what to keep after asking which or telling."""
        phone, told = take_phone(dispatcher, said, asked=not beginning)
        if told:
            return {"lookup_misses": 1}
        bookings = await self._candidates(tracker, phone, task, beginning)
        if len(bookings) == 1:
            return {"number": bookings[0].no}
        if bookings and task == "progress":
            tell_repairs(dispatcher, bookings)
            return {"lookup_done": True}
        if bookings:
            dispatcher.utter_message(
                response="utter_which_repair",
                buttons=buttons(booking.no for booking in bookings[:TOLD_AT_ONCE]),
            )
            return {"lookup_misses": 1}
        if phone and task == "progress" and (found := await self._complaints_of(phone)):
            dispatcher.utter_message(text="\n".join(map(complaint_told, found[:TOLD_AT_ONCE])))
            return {"lookup_done": True}
        return self._missed(dispatcher, tracker, "utter_repair_phone_unknown") if phone else {}

    async def _complaints_of(self, phone: str) -> Sequence[ComplaintStatus]:
        return await self.services.complaints.by_phone(phone)

    async def _candidates(
        self, tracker: Tracker, phone: str, task: str, beginning: bool
    ) -> Sequence[Booking]:
        desk = self.services.repairs
        found: Sequence[Booking] = []
        if phone:
            found = await desk.by_phone(phone)
        elif beginning:
            found = await desk.of_conversation(conversation_of(tracker))
        return found if task == "progress" else [b for b in found if b.state in OPEN]

    async def _cancel(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said: Said,
        booking: Booking,
        beginning: bool,
    ) -> dict[str, Any]:
        asked = (
            not beginning
            and tracker.get_slot("lookup_task") == "cancel"
            and tracker.get_slot("lookup_no") == booking.no
        )
        if asked and (said.agrees or said.intent == "cancel_repair" or "取消" in said.text):
            try:
                await self.services.repairs.cancel(booking.no, said.text[:200])
            except (IllegalMove, NotFound):
                dispatcher.utter_message(response="utter_repair_not_found")
                return {"lookup_done": True}
            dispatcher.utter_message(response="utter_repair_cancelled", number=booking.no)
            return {"lookup_done": True}
        if asked:
            dispatcher.utter_message(response="utter_repair_kept", number=booking.no)
            return {"lookup_done": True}
        dispatcher.utter_message(
            response="utter_cancel_sure",
            number=booking.no,
            product=booking.product,
            visit=visit_said(booking.visit),
        )
        return {}

    async def _reschedule(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said: Said,
        booking: Booking,
        beginning: bool,
    ) -> dict[str, Any]:
        earlier = moment_known(
            *(self.known(tracker, f"lookup_{part}", beginning) for part in ("day", "hours", "part"))
        )
        text = _REPAIR_NO.sub(" ", _without_phones(said))
        moment, told = take_moment(self.services, dispatcher, text, earlier)
        if moment is None:
            if not told:
                dispatcher.utter_message(
                    response="utter_move_to_when",
                    number=booking.no,
                    visit=visit_said(booking.visit),
                )
            return {}
        if moment.day is None or moment.hours is None:
            response = "utter_ask_hours" if moment.day else "utter_ask_day"
            dispatcher.utter_message(response=response, day=moment.said(), part=moment.part)
            return _moment_slots(moment)
        try:
            moved = await self.services.repairs.reschedule(
                booking.no, Visit(moment.day, *moment.hours)
            )
        except (IllegalMove, NotFound, InvalidInput):
            dispatcher.utter_message(response="utter_outside_hours")
            return {}
        dispatcher.utter_message(
            response="utter_repair_moved", number=moved.no, visit=visit_said(moved.visit)
        )
        return {"lookup_done": True}

    async def _complaint(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said, beginning: bool
    ) -> dict[str, Any]:
        desk = self.services.complaints
        if match := _COMPLAINT_NO.search(_without_phones(said)):
            number = "TS" + re.sub(r"\D", "", match[1]) + "-" + match[2]
            status = await desk.find(number)
            if status is None:
                return self._missed(dispatcher, tracker, "utter_complaint_not_found")
            await self._tell_complaint(dispatcher, tracker, said, status)
            return {"lookup_done": True}
        phone, told = take_phone(dispatcher, said, asked=not beginning)
        if told:
            return {"lookup_misses": 1}
        found: Sequence[ComplaintStatus] = []
        if phone:
            found = await desk.by_phone(phone)
            if not found:
                return self._missed(dispatcher, tracker, "utter_complaint_phone_unknown")
        elif beginning:
            found = await desk.of_customer(conversation_of(tracker))
        if not found:
            return {}
        if len(found) == 1:
            await self._tell_complaint(dispatcher, tracker, said, found[0])
        else:
            told_all = (complaint_told(status) for status in found[:TOLD_AT_ONCE])
            dispatcher.utter_message(text="\n".join(told_all))
        return {"lookup_done": True}

    async def _tell_complaint(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said: Said,
        status: ComplaintStatus,
    ) -> None:
        """Where it stands; that it is urged or still not solved is kept in its record."""
        text = fold(said.text)
        unsolved = bool(_UNSOLVED.search(text))
        if unsolved or _URGING.search(text):
            kept = await self.services.complaints.add_word(
                status.no, conversation_of(tracker), said.text[:LONGEST_WORD], unsolved=unsolved
            )
            if kept is Kept.REOPENED:
                dispatcher.utter_message(response="utter_complaint_reopened", number=status.no)
                return
            if kept is Kept.NOTED:
                dispatcher.utter_message(response="utter_complaint_urged", number=status.no)
        dispatcher.utter_message(text=complaint_told(status))

    def _missed(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, response: str
    ) -> dict[str, Any]:
        misses = int(tracker.get_slot("lookup_misses") or 0) + 1
        if misses > MISSES_BEFORE_HUMAN:
            dispatcher.utter_message(response="utter_lookup_human")
            return {"lookup_done": True}
        dispatcher.utter_message(response=response)
        return {"lookup_misses": misses}


def tell_repairs(dispatcher: CollectingDispatcher, bookings: Sequence[Booking]) -> None:
    """Where bookings stand, without what only their owner should hear."""
    for booking in bookings[:TOLD_AT_ONCE]:
        dispatcher.utter_message(
            response=f"utter_repair_is_{booking.state}",
            number=booking.no,
            product=booking.product,
            visit=visit_said(booking.visit),
        )


def complaint_told(status: ComplaintStatus) -> str:
    """Where a complaint stands."""
    state = _COMPLAINT_STATES.get(status.state, "正在处理")
    return f"投诉 {status.no} 目前的状态：{state}。有新进展会第一时间联系您。"


def visit_said(visit: Visit) -> str:
    """A visit read back: `11月6日（周四）上午`."""
    hours = (visit.from_hour, visit.to_hour)
    part = next((name for name, span in PARTS.items() if span == hours), "")
    return Moment(visit.day, hours, part or f"{hours[0]}:00-{hours[1]}:00").said()


def _moment_slots(moment: Moment) -> dict[str, Any]:
    return {
        "lookup_day": moment.day.isoformat() if moment.day else None,
        "lookup_hours": "{}-{}".format(*moment.hours) if moment.hours else None,
        "lookup_part": moment.part or None,
    }


def _without_phones(said: Said) -> str:
    text = fold(said.text)
    for typed in (*said.entities.get("phone", []), *said.entities.get("order_no", [])):
        text = text.replace(fold(typed), " ")
    return text
