"""Which addresses may be called: none of ours. Judged when an address is saved and again for the
very address that is connected to, since names change what they stand for."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from foundation.errors import InvalidInput
from foundation.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

LONGEST_URL = 1000
_HOST = re.compile(r"[\w.:-]+", re.ASCII)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOOKING_UP = ThreadPoolExecutor(8, thread_name_prefix="webhook-names")
"""Threads of its own: a name server that hangs holds up nothing else."""


class AddressRefused(InvalidInput):
    """A webhook's address is not one that may be called; `detail.reason` says why in Chinese."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message, field="url", reason=reason)


@dataclass(frozen=True)
class Rules:
    """What the settings allow beyond `https` to public addresses."""

    allow_http: bool = False
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """The rules of an installation."""
        networks = tuple(
            ipaddress.ip_network(text, strict=False) for text in settings.webhook_allowed_networks
        )
        return cls(settings.webhook_allow_http, networks)

    def permit(self, address: Address) -> bool:
        """Whether this address may be connected to: public, or in a network that is allowed."""
        if any(address in network for network in self.networks):
            return True
        return all(_public(part) for part in _meant(address))


def _public(address: Address) -> bool:
    special = address.is_multicast or address.is_unspecified or address.is_reserved
    return address.is_global and not special and not getattr(address, "is_site_local", False)


def _meant(address: Address) -> Iterator[Address]:
    """The address and those of IPv4 that are written inside it; a translator's (NAT64) stands for
    the inner one alone."""
    if isinstance(address, ipaddress.IPv6Address) and address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return
    yield address
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo


def read_url(typed: str, rules: Rules) -> httpx.URL:
    """The address as a URL.

    Raises:
        AddressRefused: not a URL that may be called, as far as can be seen without looking up.
    """
    try:
        url = httpx.URL(typed.strip())
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise AddressRefused("not a URL", "这不是一个网址") from error
    if len(str(url)) > LONGEST_URL:
        raise AddressRefused("the URL is too long", f"网址最多 {LONGEST_URL} 个字符")
    if url.scheme not in ("https", "http") or not url.host:
        raise AddressRefused("not an https URL", "网址要以 https:// 开头")
    if url.scheme == "http" and not rules.allow_http:
        raise AddressRefused("only https is allowed", "只能用 https:// 的网址")
    if not _HOST.fullmatch(url.raw_host.decode("ascii")) or not 0 < (url.port or 443) < 2**16:
        raise AddressRefused("no such host or port", "网址里的主机名或端口不对")
    if url.userinfo:
        raise AddressRefused("no user name or password in the URL", "网址里不能带用户名和密码")
    try:
        literal = ipaddress.ip_address(url.host)
    except ValueError:
        return url
    if not rules.permit(literal):
        raise _private()
    return url


async def addresses_of(url: httpx.URL, rules: Rules, resolve: Resolver) -> list[Address]:
    """The addresses a URL's name stands for now.

    Raises:
        AddressRefused: one of them may not be called.
        OSError: the name is not known, or nobody answers for it.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    found = [ipaddress.ip_address(text) for text in await resolve(url.host, port)]
    if not all(rules.permit(address) for address in found):
        raise _private()
    return found


async def look_up(host: str, port: int) -> list[str]:
    """Addresses of a name, by the machine's resolver; zone indexes are dropped."""

    def ask() -> list[str]:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))

    try:
        return await asyncio.get_running_loop().run_in_executor(_LOOKING_UP, ask)
    except UnicodeError as error:
        raise OSError("not a host name") from error


def _private() -> AddressRefused:
    return AddressRefused(
        "this address leads into a private network", "这个地址通向内网，不能作为推送地址"
    )
