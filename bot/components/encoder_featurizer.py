"""Sentence vectors of our encoder as dense features."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, List, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assist.encoder.runtime import OnnxEncoder
from assist.text import normalise

DEFAULT_ENCODER = Path(__file__).resolve().parents[2] / "var" / "models" / "encoder"
CENTRE_FILE = "centre.npz"


class EncoderChanged(RuntimeError):
    """The encoder on disk is not the one the bot was trained with."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The encoder in {path} changed since training; run `frontline train-bot`."
        )


def encoder_path() -> Path:
    """Folder of the encoder: FRONTLINE_ENCODER_MODEL, else the built default."""
    return Path(os.environ.get("FRONTLINE_ENCODER_MODEL") or DEFAULT_ENCODER)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class EncoderFeaturizer(DenseFeaturizer, GraphComponent):
    """Centres the encoder's vectors on the training examples and scales them by `scale`.

    Raw vectors crowd together (DESIGN section 4); the scale is the classifier's regularisation.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {**DenseFeaturizer.get_default_config(), "scale": 10.0}

    def __init__(
        self,
        config: Dict[Text, Any],
        name: Text,
        model_storage: ModelStorage,
        resource: Resource,
    ) -> None:
        super().__init__(name, config)
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._encoder = OnnxEncoder(encoder_path())
        self._centre = np.zeros(self._encoder.dimension, dtype=np.float32)

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "EncoderFeaturizer":
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "EncoderFeaturizer":
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            kept = np.load(folder / CENTRE_FILE)
        if str(kept["identity"]) != component._encoder.identity:
            raise EncoderChanged(encoder_path())
        component._centre = kept["centre"]
        return component

    def train(self, training_data: TrainingData) -> Resource:
        texts = [m.get(TEXT) for m in training_data.intent_examples if m.get(TEXT)]
        self._centre = self._encode(texts).mean(axis=0)
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / CENTRE_FILE, centre=self._centre, identity=self._encoder.identity)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        spoken = [m for m in messages if m.get(TEXT)]
        if not spoken:
            return messages
        vectors = (self._encode([m.get(TEXT) for m in spoken]) - self._centre) * float(
            self._config["scale"]
        )
        for message, vector in zip(spoken, vectors, strict=True):
            message.add_features(
                Features(
                    vector[np.newaxis, :],
                    FEATURE_TYPE_SENTENCE,
                    TEXT,
                    self._config[FEATURIZER_CLASS_ALIAS],
                )
            )
        return messages

    def _encode(self, texts: List[Text]) -> np.ndarray:
        return self._encoder.encode([normalise(text) for text in texts])

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Nothing to check."""
