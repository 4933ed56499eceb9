"""Every pair of states, every guard, and ten thousand random lives."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.errors import NotReady
from complaints.lifecycle_page import PAGE, lifecycle_page
from complaints.model import State
from complaints.transitions import (
    ALLOWED,
    GUARDS,
    Dossier,
    MeasureFact,
    missing_for,
    transition,
)
from foundation.errors import IllegalMove

READY = Dossier(
    contact="13800001234",
    subject="冰箱",
    what="不制冷",
    when="11月1日",
    evidence=1,
    responsibility="company",
    priority="general",
    whys=("压缩机坏了",),
    cause_kind="management",
    cause="没有核对配件",
    plan_owner="staff_1",
    plan_due=True,
    plan_cost=True,
    measures=(MeasureFact(1, "换好了"),),
    customer_word=True,
    attempts=3,
    satisfaction=True,
    rejection="not_ours",
    reason="客户不满意",
)
SPEC_MOVES = {
    "received": "registered",
    "registered": "verified rejected",
    "verified": "assessed rejected",
    "assessed": "planned",
    "planned": "awaiting_approval executing",
    "awaiting_approval": "planned",
    "executing": "resolved",
    "resolved": "confirmed executing",
    "confirmed": "archived registered",
    "archived": "registered",
    "rejected": "registered",
}


def ready_for(state: State, target: State) -> Dossier:
    return replace(READY, state=state, undecided=target is State.AWAITING_APPROVAL)


@pytest.mark.parametrize(("state", "target"), list(product(State, State)))
def test_every_pair_of_states(state: State, target: State) -> None:
    dossier = ready_for(state, target)
    if target in SPEC_MOVES[state].split():
        assert transition(dossier, target).state is target
        return
    with pytest.raises(IllegalMove) as refused:
        transition(dossier, target)
    assert refused.value.detail == {
        "kind": "complaint",
        "state": state,
        "wanted": target,
        "allowed": sorted(SPEC_MOVES[state].split()),
    }


def test_every_move_has_a_guard_and_every_guard_a_move() -> None:
    assert set(GUARDS) == {(state, target) for state in ALLOWED for target in ALLOWED[state]}


BARE = {
    "contact": "", "subject": "", "what": "", "when": "", "evidence": 0, "responsibility": "",
    "priority": "", "whys": (), "cause": "", "plan_owner": "", "plan_due": False,
    "plan_cost": False, "measures": (), "customer_word": False, "attempts": 2,
    "satisfaction": False, "rejection": "", "reason": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("state", "target", "missing"),
    [
        ("registered", "verified", "phone product summary occurred_at evidence"),
        ("verified", "assessed", "responsibility priority"),
        ("assessed", "planned", "whys cause measures owner_id due_at cost"),
        ("executing", "resolved", "measures"),
        ("resolved", "confirmed", "attempts"),
        ("resolved", "executing", "reason"),
        ("confirmed", "archived", "satisfaction"),
        ("confirmed", "registered", "reason"),
        ("archived", "registered", "reason"),
        ("registered", "rejected", "reason"),
        ("rejected", "registered", "reason"),
        ("planned", "awaiting_approval", "compensation"),
    ],
)
def test_guards_name_what_is_missing(state: str, target: str, missing: str) -> None:
    dossier = replace(READY, state=State(state), **BARE)  # type: ignore[arg-type]
    with pytest.raises(NotReady) as refused:
        transition(dossier, State(target))
    assert [gap["field"] for gap in refused.value.detail["missing"]] == missing.split()


@pytest.mark.parametrize("target", [State.EXECUTING, State.RESOLVED, State.ARCHIVED])
def test_undecided_money_holds_the_complaint(target: State) -> None:
    source = {
        State.EXECUTING: State.PLANNED,
        State.RESOLVED: State.EXECUTING,
        State.ARCHIVED: State.CONFIRMED,
    }[target]
    dossier = replace(READY, state=source, undecided=True)
    assert [gap.field for gap in missing_for(dossier, target)] == ["compensation"]


@pytest.mark.parametrize(
    ("whys", "kind", "cause", "fits"),
    [
        (("一",), "management", "没有流程", True),
        (tuple("一二三四五"), "unknown", "", True),
        (tuple("一二三四五六"), "management", "没有流程", False),
        (("一", " "), "management", "没有流程", False),
        (("一",), "management", " ", False),
        (("一",), "technical", "坏了", False),
    ],
)
def test_the_chain_of_whys_ends_at_a_management_cause_or_unknown(
    whys: tuple[str, ...], kind: str, cause: str, fits: bool
) -> None:
    dossier = replace(READY, state=State.ASSESSED, whys=whys, cause_kind=kind, cause=cause)
    assert (not missing_for(dossier, State.PLANNED)) is fits


def test_a_second_round_needs_measures_of_its_own_and_a_new_word() -> None:
    again = transition(replace(READY, state=State.RESOLVED), State.EXECUTING)
    assert (again.round, again.customer_word, again.attempts, again.satisfaction) == (
        2, False, 0, False,
    )  # fmt: skip
    assert missing_for(again, State.RESOLVED)
    more = replace(again, measures=(*again.measures, MeasureFact(2, "换新")))
    assert transition(more, State.RESOLVED).state is State.RESOLVED


@given(st.sampled_from([State.CONFIRMED, State.ARCHIVED]), st.integers(1, 9), st.integers(1, 9))
def test_reopening_is_another_life(state: State, rounds: int, life: int) -> None:
    dossier = replace(READY, state=state, round=rounds, life=life)
    again = transition(dossier, State.REGISTERED)
    assert (again.round, again.life, again.measures, again.whys) == (1, life + 1, (), ())


STEPS = 12
CHOICES = {state: sorted(targets) for state, targets in ALLOWED.items()}


def filled(chance: random.Random, dossier: Dossier) -> Dossier:
    """A dossier with all facts there, or one of them missing."""
    whole = replace(
        dossier,
        measures=(MeasureFact(dossier.round, "做好了"),),
        whys=READY.whys,
        customer_word=True,
        satisfaction=True,
        rejection="not_ours",
        reason="客户要求",
        undecided=chance.random() < 0.4,
    )
    if chance.random() < 0.8:
        return whole
    name = chance.choice(list(BARE))
    return replace(whole, **{name: BARE[name]})  # type: ignore[arg-type]


def test_ten_thousand_random_lives_know_no_illegal_state() -> None:
    chance = random.Random(20251105)
    moves = refused = 0
    seen: set[tuple[State, State]] = set()
    for _ in range(10_000):
        dossier = replace(READY, state=State.RECEIVED)
        path = [dossier.state]
        for _ in range(STEPS):
            legal = chance.random() < 0.8
            wanted = chance.choice(CHOICES[dossier.state] if legal else list(State))
            before = filled(chance, dossier)
            try:
                after = transition(before, wanted)
            except (IllegalMove, NotReady):
                refused += 1
                continue
            assert wanted in ALLOWED[path[-1]]
            assert not GUARDS[before.state, wanted](before)
            again = (before.state, wanted) == (State.RESOLVED, State.EXECUTING)
            reopened = before.state in (State.CONFIRMED, State.ARCHIVED) and (
                wanted is State.REGISTERED
            )
            assert after.round == (before.round + again if not reopened else 1)
            assert after.life == before.life + reopened
            path.append(after.state)
            dossier = replace(READY, state=after.state, round=after.round, life=after.life)
            moves += 1
        seen |= set(pairwise(path))
    assert seen == set(GUARDS)
    assert moves > 40_000
    assert refused > 10_000


def test_the_lifecycle_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == lifecycle_page(), (
        "run `python -m complaints.lifecycle_page`"
    )
