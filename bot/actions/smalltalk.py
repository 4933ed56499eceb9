"""Talk beside the matter."""

from __future__ import annotations

import re
from dataclasses import replace

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.folding import fold
from bot.actions.knowledge import answer_question
from bot.actions.turn import Said, ServiceAction

SURE = 0.5
_A_MACHINE = re.compile(
    r"(?:机器人?|真人|ai|人工智能|程序|电脑|活人|人).{0,4}(?:还是|吗|么|吧|是不是)|是不是.{0,4}(?:机器|真人|ai|人)|"
    r"(?:你|您)(?:到底|究竟)?是(?:谁|什么|啥|人|机器|真人)|你叫什么"
)


class SmallTalk(ServiceAction):
    """Talk without a matter; who asks whether a machine answers is told so."""

    action = "action_chitchat"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        machine = _A_MACHINE.search(fold(said.text))
        dispatcher.utter_message(response="utter_i_am_a_bot" if machine else "utter_chitchat")
        return []


class OutOfScope(ServiceAction):
    """Not ours, unless it leans on what was talked of before and the library surely knows."""

    action = "action_out_of_scope"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if tracker.get_slot("last_topic") and (said.asks or said.text.endswith(("算", "不"))):
            product = str(tracker.get_slot("last_product") or "")
            leaning = replace(
                said,
                text=said.text if said.product else f"{product}{said.text}",
                intent=str(tracker.get_slot("last_topic")),
            )
            found = await answer_question(
                self.services,
                dispatcher,
                tracker,
                leaning,
                admit=False,
                choices=said.confidence < SURE,
            )
            if found is not None:
                return found
        dispatcher.utter_message(response="utter_out_of_scope")
        return []
