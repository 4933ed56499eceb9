"""The platform's HTTP API: tokens, customer-service messages, media."""

from __future__ import annotations

from typing import Any

import httpx
import orjson

from conversations.channels.wechat import texts
from conversations.channels.wechat.errors import (
    PlatformRefused,
    PlatformSilent,
    PlatformUnreached,
)
from conversations.channels.wechat.wording import Piece
from foundation.settings import Settings
from foundation.wechat_accounts import WechatAccount

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
MEDIA_MAX_BYTES = 10_000_000


class Platform:
    """Calls of one installation; every error is one of the three in `errors`."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self._base = settings.wechat_api_url.rstrip("/")
        self._stable = settings.wechat_token_api == "stable"
        self._timeout = settings.wechat_send_timeout_s
        self._http = http

    async def fetch_token(self, account: WechatAccount, *, force: bool) -> tuple[str, float]:
        """A fresh access token and the seconds it holds. Raises as `tokens.TokenSource`."""
        asked = {
            "grant_type": "client_credential",
            "appid": account.app_id,
            "secret": account.app_secret.get_secret_value(),
        }
        if self._stable:
            body = {**asked, "force_refresh": force}
            answer = await self._call("POST", "/cgi-bin/stable_token", json=body)
        else:
            answer = await self._call("GET", "/cgi-bin/token", params=asked)
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise PlatformUnreached("wechat", "the token's answer is not understood")
        return token, float(seconds)

    async def send(self, token: str, openid: str, piece: Piece) -> None:
        """Hand over one customer-service message; an image is uploaded already.

        Raises:
            PlatformRefused: turned away with an error code.
            PlatformUnreached: it did not get there.
            PlatformSilent: nobody knows.
        """
        await self._call(
            "POST",
            "/cgi-bin/message/custom/send",
            params={"access_token": token},
            json={"touser": openid, **_content(piece)},
        )

    async def upload_image(self, token: str, name: str, mime: str, content: bytes) -> str:
        """Put an image among the platform's temporary media; its media id. Raises as `send`."""
        answer = await self._call(
            "POST",
            "/cgi-bin/media/upload",
            params={"access_token": token, "type": "image"},
            files={"media": (name, content, mime)},
        )
        return str(answer.get("media_id", ""))

    async def fetch_media(self, token: str, media_id: str) -> bytes:
        """The bytes of what a customer sent.

        Raises:
            PlatformRefused: unknown or expired.
            PlatformUnreached, PlatformSilent: not now.
        """
        params = {"access_token": token, "media_id": media_id}
        content = bytearray()
        try:
            async with self._http.stream(
                "GET", f"{self._base}/cgi-bin/media/get", params=params, timeout=self._timeout
            ) as response:
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > MEDIA_MAX_BYTES:
                        raise PlatformRefused(0, "a file over the limit")
        except httpx.HTTPError as error:
            raise PlatformSilent("wechat", type(error).__name__) from error
        if "json" in response.headers.get("content-type", "") or response.status_code != 200:
            raise PlatformRefused(_errcode(bytes(content)), "media/get")
        return bytes(content)

    async def _call(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        if "json" in given:
            given["content"] = orjson.dumps(given.pop("json"))
            given["headers"] = {"Content-Type": "application/json; charset=utf-8"}
        try:
            response = await self._http.request(
                method, self._base + path, timeout=self._timeout, **given
            )
        except _NOT_SENT as error:
            raise PlatformUnreached("wechat", type(error).__name__) from error
        except httpx.HTTPError as error:
            raise PlatformSilent("wechat", type(error).__name__) from error
        if response.status_code >= 500:
            raise PlatformUnreached("wechat", f"HTTP {response.status_code}")
        try:
            answer = orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise PlatformUnreached("wechat", f"HTTP {response.status_code}, no JSON") from error
        if not isinstance(answer, dict):
            raise PlatformUnreached("wechat", "an answer that is no object")
        if answer.get("errcode"):
            raise PlatformRefused(int(answer["errcode"]), path.rsplit("/", 1)[-1])
        return answer


def _content(piece: Piece) -> dict[str, Any]:
    if piece.image_id:
        return {"msgtype": "image", "image": {"media_id": piece.image_id}}
    if piece.choices:
        menu = {
            "head_content": piece.text or texts.CHOOSE,
            "list": [{"id": choice.key, "content": choice.title} for choice in piece.choices],
        }
        return {"msgtype": "msgmenu", "msgmenu": menu}
    return {"msgtype": "text", "text": {"content": piece.text}}


def _errcode(content: bytes) -> int:
    try:
        return int(orjson.loads(content)["errcode"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return 0
