"""Counting what the platform lets us send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.channels.wechat import quota
from foundation.settings import Settings

NOW = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)
TERMS = Settings(_env_file=None).wechat_quota


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_message_allows_five_for_two_days() -> None:
    grants = quota.granted((), "message", NOW, TERMS)
    for used in range(5):
        assert quota.left(grants, at(used)) == 5 - used
        grants = quota.spent(grants, at(used))
    assert quota.left(grants, at(6)) == 0
    assert quota.left(quota.granted(grants, "message", at(7), TERMS), at(7)) == 5
    assert quota.left(quota.granted((), "message", NOW, TERMS), at(48 * 3600)) == 0


def test_a_menu_tap_allows_three_for_a_minute_and_adds_nothing() -> None:
    grants = quota.granted((), "menu", NOW, TERMS)
    assert (quota.left(grants, at(59)), quota.left(grants, at(60))) == (3, 0)
    both = quota.granted(grants, "message", NOW, TERMS)
    assert quota.left(both, at(1)) == 5


def test_what_was_not_taken_is_given_back_and_the_platform_has_the_last_word() -> None:
    grants = quota.spent(quota.granted((), "message", NOW, TERMS), NOW)
    assert quota.left(quota.spent(grants, NOW, -1), NOW) == 5
    assert quota.left(quota.exhausted(grants), NOW) == 0


def test_late_news_of_an_earlier_message_does_not_shorten_the_window() -> None:
    grants = quota.spent(quota.granted((), "message", at(100), TERMS), at(101))
    assert quota.granted(grants, "message", NOW, TERMS) == grants


ACTS = st.lists(
    st.tuples(st.sampled_from(["message", "menu", "scan", "send"]), st.integers(0, 90)), max_size=60
)


@settings(deadline=None)
@given(ACTS)
def test_never_more_than_the_platform_allows(acts: list[tuple[str, int]]) -> None:
    """The platform counts each allowance apart and takes a message while any has room."""
    ours: tuple[quota.Grant, ...] = ()
    theirs: dict[str, list[float]] = {}
    now = 0.0
    for act, pause in acts:
        now += pause
        if act != "send":
            limit, seconds = TERMS[act]
            ours = quota.granted(ours, act, at(now), TERMS)
            theirs[act] = [limit, now + seconds]
            continue
        if quota.left(ours, at(now)) == 0:
            continue
        running = [a for a in theirs.values() if a[1] > now]
        assert any(a[0] > 0 for a in running)
        ours = quota.spent(ours, at(now))
        for allowance in running:
            allowance[0] -= 1
    assert quota.read([g.as_dict() for g in ours]) == ours
