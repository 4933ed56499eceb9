"""Rules with guards, the combination with the classifier, windows over long messages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.text import normalise
from assist.triage.calibrate import choose
from assist.triage.classifier import WINDOW_CHARS, Judgement, windows
from assist.triage.lines import CLASSES, HAZARDS, ROUTINE, SENSITIVE
from assist.triage.rules import Finding, HazardRules
from assist.triage.triage import Thresholds, Triage, decide

LIMITS = Thresholds(
    confirm=0.8,
    ask=0.3,
    confirm_with_rule=0.25,
    ask_with_rule=0.06,
    sensitive=0.5,
    sensitive_with_rule=0.2,
)


@pytest.fixture(scope="module")
def rules() -> HazardRules:
    return HazardRules()


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("厨房一股煤气味，快来人", "gas_leak"),
        ("插座冒烟了怎么办", "fire_smoke"),
        ("刚才洗手被电了一下", "electric_shock"),
        ("手机电池鼓包了还能用吗", "explosion_battery"),
        ("开着热水器洗澡，头晕想吐", "carbon_monoxide"),
        ("水漏进插排里了，漏水还在流", "water_electric"),
        ("空调外机快掉下来了", "structural"),
        ("我不想活了", "self_harm"),
    ],
)
def test_a_hazard_named_outright_is_sure(rules: HazardRules, text: str, category: str) -> None:
    findings = rules.find(normalise(text))
    assert findings
    assert (findings[0].category, findings[0].sure) == (category, True)
    assert all(word in normalise(text) for word in findings[0].words)


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("没有煤气味，就是点不着", "negation"),
        ("上个月插座冒烟修好了，想开发票", "solved"),
        ("万一插座着火了怎么办，怎么预防", "hypothetical"),
        ("煤气味报警器怎么换电池", "product_question"),
        ("看到新闻说有人手机爆炸", "news"),
    ],
)
def test_what_only_sounds_dangerous_is_not_sure(rules: HazardRules, text: str, guard: str) -> None:
    findings = rules.find(normalise(text))
    assert not any(finding.sure for finding in findings)
    assert guard in {name for finding in findings for name in finding.guards}


@pytest.mark.parametrize("text", ["气死我了", "火爆款还有货吗", "想问下保修几年", "电饭煲怎么预约"])
def test_everyday_words_fire_nothing(rules: HazardRules, text: str) -> None:
    assert not any(finding.sure for finding in rules.find(normalise(text)))


@given(st.text(max_size=200))
def test_any_text_can_be_judged_by_rules(text: str) -> None:
    for finding in _RULES.find(normalise(text)):
        assert finding.category in (*HAZARDS, *SENSITIVE)


_RULES = HazardRules()


def judged(**shares: float) -> Judgement:
    values = np.zeros(len(CLASSES), dtype=np.float32)
    for name, share in shares.items():
        values[CLASSES.index(name)] = share
    values[CLASSES.index(ROUTINE)] = 1 - values.sum()
    return Judgement(values, "…")


SURE = [Finding("gas_leak", ("煤气味",), sure=True, guards=())]


@pytest.mark.parametrize(
    ("judgement", "findings", "expected"),
    [
        (judged(gas_leak=0.9), [], ("emergency", "gas_leak", "confirmed")),
        (judged(gas_leak=0.4), [], ("emergency", "gas_leak", "suspected")),
        (judged(gas_leak=0.4), SURE, ("emergency", "gas_leak", "confirmed")),
        (judged(gas_leak=0.1), SURE, ("emergency", "gas_leak", "suspected")),
        (judged(gas_leak=0.01), SURE, ("routine", "", None)),
        (judged(legal=0.7), [], ("sensitive", "legal", "confirmed")),
        (judged(gas_leak=0.4, legal=0.55), [], ("emergency", "gas_leak", "suspected")),
        (judged(), [], ("routine", "", None)),
    ],
)
def test_rules_and_classifier_decide_together(
    judgement: Judgement, findings: list[Finding], expected: tuple[str, str, str | None]
) -> None:
    found = decide(judgement, findings, LIMITS)
    assert (found.level, found.category, found.certainty) == expected


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_more_danger_never_lowers_the_alarm(low: float, high: float, sure: bool) -> None:
    low, high = sorted((low, high))
    findings = SURE if sure else []
    steps = {("routine", None): 0, ("emergency", "suspected"): 1, ("emergency", "confirmed"): 2}
    first, second = (
        steps[(found.level, found.certainty)]
        for found in (
            decide(judged(gas_leak=low), findings, LIMITS),
            decide(judged(gas_leak=high), findings, LIMITS),
        )
    )
    assert first <= second


@given(st.text(alphabet="一二三四五，。！ab ", max_size=600))
def test_windows_cover_every_character(text: str) -> None:
    parts = windows(text)
    if len(text) <= WINDOW_CHARS:
        assert parts == [text]
        return
    assert all(len(part) <= WINDOW_CHARS for part in parts)
    remaining = [c for c in text if c not in "，。！"]
    covered = [c for c in "".join(parts) if c not in "，。！"]
    assert len(covered) >= len(remaining)
    assert set(remaining) == set(covered)


def test_a_hazard_in_the_middle_of_a_long_message_stands_in_some_window() -> None:
    text = "我先说发票的事，" * 20 + "对了现在厨房有煤气味，" + "然后再说价保的事，" * 20
    assert any("厨房有煤气味" in part for part in windows(text))


def test_thresholds_keep_the_share_of_false_alarms() -> None:
    rng = np.random.default_rng(1)
    routine = np.r_[np.ones(2000, bool), np.zeros(500, bool)]
    emergency = np.r_[rng.beta(1, 12, 2000), rng.beta(6, 2, 500)]
    sensitive = rng.beta(1, 20, 2500)
    limits = choose(emergency, sensitive, routine, raised=0.02, asked=0.05)
    raised = (emergency >= limits.confirm) | (sensitive >= limits.sensitive)
    asked = (emergency >= limits.ask) & (emergency < limits.confirm)
    assert raised[routine].mean() <= 0.021
    assert asked[routine].mean() <= 0.051
    assert limits.ask <= limits.confirm


@pytest.mark.parametrize("text", ["都对 就这样吧", "行 就这么报", "好的，提交", "嗯嗯没问题"])
def test_consent_is_not_judged_by_its_resigned_sound(text: str) -> None:
    class Alarmed:
        def judge(self, text: str) -> Judgement:
            raise AssertionError("not to be judged")

    limits = Thresholds(0.9, 0.5, 0.25, 0.06, 0.8, 0.1)
    judge = Triage(HazardRules(), Alarmed(), limits)  # type: ignore[arg-type]
    assert judge.assess(text).level == "routine"
