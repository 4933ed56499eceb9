"""No call leads into the house: judged by address, when saved and when connected to."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Awaitable, Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.conftest import Receiver
from webhooks.addresses import AddressRefused, Rules, addresses_of, read_url
from webhooks.sending import Sender

STRICT = Rules()
OPEN = Rules(allow_http=True, networks=(ipaddress.ip_network("127.0.0.0/8"),))
Receivers = Callable[..., Awaitable[Receiver]]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.1.1", "0.0.0.0", "10.0.0.1", "172.16.9.9", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1",
        "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
        "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:c0a8:101::",
        "64:ff9b::a00:1", "64:ff9b::7f00:1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not STRICT.permit(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "64:ff9b::808:808"])
def test_public_addresses_may_be_called(address: str) -> None:
    assert STRICT.permit(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_written_inside_another_is_judged_too(inner: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(f"::ffff:{inner}")
    assert STRICT.permit(inner) or not STRICT.permit(mapped)


def test_a_network_may_be_let_in_and_no_other() -> None:
    rules = Rules(networks=(ipaddress.ip_network("10.20.0.0/16"),))
    assert rules.permit(ipaddress.ip_address("10.20.3.4"))
    assert not rules.permit(ipaddress.ip_address("10.21.3.4"))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https://", "", "冰箱",
        "https://user:pw@example.com/", "https://user@example.com/", "https://127.0.0.1/",
        "https://[::1]/", "https://10.0.0.1:8443/x", "https://[::ffff:127.0.0.1]/",
        "javascript:alert(1)", "https://example.com:99999/", "https://exa mple.com/",
        "https://example.com/" + "a" * 1000, "https://example.com\\@127.0.0.1/",
    ],
)  # fmt: skip
def test_urls_that_may_not_be_called(url: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        read_url(url, STRICT)
    assert caught.value.detail["field"] == "url"
    assert caught.value.detail["reason"]


@given(st.text(max_size=80))
def test_anything_typed_is_a_url_or_refused(typed: str) -> None:
    with contextlib.suppress(AddressRefused):
        assert read_url(typed, STRICT).scheme == "https"


async def test_a_name_with_one_private_address_is_refused() -> None:
    async def both(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(AddressRefused):
        await addresses_of(httpx.URL("https://evil.example/"), STRICT, both)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost"])
async def test_odd_spellings_of_this_machine_are_refused_when_called(host: str) -> None:
    async with Sender(Rules(allow_http=True), 2) as sender:
        answer = await sender.post(f"http://{host}:9/", {}, b"{}")
    assert answer.status is None


async def test_a_name_that_changes_after_saving_is_caught_when_connecting(
    receivers: Receivers,
) -> None:
    receiver = await receivers()
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])

    async def rebound(host: str, port: int) -> list[str]:
        return next(answers)

    rules = Rules(allow_http=True)
    url = httpx.URL(f"http://rebind.example:{receiver.port}/")
    await addresses_of(url, rules, rebound)
    async with Sender(rules, 2, rebound) as sender:
        answer = await sender.post(str(url), {}, b"{}")
    assert answer.status is None
    assert "refused" in answer.error
    assert receiver.calls == []


async def test_a_call_goes_to_the_judged_address_under_the_name_s_host(
    receivers: Receivers,
) -> None:
    receiver = await receivers()
    asked = []

    async def once(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    async with Sender(OPEN, 2, once) as sender:
        url = f"http://hooks.example.com:{receiver.port}/a?b=1"
        answer = await sender.post(url, {"x": "y"}, b"{}")
    assert (answer.status, answer.excerpt, asked) == (
        200, "ok", [("hooks.example.com", receiver.port)],
    )  # fmt: skip
    [call] = receiver.calls
    assert call.headers["host"] == f"hooks.example.com:{receiver.port}"
    assert call.headers[":line"] == "POST /a?b=1 HTTP/1.1"


async def test_the_next_address_is_tried_where_one_does_not_answer(receivers: Receivers) -> None:
    receiver = await receivers()

    async def two(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async with Sender(OPEN, 2, two) as sender:
        answer = await sender.post(f"http://x.example:{receiver.port}/", {}, b"{}")
    assert answer.status == 200


async def test_redirects_are_not_followed(receivers: Receivers) -> None:
    inside = await receivers()
    outside = await receivers(status=302, headers={"Location": inside.url})
    async with Sender(OPEN, 2) as sender:
        answer = await sender.post(outside.url, {}, b"{}")
    assert (answer.status, answer.taken) == (302, False)
    assert "redirect" in answer.error
    assert inside.calls == []


async def test_a_proxy_of_the_environment_is_not_used(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, receiver = await receivers(), await receivers()
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    async with Sender(OPEN, 2) as sender:
        await sender.post(receiver.url, {}, b"{}")
    assert (len(proxy.calls), len(receiver.calls)) == (0, 1)


async def test_long_and_odd_answers_are_cut_to_what_can_be_shown(receivers: Receivers) -> None:
    receiver = await receivers(status=500, said="\x00冰\x1b[31m" + "啊" * 100_000)
    async with Sender(OPEN, 2) as sender:
        answer = await sender.post(receiver.url, {}, b"{}")
    assert len(answer.excerpt) == 500
    assert answer.excerpt.startswith("冰[31m啊")


async def test_names_nobody_knows_and_closed_doors_are_answers() -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise OSError("unknown name")

    async with Sender(OPEN, 2, nobody) as sender:
        unknown = await sender.post("http://nowhere.example/", {}, b"{}")
    async with Sender(OPEN, 2) as sender:
        closed = await sender.post("http://127.0.0.1:9/", {}, b"{}")
    assert unknown.status is None
    assert "unknown name" in unknown.error
    assert closed.status is None
    assert closed.error
