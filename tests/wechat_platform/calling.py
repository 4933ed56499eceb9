"""The platform's calls to an account's server: signed, encrypted, repeated after five seconds."""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from tests.wechat_platform.accounts import BROKEN, Customer, OfficialAccount, Shown

ANSWER_S = 5.0
TRIES = 3
_ids = itertools.count(int(time.time() * 1000) * 1000)


@dataclass
class Told:
    """How one message to the server went: each try's status (0: none) and its seconds."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    reply: str | None = None
    taken: bool = False


def signed_query(account: OfficialAccount, stamp: str, nonce: str) -> dict[str, str]:
    """The query that the platform signs, by wechatpy."""
    signer = WeChatSigner()
    signer.add_data(account.token, stamp, nonce)
    return {"signature": signer.signature, "timestamp": stamp, "nonce": nonce}


def packed(
    account: OfficialAccount, fields: dict[str, object], stamp: str, nonce: str
) -> tuple[dict[str, str], str]:
    """Query and body of one callback in the account's mode."""
    query = {**signed_query(account, stamp, nonce), "openid": str(fields["FromUserName"])}
    plain = xmltodict.unparse({"xml": fields}, full_document=False)
    if account.mode == "plain":
        return query, plain
    crypto = WeChatCrypto(account.token, account.aes_key, account.app_id)
    sealed = xmltodict.parse(crypto.encrypt_message(plain, nonce, stamp))["xml"]
    query |= {"encrypt_type": "aes", "msg_signature": sealed["MsgSignature"]}
    outer: dict[str, object] = {"ToUserName": account.original_id, "Encrypt": sealed["Encrypt"]}
    if account.mode == "compatible":
        outer = {**fields, "Encrypt": sealed["Encrypt"]}
    return query, xmltodict.unparse({"xml": outer}, full_document=False)


def opened(account: OfficialAccount, body: str) -> dict[str, str]:
    """A passive reply, decrypted and checked by wechatpy."""
    found = xmltodict.parse(body)["xml"]
    if "Encrypt" in found:
        crypto = WeChatCrypto(account.token, account.aes_key, account.app_id)
        plain = crypto.decrypt_message(
            body, found["MsgSignature"], found["TimeStamp"], found["Nonce"]
        )
        found = xmltodict.parse(plain)["xml"]
    return dict(found)


class Caller:
    """Calls one server. `before_reply` may break the line after a number of seconds."""

    def __init__(
        self,
        gateway: str,
        clock: Callable[[], float],
        retry_after_s: float = ANSWER_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._retry_after_s = retry_after_s
        limits = httpx.Limits(max_connections=400, max_keepalive_connections=200)
        self._http = httpx.AsyncClient(timeout=answer_s, limits=limits)
        self.repeat_anyway = 0.0
        """Share of taken messages that are sent a second time, as the platform sometimes does."""

    async def aclose(self) -> None:
        """Give back connections."""
        await self._http.aclose()

    def url(self, account: OfficialAccount) -> str:
        """The account's callback address."""
        return f"{self._gateway}/channels/wechat/{account.name}"

    async def verify(self, account: OfficialAccount) -> bool:
        """Check the address as the platform's page does when it is entered."""
        query = signed_query(account, str(int(self._clock())), secrets.token_hex(5))
        word = str(random.randrange(10**18))
        answer = await self._http.get(self.url(account), params={**query, "echostr": word})
        return answer.status_code == 200 and answer.text == word

    async def tell(
        self, account: OfficialAccount, customer: Customer, fields: dict[str, object]
    ) -> Told:
        """Tell the server of one message or event, up to three times; show what it answers."""
        told = Told()
        whole = {
            "ToUserName": account.original_id,
            "FromUserName": customer.openid,
            "CreateTime": int(self._clock()),
            **fields,
        }
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(self._retry_after_s)
            if await self._try(account, customer, whole, told):
                if random.random() < self.repeat_anyway:
                    await self._try(account, Customer("nobody"), whole, Told())
                return told
        customer.screen.append(Shown("platform", "text", BROKEN))
        return told

    async def _try(
        self,
        account: OfficialAccount,
        customer: Customer,
        fields: dict[str, object],
        told: Told,
    ) -> bool:
        stamp, nonce = str(int(self._clock())), secrets.token_hex(5)
        query, body = packed(account, fields, stamp, nonce)
        began = time.monotonic()
        try:
            answer = await self._http.post(
                self.url(account),
                params=query,
                content=body.encode(),
                headers={"Content-Type": "text/xml"},
            )
        except httpx.HTTPError:
            told.statuses.append(0)
            told.seconds.append(time.monotonic() - began)
            return False
        told.statuses.append(answer.status_code)
        told.seconds.append(time.monotonic() - began)
        if answer.status_code != 200:
            return False
        told.taken = True
        if answer.text and answer.text != "success":
            reply = opened(account, answer.text)
            told.reply = reply["Content"]
            customer.screen.append(Shown("account", reply["MsgType"], reply["Content"], "passive"))
        return True


def message_id() -> str:
    """A fresh MsgId; they grow."""
    return str(next(_ids))
