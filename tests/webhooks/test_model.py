"""Signatures, secrets and the schedule of tries."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.settings import ROOT
from webhooks.model import (
    LONGEST_WISH,
    Event,
    retry_delay,
    retry_wish,
    secret_of,
    signature,
    wants,
)

NOW = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)
PAGE = ROOT / "docs" / "webhooks.md"


def test_the_signature_of_the_standard_s_own_example() -> None:
    """From the Standard Webhooks specification, whose libraries test with it."""
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=24, max_size=64), st.text("abc_1", min_size=1), st.binary())
def test_the_signature_against_an_independent_computation(
    key: bytes, message_id: str, body: bytes
) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    block = 64
    padded = key.ljust(block, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in padded) + f"{message_id}.7.".encode() + body)
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in padded) + inner.digest()).digest()
    assert signature(secret, message_id, 7, body) == "v1," + base64.b64encode(outer).decode()


def test_the_check_that_the_documentation_shows_works() -> None:
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code
    shown: dict[str, object] = {}
    exec(code[1], shown)
    verify = shown["verify"]
    assert callable(verify)
    secret, body = secret_of(b"k", "hook_1", 1), '{"id":"evt_1","冰箱":1}'.encode()
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": "v1,AAAA " + signature(secret, "evt_1", int(NOW.timestamp()), body),
    }
    at = NOW.timestamp()
    assert verify(secret, headers, body, at) == json.loads(body)
    for wrong in (
        (secret_of(b"k", "hook_1", 2), headers, body, at),
        (secret, {**headers, "webhook-id": "evt_2"}, body, at),
        (secret, headers, body + b" ", at),
        (secret, headers, body, at + 600),
        (secret, {**headers, "webhook-signature": "v2,x"}, body, at),
    ):
        with pytest.raises(ValueError):
            verify(*wrong)


def test_secrets_differ_by_key_subscription_and_generation() -> None:
    made = {
        secret_of(key, hook, n) for key in (b"a", b"b") for hook in ("h1", "h2") for n in (1, 2)
    }
    assert len(made) == 8
    for secret in made:
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waits_grow_up_to_six_hours_spread_by_a_fifth(failures: int, share: float) -> None:
    plain = retry_delay(failures, 0.5).total_seconds()
    wait = retry_delay(failures, share).total_seconds()
    assert 0.8 * plain - 1e-3 <= wait <= 1.2 * plain + 1e-3
    assert 5.0 <= plain <= 6 * 3600
    assert plain <= retry_delay(failures + 1, 0.5).total_seconds()


def test_eleven_tries_take_about_a_day() -> None:
    total = sum((retry_delay(n, 0.5) for n in range(1, 11)), timedelta())
    assert timedelta(hours=24) < total < timedelta(hours=27)


@given(st.text(max_size=40))
def test_any_retry_after_is_read_or_ignored(header: str) -> None:
    wish = retry_wish(header, NOW)
    assert wish is None or timedelta() <= wish <= LONGEST_WISH


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Wed, 05 Nov 2025 02:40:00 GMT", 600),
        ("Wed, 05 Nov 2025 02:00:00 GMT", 0),
        ("99999999999999999999", 24 * 3600),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: int | None) -> None:
    wish = retry_wish(header, NOW)
    assert wish == (None if seconds is None else timedelta(seconds=seconds))


def test_a_body_has_version_type_and_time() -> None:
    event = Event("evt_1", "complaint.received", NOW, "TS20251105-0001", {"a": "冰箱"})
    assert json.loads(event.body()) == {
        "id": "evt_1",
        "version": 1,
        "type": "complaint.received",
        "timestamp": "2025-11-05T02:30:00.000Z",
        "data": {"a": "冰箱"},
    }


def test_who_wants_what() -> None:
    assert wants(["*"], "anything")
    assert wants(["a"], "a")
    assert wants(["a"], "webhook.test")
    assert not wants(["a"], "b")
