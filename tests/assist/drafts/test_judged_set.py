"""The judged situations are well formed, and the figures on the held-back half hold."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from assist.drafts.check import DraftCheck
from assist.drafts.evaluation import evaluate_drafts
from assist.drafts.model import Allowance, WarningKind
from assist.drafts.situations import BUILD, HELD, read_situations
from assist.drafts.tone import ToneClassifier, shipped_classifier
from assist.drafts.train import lines, train
from assist.suggestions.empathy import EmpathyBook, Phrase
from conversations.feeling import feeling_of
from knowledge_base.seeding import seed_phrases

SITUATIONS = read_situations()
HELD_BACK = [s for s in SITUATIONS if s.split == HELD]
CHECK = DraftCheck(shipped_classifier())
BOOK = EmpathyBook(
    [Phrase(p.id, p.scene, p.need, p.stage, p.text) for p in seed_phrases()], None, CHECK
)


def test_at_most_half_may_be_built_from_and_every_kind_is_in_both_halves() -> None:
    split = Counter(situation.split for situation in SITUATIONS)
    assert len(SITUATIONS) >= 220
    assert split[BUILD] <= split[HELD]
    for half in (BUILD, HELD):
        kinds = {kind for s in SITUATIONS if s.split == half for kind in s.kinds}
        assert kinds == set(WarningKind) - {WarningKind.EMPTY_FORMULA}


def test_no_reply_and_no_situation_stands_twice() -> None:
    texts = [t for s in SITUATIONS for t in (s.good, s.formulaic, s.harmful, "".join(s.said))]
    assert [text for text, times in Counter(texts).items() if times > 1] == []
    assert len({situation.id for situation in SITUATIONS}) == len(SITUATIONS)


def test_training_never_sees_the_held_back_half() -> None:
    learned = "\n".join(text for text, _ in lines())
    for situation in HELD_BACK:
        for text in (situation.good, situation.formulaic, situation.harmful):
            assert text[:12].lower() not in learned


def test_the_figures_on_the_held_back_half_hold(tmp_path: Path) -> None:
    errors = tmp_path / "errors.jsonl"
    found = evaluate_drafts(CHECK, BOOK, HELD_BACK, Allowance(50_000), feeling_of, errors)
    assert found["harmful_recall"] >= 0.9
    assert found["false_alarm"] <= 0.1
    assert found["formulaic_found"] >= 0.85
    assert found["empathy_bare"] == 0
    assert found["latency_p95_ms"] < 50
    wrong = [json.loads(line) for line in errors.read_text("utf-8").splitlines()]
    missed = sum(error["wrong"] == "harm missed" for error in wrong)
    assert missed == round((1 - found["harmful_recall"]) * len(HELD_BACK))


def test_proposals_pass_the_draft_check() -> None:
    found = evaluate_drafts(CHECK, BOOK, SITUATIONS, Allowance(50_000), feeling_of)
    assert found["empathy_offered"] > 0.5
    assert found["empathy_clean"] == 1


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "judged.jsonl"
    path.write_text('\n{"id": "x"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read_situations(path)


def test_training_writes_what_is_shipped(tmp_path: Path) -> None:
    figures = train(tmp_path / "tone.npz")
    made = ToneClassifier.read(tmp_path / "tone.npz")
    shipped = shipped_classifier()
    assert figures["false_alarm"] <= 0.02
    assert made.rows == shipped.rows
    assert made.threshold == pytest.approx(shipped.threshold, abs=0.02)
