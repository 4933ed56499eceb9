"""Thanks for a rating, and a hand held out when it is a bad one."""

from __future__ import annotations

import re

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.folding import fold
from bot.actions.turn import Said, ServiceAction

_UNHAPPY = re.compile(
    r"差评|不满意|不满|(?<!\d)[012][星分颗]|[零一两二]颗?[星分]|太差|很差|垃圾|失望|糟|踩|👎|呵呵|不行|恶心|一般"
)
_IDEA = re.compile(r"建议|希望|最好能|要是能|能不能加|意见")


class Feedback(ServiceAction):
    """A rating, praise or a suggestion."""

    action = "action_feedback"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        text = fold(said.text)
        if _IDEA.search(text):
            dispatcher.utter_message(response="utter_feedback_idea")
            return []
        if _UNHAPPY.search(text):
            dispatcher.utter_message(response="utter_feedback_sorry")
            return []
        dispatcher.utter_message(response="utter_feedback_thanks")
        return []
