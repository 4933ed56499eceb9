"""Bringing in a person: on request, after repeated misunderstanding, in an emergency."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.folding import fold
from bot.actions.knowledge import answer_question, still_fails
from bot.actions.orders import answer_order
from bot.actions.turn import (
    Said,
    ServiceAction,
    asks_for_person,
    blames,
    just_offered_human,
    slots,
)

TOLD = {
    "last_question": "刚才的问题",
    "last_product": "产品",
    "last_order_no": "查过的订单",
    "repair_product": "报修产品",
    "repair_symptom": "故障",
    "repair_time": "上门时间",
    "repair_address": "地址",
    "repair_phone": "电话",
    "repair_no": "维修单",
    "complaint_what": "投诉内容",
    "complaint_product": "投诉产品",
    "complaint_phone": "联系电话",
    "complaint_order_no": "订单号",
    "complaint_no": "投诉单",
}
"""Slots that help the agent who takes over, and what they are called."""

FALLBACKS_BEFORE_HUMAN = 2
_ABOUT_A_NUMBER = re.compile(r"单号|單號|编号|編號|工单|查")
_MOCKERY = re.compile(r"人工智[障能](?!.*(?:转|找|换|接).{0,3}人)")
_COME_HERE = re.compile(
    r"(?:叫|喊|派|让|安排)个?(?:人|师傅|你们的?人)(?:过|上门)?来(?!接|说|聊|跟|和)"
)
_LITTLE_MORE = re.compile(
    r"[\s，。,.:：]*(?:我的?|这个|是|手机号?|电话|号码|联系|方式)*[\s，。,.:：]*"
)


def hand_over(
    dispatcher: CollectingDispatcher, tracker: Tracker, reason: str, **more: Any
) -> list[EventType]:
    """Ask the gateway for a person; it queues, and says how long it takes."""
    known = {**tracker.slots, **more}
    told = {label: str(known[slot]) for slot, label in TOLD.items() if known.get(slot)}
    dispatcher.utter_message(json_message={"handoff": {"reason": reason, "slots": told}})
    return slots({"fallbacks": 0})


def raise_emergency(dispatcher: CollectingDispatcher, said: Said) -> list[EventType]:
    """Tell the gateway which hazard the bot's own rules saw."""
    dispatcher.utter_message(json_message={"emergency": {"category": said.category}})
    return []


class RequestHuman(ServiceAction):
    """The customer wants a person."""

    action = "action_request_human"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if _MOCKERY.search(fold(said.text)):
            dispatcher.utter_message(response="utter_i_am_a_bot")
            return []
        if blames(said.text) and not asks_for_person(said.text):
            return [FollowupAction("complaint_form")]
        troubled = tracker.get_slot("last_topic") == "report_fault"
        if troubled and _COME_HERE.search(fold(said.text)):
            return [FollowupAction("repair_form")]
        dispatcher.utter_message(response="utter_handoff")
        return hand_over(dispatcher, tracker, "customer asked")


class Emergency(ServiceAction):
    """A hazard rule is sure."""

    action = "action_emergency"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        return raise_emergency(dispatcher, said)


class Fallback(ServiceAction):
    """Not understood: the knowledge base has a try, then a person is offered, then fetched."""

    action = "action_fallback"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if (told := await answer_order(self.services, dispatcher, tracker, said)) is not None:
            return told
        if still_fails(said, tracker):
            dispatcher.utter_message(response="utter_still_fails")
            return slots({"fallbacks": 0})
        found = await answer_question(self.services, dispatcher, tracker, said, admit=False)
        if found is not None:
            return [*found, SlotSet("fallbacks", 0)]
        if (taken := _phone_taken(dispatcher, said)) is not None:
            return taken
        misses = int(tracker.get_slot("fallbacks") or 0) + 1
        if misses >= FALLBACKS_BEFORE_HUMAN:
            dispatcher.utter_message(response="utter_not_understood_again")
            return hand_over(dispatcher, tracker, "not understood twice")
        dispatcher.utter_message(response="utter_not_understood")
        return slots({"fallbacks": misses})


def _phone_taken(dispatcher: CollectingDispatcher, said: Said) -> list[EventType] | None:
    """What to do with a telephone number that comes with little else, or instead of a number."""
    phone = said.first("phone")
    if phone and _LITTLE_MORE.fullmatch(said.text.replace(phone, "")):
        dispatcher.utter_message(response="utter_what_with_phone")
        return slots({"fallbacks": 0})
    if phone and _ABOUT_A_NUMBER.search(said.text):
        return [FollowupAction("lookup_form")]
    return None


class YesOrNo(ServiceAction):
    """A bare yes or no, for which a message that holds an order number may be mistaken."""

    async def order_named(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType] | None:
        """Say how the order stands that the message names; None when it names none."""
        if not said.first("order_no"):
            return None
        return await answer_order(self.services, dispatcher, tracker, said)


class Affirm(YesOrNo):
    """Yes, to whatever was offered; an order number is more than a yes."""

    action = "action_affirm"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if (told := await self.order_named(dispatcher, tracker, said)) is not None:
            return told
        if just_offered_human(tracker):
            dispatcher.utter_message(response="utter_handoff")
            return hand_over(dispatcher, tracker, "customer accepted the offer")
        dispatcher.utter_message(response="utter_go_on")
        return []


class Deny(YesOrNo):
    """No, to whatever was offered; an order number is more than a no."""

    action = "action_deny"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if (told := await self.order_named(dispatcher, tracker, said)) is not None:
            return told
        if still_fails(said, tracker):
            dispatcher.utter_message(response="utter_still_fails")
            return []
        offered = just_offered_human(tracker)
        dispatcher.utter_message(response="utter_as_you_like" if offered else "utter_alright")
        return []
