"""The bot's own look for hazards: the second of the two layers of SPEC section 3."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from assist.text import normalise
from assist.triage.lines import SENSITIVE
from assist.triage.rules import HazardRules


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class EmergencyRules(GraphComponent):
    """Overrides the intent with `emergency` and its `category` when a rule is sure of a hazard.

    The classifier's ranking stays as it was. Threats are the gateway's business alone: they need a
    senior, not a safety question.
    """

    def __init__(self) -> None:
        self._rules = HazardRules()

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "EmergencyRules":
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            findings = self._rules.find(normalise(message.get(TEXT) or ""))
            hazard = next((f for f in findings if f.sure and f.category not in SENSITIVE), None)
            if hazard:
                intent = {"name": "emergency", "confidence": 1.0, "category": hazard.category}
                message.set(INTENT, intent, add_to_output=True)
        return messages
