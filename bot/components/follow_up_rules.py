"""Messages that lean on the turn before: "那冰箱呢", a bare "油烟机"."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from assist.entities.folding import fold

_BESIDE_PRODUCT = re.compile(
    r"[\s，。,.?？!！~～、]*(?:那|那么|换成|如果是|要是|还有|我家|我们家|家里|的话|换)*[\s，,]*@"
    r"(?:的|呢|咧|嘞|嘛|也是|也一样|一样|吗|么|怎么样|咋样|咋办|怎么办|又|的话|是不是|也|啊|呀)*[\s，。,.?？!！~～]*"
)


_BARE_PART = re.compile(
    r"[\s，。,.]*(?:那|那么|还有)?[\s，,]*(?!.*[你我您他她它咱俺])[㐀-鿿]{1,5}?(?:呢|咧|嘞)[\s，。,.?？!！~～]*"
)
_SURE = 0.5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class FollowUpRules(GraphComponent):
    """Overrides the intent with `follow_up` when a message is an appliance and little else, or a
    part ("屏幕呢") of which the classifier makes nothing.

    The classifier's ranking stays as it was. Needs the entities.
    """

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "FollowUpRules":
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            entities = message.get(ENTITIES, [])
            intent = message.get(INTENT) or {}
            unsure = intent.get("confidence", 0.0) < _SURE or intent["name"] == "nlu_fallback"
            if not entities and unsure and _BARE_PART.fullmatch(fold(message.get(TEXT))):
                _follow_up(message)
            if len(entities) == 1 and entities[0]["entity"] in ("product", "model"):
                text, (start, end) = message.get(TEXT), _span(entities[0])
                around = fold(text[:start]) + "@" + fold(text[end:])
                if _BESIDE_PRODUCT.fullmatch(around):
                    _follow_up(message)
        return messages


def _follow_up(message: Message) -> None:
    message.set(INTENT, {"name": "follow_up", "confidence": 1.0}, add_to_output=True)


def _span(entity: Dict[Text, Any]) -> "tuple[int, int]":
    return entity["start"], entity["end"]
