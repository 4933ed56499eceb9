"""One call of a receiver: pinned to an address that was judged, no redirects, bounded in time."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import httpx

from webhooks.addresses import Address, AddressRefused, Resolver, Rules, addresses_of, look_up
from webhooks.addresses import read_url as read

EXCERPT = 500
_READ_BYTES = 4096
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Answer:
    """What came of a call; `status` is None when nobody answered, `error` then says why."""

    status: int | None
    error: str = ""
    excerpt: str = ""
    retry_after: str = ""
    took_ms: int = 0

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """Posts bodies. Every call has a connection of its own: names that share an address do not
    share one, and nothing is left open."""

    def __init__(self, rules: Rules, timeout_s: float, resolve: Resolver = look_up) -> None:
        self.rules = rules
        self.resolve = resolve
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give back what is held."""
        await self._client.aclose()

    async def post(self, typed: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post `body`; every failure is an answer."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._post(typed, headers, body)
        except TimeoutError:
            answer = Answer(None, f"no answer within {self._timeout_s:g} s")
        except AddressRefused as error:
            answer = Answer(None, f"address refused: {error.message}")
        except (httpx.HTTPError, OSError) as error:
            answer = Answer(None, f"{type(error).__name__}: {error}"[:300])
        except Exception as error:
            answer = Answer(None, type(error).__name__)
        took = round((time.perf_counter() - began) * 1000)
        return Answer(answer.status, answer.error, answer.excerpt, answer.retry_after, took)

    async def _post(self, typed: str, headers: Mapping[str, str], body: bytes) -> Answer:
        url = read(typed, self.rules)
        places = await addresses_of(url, self.rules, self.resolve)
        failed: Exception = OSError("the name stands for no address")
        for place in places:
            try:
                return await self._post_to(url, place, headers, body)
            except httpx.ConnectError as error:
                failed = error
        raise failed

    async def _post_to(
        self, url: httpx.URL, place: Address, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Connect to `place` itself; certificate and `Host` are those of the URL's name."""
        request = self._client.build_request(
            "POST",
            url.copy_with(host=str(place)),
            headers={**headers, "Host": url.netloc.decode("ascii")},
            content=body,
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await self._client.send(request, stream=True)
        try:
            said = await _beginning(response)
        finally:
            await response.aclose()
        error = "a redirect, which is not followed" if response.is_redirect else ""
        return Answer(response.status_code, error, said, response.headers.get("retry-after", ""))


async def _beginning(response: httpx.Response) -> str:
    """The first words of the answer, fit to be shown; the rest is not read."""
    found = b""
    try:
        async for chunk in response.aiter_bytes(_READ_BYTES):
            found += chunk
            if len(found) >= _READ_BYTES:
                break
    except httpx.HTTPError:
        pass
    return _UNSEEN.sub("", found.decode("utf-8", "replace"))[:EXCERPT]
