"""The WeChat channel put together: callbacks in, answers out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from conversations.channels.wechat import texts
from conversations.channels.wechat.envelope import Envelope, Query
from conversations.channels.wechat.inbound import Inbound, parse, text_reply
from conversations.channels.wechat.inbox import Inbox
from conversations.channels.wechat.passive import Gone, PassiveReplies
from conversations.channels.wechat.working import InboxWorker
from foundation.clock import Clock
from foundation.errors import NotFound, Unavailable
from foundation.settings import Settings
from foundation.wechat_accounts import WechatAccount

log = structlog.get_logger(__name__)

SUCCESS = "success"
LAST_TRY_S = 9.0
"""The platform asks at 0, 5 and 10 s; after that it shows the customer an error of its own."""
TIDY_S = 60.0


@dataclass(frozen=True)
class Answer:
    """The body to answer a callback with; `replied` is the callback whose answer is in it."""

    body: str
    replied: int | None = None

    @property
    def is_xml(self) -> bool:
        """Whether it is a message rather than the word that ends the platform's tries."""
        return self.body != SUCCESS


class WechatChannel:
    """Answers the platform's calls for every account."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        accounts: Mapping[str, WechatAccount],
        inbox: Inbox,
        worker: InboxWorker,
        passive: PassiveReplies,
    ) -> None:
        window = settings.wechat_replay_window_s
        self._envelopes = {name: Envelope(account, window) for name, account in accounts.items()}
        self._settings = settings
        self._clock = clock
        self._inbox = inbox
        self._worker = worker
        self._passive = passive
        self._tidying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Work callbacks that were kept before, and what comes; nothing without accounts."""
        if not self._envelopes:
            return
        self._inbox.on_kept = self._worker.wake
        self._passive.start()
        await self._worker.start()
        self._tidying = asyncio.create_task(self._tidy())

    async def stop(self) -> None:
        """Finish what is in hand."""
        if self._tidying:
            self._tidying.cancel()
            await asyncio.gather(self._tidying, return_exceptions=True)
        await self._worker.stop()

    def verify(self, account: str, query: Query) -> None:
        """Accept the platform's check of our address.

        Raises:
            NotFound: no such account.
            NotFromPlatform: not signed by the platform, or not now.
        """
        self._envelope(account).check(query, self._clock.now())

    async def receive(self, account: str, query: Query, body: bytes, gone: Gone) -> Answer:
        """Take in one callback and say what to answer.

        Raises:
            NotFound: no such account.
            NotFromPlatform: not signed by the platform, too old, or a query used twice.
            UnreadableCallback: signed, but not a message.
            Unavailable: it cannot be kept now; the platform should try again.
        """
        envelope = self._envelope(account)
        now = self._clock.now()
        envelope.check(query, now)
        opened = envelope.open(query, body)
        heard = parse(opened.xml)
        text, replied = await self._answer(account, heard, query, body, gone)
        if text is None:
            return Answer(SUCCESS)
        stamp = self._clock.now()
        reply = text_reply(heard, text, int(stamp.timestamp()))
        if opened.encrypted:
            reply = envelope.seal(reply, query.nonce, stamp)
        return Answer(reply, replied)

    async def confirm(self, answer: Answer) -> None:
        """The answer has been handed to the network."""
        if answer.replied is not None:
            await self._passive.confirm(answer.replied)

    async def _answer(
        self, account: str, heard: Inbound, query: Query, body: bytes, gone: Gone
    ) -> tuple[str | None, int | None]:
        may_hold = (
            self._settings.wechat_passive_wait_s > 0
            and bool(heard.grant)
            and self._passive.has_room
        )
        try:
            kept = await self._inbox.keep(account, heard, query, body, may_hold=may_hold)
        except Unavailable:
            if self._clock.now().timestamp() - heard.sent_at < LAST_TRY_S:
                raise
            log.error("wechat_callback_given_up", account=account)
            return texts.NOT_KEPT, None
        if kept.reply is not None:
            return kept.reply, kept.id
        if not kept.held:
            return None, None
        text = await self._passive.wait(kept, gone)
        return text, kept.id if text is not None else None

    def _envelope(self, account: str) -> Envelope:
        try:
            return self._envelopes[account]
        except KeyError:
            raise NotFound("account", account) from None

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_S)
            now = self._clock.now()
            try:
                await self._inbox.forget(
                    now - timedelta(days=self._settings.wechat_keep_days),
                    now - timedelta(seconds=2 * self._settings.wechat_replay_window_s),
                )
            except Exception:
                log.exception("wechat_not_tidied")
