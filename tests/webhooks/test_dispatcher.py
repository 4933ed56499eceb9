"""Deliveries over a real socket: in order, at least once, never twice at once, slow ones apart."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.webhooks.conftest import KEY, KINDS, House, Receiver
from webhooks.model import signature
from webhooks.service import Webhooks, lease_of
from webhooks.storage import prune

Receivers = Callable[..., Awaitable[Receiver]]


async def test_an_event_arrives_signed_and_once(house: House, receivers: Receivers) -> None:
    receiver = await receivers(said="好的")
    found = await house.subscribe(receiver.url)
    event_id = await house.happens()
    assert await house.deliver() == 1
    assert await house.deliver() == 0
    [call] = receiver.calls
    timestamp = int(call.headers["webhook-timestamp"])
    assert timestamp == int(house.clock.now().timestamp())
    assert call.headers["webhook-id"] == event_id
    assert call.headers["webhook-signature"] == signature(
        house.webhooks.secret(found), event_id, timestamp, call.body
    )
    assert json.loads(call.body)["data"] == {"n": 1}
    [row] = await house.log()
    assert (row.state, row.attempts, row.status, row.excerpt) == ("delivered", 1, 200, "好的")
    assert row.tries[0]["status"] == 200


async def test_only_wanted_events_are_kept_for_whoever_is_switched_on(
    house: House, receivers: Receivers
) -> None:
    receiver = await receivers()
    await house.subscribe(receiver.url, KINDS[1])
    off = await house.subscribe(receiver.url)
    async with house.work.begin() as session:
        await house.webhooks.change(session, off.id, active=False)
    await house.happens(KINDS[0])
    wanted = await house.happens(KINDS[1])
    assert [row.event_id for row in await house.log()] == [wanted]


async def test_an_event_of_a_change_that_fails_is_not_told(
    house: House, receivers: Receivers
) -> None:
    await house.subscribe((await receivers()).url)
    with pytest.raises(RuntimeError):
        async with house.work.begin() as session:
            event = house.webhooks.event(KINDS[0], "TS20251105-0001", {})
            await house.webhooks.publish(session, [event], await house.webhooks.wanted(session))
            raise RuntimeError
    assert await house.log() == []


async def test_failures_are_tried_again_until_dead_and_can_be_sent_by_hand(
    house: House, receivers: Receivers
) -> None:
    receiver = await receivers(status=500, said="boom")
    await house.subscribe(receiver.url)
    await house.happens()
    waits = []
    for _ in range(house.settings.webhook_max_attempts):
        assert await house.deliver() == 1
        [row] = await house.log()
        waits.append((row.next_attempt_at - house.clock.now()).total_seconds())
        house.clock.set(row.next_attempt_at - timedelta(milliseconds=1))
        assert await house.deliver() == 0
        house.clock.set(row.next_attempt_at)
    assert (row.state, row.attempts, row.error, row.excerpt) == ("dead", 11, "", "boom")
    assert waits[:4] == [5.0, 20.0, 80.0, 320.0]
    assert sum(waits[:-1]) > 24 * 3600
    assert await house.deliver() == 0
    receiver.status = 204
    async with house.work.begin() as session:
        await house.webhooks.resend(session, row.id)
    assert await house.deliver() == 1
    [row] = await house.log()
    assert (row.state, row.attempts, row.failures) == ("delivered", 12, 0)
    assert len(set(receiver.ids)) == 1


async def test_events_of_a_complaint_stay_in_order_others_pass(
    house: House, receivers: Receivers
) -> None:
    receiver = await receivers(status=503)
    await house.subscribe(receiver.url)
    first, second = [await house.happens(subject="TS20251105-0001") for _ in range(2)]
    other = await house.happens(subject="TS20251105-0002")
    await house.deliver()
    assert sorted(receiver.ids) == sorted([first, other])
    receiver.status = 200
    house.clock.advance(seconds=30)
    await house.deliver()
    assert [one for one in receiver.ids[2:] if one != other] == [first, second]


async def test_retry_after_is_obeyed_for_all_that_goes_to_the_receiver(
    house: House, receivers: Receivers
) -> None:
    receiver = await receivers(status=429, headers={"Retry-After": "600"})
    await house.subscribe(receiver.url)
    await house.happens(subject="TS20251105-0001")
    await house.deliver()
    await house.happens(subject="TS20251105-0002")
    receiver.status = 200
    house.clock.advance(seconds=599)
    assert await house.deliver() == 0
    house.clock.advance(seconds=1)
    assert await house.deliver() == 2


async def test_gone_switches_the_subscription_off(house: House, receivers: Receivers) -> None:
    receiver = await receivers(status=410)
    found = await house.subscribe(receiver.url)
    await house.happens()
    await house.happens(subject="TS20251105-0002")
    await house.deliver()
    await house.happens(subject="TS20251105-0003")
    again = await house.read(found.id)
    assert (again.active, again.off_reason) == (False, "gone")
    states = {row.state for row in await house.log()}
    assert "dead" in states
    assert len(await house.log()) == 2
    calls = len(receiver.calls)
    house.clock.advance(days=1)
    await house.deliver()
    assert len(receiver.calls) == calls


async def test_a_receiver_that_hangs_times_out_and_keeps_nobody_waiting(
    house: House, receivers: Receivers
) -> None:
    slow, quick = await receivers(delay_s=60), await receivers()
    house.settings = house.settings.model_copy(update={"webhook_timeout_s": 2.0})
    await house.subscribe(slow.url)
    await house.subscribe(quick.url)
    began = time.monotonic()
    worker = house.worker()
    await worker.start()
    for n in range(20):
        await house.happens(subject=f"TS20251105-{n:04d}")
    while len(quick.calls) < 20:
        assert time.monotonic() - began < 60
        await asyncio.sleep(0.02)
    while len(slow.calls) < 8:
        assert time.monotonic() - began < 60
        await asyncio.sleep(0.02)
    assert slow.most_at_once <= house.settings.webhook_parallel
    late = [row for row in await house.log() if row.error]
    assert all("no answer within" in row.error for row in late)


async def test_two_workers_at_once_send_nothing_twice(house: House, receivers: Receivers) -> None:
    receiver = await receivers(delay_s=0.01)
    await house.subscribe(receiver.url)
    for n in range(30):
        await house.happens(subject=f"TS20251105-{n % 10:04d}")
    workers = [house.worker() for _ in range(3)]
    while await asyncio.gather(*(worker.deliver_due() for worker in workers)) != [0, 0, 0]:
        pass
    assert len(receiver.calls) == 30
    assert len(set(receiver.ids)) == 30
    bodies = [json.loads(call.body)["id"] for call in receiver.calls]
    order = [row.event_id for row in await house.log()]
    for subject in range(10):
        mine = order[subject::10]
        assert [one for one in bodies if one in mine] == mine


async def test_killed_between_send_and_mark_it_is_sent_again_after_the_lease(
    house: House, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = await receivers()
    await house.subscribe(receiver.url)
    await house.happens()
    dying = house.worker()

    async def die(*_: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(dying, "_mark", die)
    with pytest.raises(asyncio.CancelledError):
        await dying._serve((await house.log())[0].subscription_id)
    assert len(receiver.calls) == 1
    living = house.worker()
    assert await living.deliver_due() == 0
    house.clock.advance(seconds=lease_of(house.settings).total_seconds())
    assert await living.deliver_due() == 1
    assert len(receiver.calls) == 2
    assert len(set(receiver.ids)) == 1
    assert (await house.log())[0].state == "delivered"


async def test_a_mark_that_comes_after_the_lease_changes_nothing(
    house: House, receivers: Receivers
) -> None:
    receiver = await receivers(status=500, delay_s=0.2)
    await house.subscribe(receiver.url)
    await house.happens()
    late, quick = house.worker(), house.worker()
    sending = asyncio.create_task(late.deliver_due())
    while not receiver.calls:
        await asyncio.sleep(0.01)
    house.clock.advance(seconds=lease_of(house.settings).total_seconds())
    receiver.status, receiver.delay_s = 200, 0.0
    assert await quick.deliver_due() == 1
    await sending
    [row] = await house.log()
    assert (row.state, row.attempts, row.status) == ("delivered", 1, 200)


async def test_a_delivery_whose_subscription_is_deleted_meanwhile_is_forgotten(
    house: House, receivers: Receivers
) -> None:
    receiver = await receivers(status=500, delay_s=0.2)
    found = await house.subscribe(receiver.url)
    await house.happens()
    sending = asyncio.create_task(house.deliver())
    while not receiver.calls:
        await asyncio.sleep(0.01)
    async with house.work.begin() as session:
        await house.webhooks.delete(session, found.id)
    await sending
    assert await house.log() == []


async def test_an_event_that_cannot_be_told_any_more_does_not_fail_its_change(
    house: House, receivers: Receivers
) -> None:
    found = await house.subscribe((await receivers()).url)

    async def deleting() -> None:
        async with house.work.begin() as session:
            await house.webhooks.delete(session, found.id)

    await asyncio.gather(house.happens(), deleting(), house.happens())
    assert await house.log() == []


async def test_after_a_rotation_both_secrets_sign_for_a_day(
    house: House, receivers: Receivers
) -> None:
    receiver = await receivers()
    found = await house.subscribe(receiver.url)
    old = house.webhooks.secret(found)
    async with house.work.begin() as session:
        fresh = (await house.webhooks.rotate(session, found.id)).secret
    assert fresh != old
    for hours, secrets in ((23, [fresh, old]), (2, [fresh])):
        house.clock.advance(hours=hours)
        event_id = await house.happens()
        await house.deliver()
        call = receiver.calls[-1]
        at = int(call.headers["webhook-timestamp"])
        assert call.headers["webhook-signature"].split(" ") == [
            signature(secret, event_id, at, call.body) for secret in secrets
        ]


async def test_a_private_address_is_never_called(house: House, receivers: Receivers) -> None:
    receiver = await receivers()
    await house.subscribe(receiver.url)
    await house.happens()
    strict = house.settings.model_copy(update={"webhook_allowed_networks": []})
    house.webhooks = Webhooks(strict, house.clock, KEY, KINDS)
    assert await house.deliver() == 1
    [row] = await house.log()
    assert receiver.calls == []
    assert "refused" in row.error


async def test_the_log_is_forgotten_after_its_time(house: House, receivers: Receivers) -> None:
    await house.subscribe((await receivers()).url)
    await house.happens()
    await house.deliver()
    async with house.work.begin() as session:
        assert await prune(session, house.clock.now()) == 0
    async with house.work.begin() as session:
        assert await prune(session, house.clock.now() + timedelta(days=1)) == 1
    assert await house.log() == []


async def test_stopping_waits_for_the_call_in_hand(house: House, receivers: Receivers) -> None:
    receiver = await receivers(delay_s=0.2)
    await house.subscribe(receiver.url)
    worker = house.worker()
    await worker.start()
    await house.happens()
    while not receiver.calls:
        await asyncio.sleep(0.01)
    await worker.stop()
    assert [row.state for row in await house.log()] == ["delivered"]
