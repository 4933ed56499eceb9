"""Exactly one speaker, whatever the order of events."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.model import MOVES, Ownership, Sender, State, waiting_minutes
from foundation.errors import IllegalMove


@pytest.mark.parametrize(("start", "target"), list(itertools.product(State, State)))
def test_every_pair_of_states_moves_or_names_what_is_allowed(start: State, target: State) -> None:
    owned = Ownership(start, 4, "staff_1" if start is State.HUMAN else None)
    if target in MOVES[start]:
        moved = owned.move(target, "staff_2")
        assert (moved.state, moved.epoch) == (target, 5)
        assert moved.assigned_to == ("staff_2" if target is State.HUMAN else None)
    else:
        with pytest.raises(IllegalMove) as error:
            owned.move(target, "staff_2")
        assert error.value.detail["state"] == start
        assert error.value.detail["allowed"] == sorted(MOVES[start])


moves = st.lists(st.tuples(st.sampled_from(State), st.sampled_from(["a", "b"])), max_size=30)


@given(moves)
def test_at_most_one_of_bot_and_agents_may_speak(path: list[tuple[State, str]]) -> None:
    owned = Ownership(State.BOT, 0)
    for target, agent in path:
        if target in MOVES[owned.state]:
            owned = owned.move(target, agent)
        speakers = [
            owned.may_speak(Sender.BOT, owned.epoch),
            owned.may_speak(Sender.AGENT, owned.epoch, "a"),
            owned.may_speak(Sender.AGENT, owned.epoch, "b"),
        ]
        assert sum(speakers) <= 1


@given(moves)
def test_what_was_composed_before_a_change_of_hands_is_never_sent(
    path: list[tuple[State, str]],
) -> None:
    owned = Ownership(State.BOT, 0)
    seen = []
    for target, agent in path:
        if target in MOVES[owned.state]:
            seen.append(owned.epoch)
            owned = owned.move(target, agent)
        for epoch in seen:
            assert not owned.may_speak(Sender.BOT, epoch)
            assert not owned.may_speak(Sender.AGENT, epoch, "a")


@given(st.integers(1, 500), st.integers(0, 50), st.floats(0.1, 60))
def test_the_wait_told_is_at_least_a_minute_and_shrinks_with_agents(
    position: int, agents: int, handling: float
) -> None:
    wait = waiting_minutes(position, agents, handling)
    assert wait >= 1
    assert waiting_minutes(position, agents + 1, handling) <= wait
