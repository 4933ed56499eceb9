"""Our quick ways against the libraries' own; run with the bot's Python: `python -m unittest`."""

import unittest
from collections import Counter

import numpy as np
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.logistic_regression import QuickLogisticRegression
from bot.components.ngram_featurizer import NgramFeaturizer, abstracted

EXAMPLES = {
    "ask_warranty": ("空调保修几年啊", "冰箱 还在保吗", "质保 多久，多久？", "保修期怎么算"),
    "ask_invoice": ("发票怎么开", "电子发票发我邮箱", "AX-2025 能开专票吗", "抬头开错了咋办"),
    "greet": ("你好", "在吗在吗", "hello", "有人没"),
}
UNSEEN = ("空调发票", "☂☂", "保修吗保修吗保修吗", "洗衣机E2多少钱", "嗯")


def featurizer() -> NgramFeaturizer:
    config = {**NgramFeaturizer.get_default_config(), "alias": "ngrams", "least_examples": 1}
    found = NgramFeaturizer(config, "ngrams", None, None)
    found._vectorizer.fit([abstracted(text) for texts in EXAMPLES.values() for text in texts])
    return found


def message(text: str, ngrams: NgramFeaturizer, intent: str = "") -> Message:
    made = Message({TEXT: text, INTENT: intent} if intent else {TEXT: text})
    ngrams.process([made])
    vector = np.random.default_rng(len(text)).normal(size=(1, 6))
    made.add_features(Features(vector, FEATURE_TYPE_SENTENCE, TEXT, "encoder"))
    return made


class QuickComponents(unittest.TestCase):
    def test_ngrams_are_weighed_as_scikit_learn_does(self) -> None:
        ngrams = featurizer()
        texts = [text for texts in EXAMPLES.values() for text in texts] + list(UNSEEN)
        wanted = ngrams._vectorizer.transform([abstracted(text) for text in texts])
        analyse = ngrams._vectorizer.build_analyzer()
        for text, row in zip(texts, wanted, strict=True):
            found = ngrams._weighed(Counter(analyse(abstracted(text))))
            np.testing.assert_allclose(
                found.toarray(), row.toarray() * ngrams._config["scale"], err_msg=text
            )

    def test_intents_are_ranked_as_rasa_does(self) -> None:
        ngrams = featurizer()
        examples = [
            message(text, ngrams, intent) for intent, texts in EXAMPLES.items() for text in texts
        ]
        quick = QuickLogisticRegression({"ranking_length": 2}, "quick", None, Resource("r"))
        quick.persist = lambda: None
        quick.train(TrainingData(examples))
        rasas = LogisticRegressionClassifier({"ranking_length": 2}, "rasas", None, Resource("r"))
        rasas.clf = quick.clf
        for text in UNSEEN:
            ours, theirs = (
                classifier.process([message(text, ngrams)])[0].as_dict()
                for classifier in (quick, rasas)
            )
            self.assertEqual(ours["intent"]["name"], theirs["intent"]["name"])
            for one, other in zip(ours["intent_ranking"], theirs["intent_ranking"], strict=True):
                self.assertEqual(one["name"], other["name"])
                self.assertAlmostEqual(one["confidence"], other["confidence"], places=9)


if __name__ == "__main__":
    unittest.main()
