"""Train the tone classifier: `python -m assist.drafts.train` (CPU, seconds).

Learns from `data/tone_lines.txt`, from the build half of the judged situations and, as harmless
sentences, from the empathy phrases of the shipped library; never from the held-back half. Prints
what cross-validation says and writes `weights/tone.npz`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from assist.drafts.clauses import sentences
from assist.drafts.model import TONES
from assist.drafts.situations import BUILD, read_situations
from assist.drafts.tone import WEIGHTS_FILE, pieces_of
from assist.entities.folding import fold
from knowledge_base.seeding import seed_phrases

LINES_FILE = Path(__file__).parent / "data" / "tone_lines.txt"
HARMLESS = "ok"
_FOLDS = 5
_SLOT = re.compile(r"\{\w+\}")
_STRENGTH = 10.0
_FALSE_ALARMS = 0.015
"""Share of harmless sentences that may be named in cross-validation."""


def lines() -> list[tuple[str, str]]:
    """Folded sentences and their kind (`ok` or one of `TONES`)."""
    rows = (line.partition("\t") for line in LINES_FILE.read_text("utf-8").splitlines())
    found = [(fold(text), kind) for kind, _, text in rows if text]
    for phrase in seed_phrases():
        plain = _SLOT.sub("这个", phrase.text)
        found += [(piece.text, HARMLESS) for piece in sentences(fold(plain))]
    for situation in read_situations():
        if situation.split != BUILD:
            continue
        for text in (situation.good, situation.formulaic):
            found += [(piece.text, HARMLESS) for piece in sentences(fold(text))]
        if (kind := situation.kinds[0]) in TONES:
            found += [(piece.text, kind.value) for piece in sentences(fold(situation.harmful))]
    return found


def train(target: Path = WEIGHTS_FILE) -> dict[str, float]:
    """Fit, choose the threshold by cross-validation, write; figures of the cross-validation."""
    texts, labels = zip(*lines(), strict=True)
    kinds = [HARMLESS, *(kind.value for kind in TONES)]
    targets = np.array([kinds.index(label) for label in labels])
    counter = TfidfVectorizer(analyzer=pieces_of, sublinear_tf=True, min_df=2)
    model = LogisticRegression(C=_STRENGTH, max_iter=2000, class_weight="balanced")
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    both = make_pipeline(counter, model)
    shares = cross_val_predict(both, texts, targets, cv=folds, method="predict_proba")
    harm, harmless = 1 - shares[:, 0], targets == 0
    threshold = float(np.quantile(harm[harmless], 1 - _FALSE_ALARMS))
    both.fit(texts, targets)
    target.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        target,
        kinds=np.array(kinds[1:]),
        pieces=np.frombuffer("\n".join(counter.get_feature_names_out()).encode(), dtype=np.uint8),
        rarity=counter.idf_.astype(np.float16),
        weight=model.coef_.T.astype(np.float16),
        bias=model.intercept_.astype(np.float32),
        threshold=np.float32(threshold),
    )
    return {
        "sentences": float(len(texts)),
        "harmful": float((~harmless).sum()),
        "threshold": threshold,
        "recall": float((harm[~harmless] >= threshold).mean()),
        "false_alarm": float((harm[harmless] >= threshold).mean()),
        "kind_right": float((shares[:, 1:].argmax(axis=1) + 1 == targets)[~harmless].mean()),
    }


if __name__ == "__main__":
    for name, value in train().items():
        print(f"{name} {value:.3f}")
