"""Working kept callbacks: each becomes a message of its conversation, in order, exactly once.

Everything that one callback changes is one transaction with its `done_at`; only a picture is
fetched before. Whoever dies in between leaves the callback to be worked again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.channels.wechat import quota, texts
from conversations.channels.wechat.errors import PlatformRefused
from conversations.channels.wechat.inbound import Inbound
from conversations.channels.wechat.meaning import Meaning, meaning_of
from conversations.channels.wechat.pictures import Pictures
from conversations.channels.wechat.storage import (
    Contact,
    PlatformCallback,
    contact_of,
    next_callback,
    waiting_contacts,
)
from conversations.channels.wechat.tapping import tapped, words
from conversations.intake import Intake
from conversations.model import Kind, Reply, Sender, State, backoff
from conversations.rating import score_of, take_rating
from conversations.speaking import say
from conversations.storage import (
    Attachment,
    Conversation,
    Outgoing,
    get_conversation,
)
from foundation.clock import Clock
from foundation.errors import InvalidInput, TooLarge, Unavailable
from foundation.settings import Settings
from foundation.transactions import UnitOfWork, announce
from foundation.wechat_accounts import WechatAccount

log = structlog.get_logger(__name__)

CHANNEL = "wechat"
SWEEP_S = 0.5
PICTURE_TRIES = 2
TURNS_AHEAD = 4
"""Turns in hand, per customer worked at a time, beyond which nothing more is taken in."""
BUSY = -1
TRIES = 6

ContactKey = tuple[str, str]


class InboxWorker:
    """Works waiting callbacks, several customers at a time, one customer's in order.

    It takes in no more than the turns behind it can work (`busy`), so that acknowledging the next
    callback stays quick however many wait.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        work: UnitOfWork,
        accounts: Mapping[str, WechatAccount],
        intake: Intake,
        pictures: Pictures,
        busy: Callable[[], int] = lambda: 0,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work
        self._accounts = accounts
        self._intake = intake
        self._pictures = pictures
        self._busy = busy
        self._ready: OrderedDict[ContactKey, None] = OrderedDict()
        self._running: dict[ContactKey, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Work what waits, now and whenever something is kept."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is in hand, take no more."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def wake(self, contact: ContactKey) -> None:
        """A customer has something waiting."""
        self._ready[contact] = None
        self._wake.set()

    async def idle(self) -> None:
        """Work everything that is due and wait for it (for tests)."""
        while self._running or await self._look():
            self._begin()
            await asyncio.gather(*list(self._running.values()), return_exceptions=True)
            await asyncio.sleep(0)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._begin()
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._wake.wait()
            except TimeoutError:
                try:
                    await self._look()
                except Exception:
                    log.exception("wechat_sweep_failed")

    async def _look(self) -> int:
        async with self._work.reading() as session:
            found = await waiting_contacts(session, self._clock.now(), 4 * self._at_once)
        for contact in found:
            self._ready.setdefault(contact)
        return len(found)

    @property
    def _at_once(self) -> int:
        return self._settings.wechat_works_at_once

    def _begin(self) -> None:
        free = self._at_once - len(self._running)
        if self._busy() >= TURNS_AHEAD * self._at_once:
            return
        for contact in list(self._ready):
            if free <= 0:
                break
            if contact in self._running:
                continue
            free -= 1
            del self._ready[contact]
            task = asyncio.create_task(self._work_contact(contact))
            self._running[contact] = task
            task.add_done_callback(partial(self._finished, contact))

    def _finished(self, contact: ContactKey, _task: asyncio.Task[None]) -> None:
        self._running.pop(contact, None)
        self._wake.set()

    async def _work_contact(self, contact: ContactKey) -> None:
        account = self._accounts.get(contact[0])
        if account is None:
            return
        while True:
            async with self._work.reading() as session:
                waiting = await next_callback(session, *contact)
            if waiting is None or waiting.next_attempt_at > self._clock.now():
                return
            try:
                await self._take(account, waiting)
            except Exception:
                log.exception("wechat_callback_failed", callback=waiting.id)
                await self._later(waiting.id)

    async def _take(self, account: WechatAccount, waiting: PlatformCallback) -> None:
        heard = Inbound.of(waiting.payload)
        meaning = meaning_of(heard, account.menu)
        if meaning.text and not meaning.answer:
            self._intake.expect(meaning.text)
        file = None
        if meaning.image:
            meaning, file = await self._fetched(account, waiting, meaning)
            if meaning.is_nothing:
                return
        async with self._work.begin() as session:
            contact = await contact_of(session, account.name, waiting.openid, lock=True)
            first = await next_callback(session, account.name, waiting.openid)
            if contact is None or first is None or first.id != waiting.id:
                return
            await self._apply(session, contact, first, heard, meaning, file)
            first.done_at = self._clock.now()
            announce(session, "wechat", callback_id=first.id)

    async def _fetched(
        self, account: WechatAccount, waiting: PlatformCallback, meaning: Meaning
    ) -> tuple[Meaning, Attachment | None]:
        """The picture, or what is said instead; nothing at all while it may still come."""
        try:
            return meaning, await self._pictures.fetch(account, waiting.openid, meaning.image)
        except Unavailable as error:
            gone = isinstance(error, PlatformRefused) and error.errcode != BUSY
            if gone or waiting.attempts + 1 >= PICTURE_TRIES:
                return Meaning(texts.IMAGE, texts.IMAGE_LOST), None
            await self._later(waiting.id)
            return Meaning(), None
        except (InvalidInput, TooLarge):
            return Meaning(texts.FILE, texts.FILE_UNTAKEN), None

    async def _apply(
        self,
        session: AsyncSession,
        contact: Contact,
        callback: PlatformCallback,
        heard: Inbound,
        meaning: Meaning,
        file: Attachment | None,
    ) -> None:
        self._renew(contact, heard)
        if meaning.leaves:
            contact.subscribed = False
            contact.grants = []
        if meaning.is_nothing or meaning.leaves:
            return
        contact.subscribed = True
        known = contact.conversation_id is not None
        conversation = await self._conversation(session, contact)
        callback.conversation_id = conversation.id
        if callback.held:
            conversation.deliver_after = callback.created_at + timedelta(
                seconds=self._settings.wechat_passive_wait_s
            )
        await self._release(session, conversation)
        if meaning.greets:
            self._greet(session, conversation, known)
            return
        key = f"wx:{callback.key}"[:80]
        if await self._rated(session, conversation, meaning, key):
            return
        if file is not None:
            file.conversation_id = conversation.id
            session.add(file)
            await session.flush()
        message = await self._intake.take(
            session,
            conversation.id,
            await words(session, conversation, meaning),
            key,
            file.id if file else None,
            answer=meaning.answer,
        )
        if not meaning.answer:
            callback.message_id = message.id

    def _renew(self, contact: Contact, heard: Inbound) -> None:
        """The customer did something: the platform lets us write again."""
        now = self._clock.now()
        acted = min(now, now.fromtimestamp(heard.sent_at, tz=now.tzinfo))
        fresh = quota.granted(
            quota.read(contact.grants), heard.grant, acted, self._settings.wechat_quota
        )
        contact.grants = [grant.as_dict() for grant in fresh if grant.until > now]

    async def _conversation(self, session: AsyncSession, contact: Contact) -> Conversation:
        if contact.conversation_id is not None:
            return await get_conversation(session, contact.conversation_id, lock=True)
        external_id = f"{contact.account}:{contact.openid}"
        opened = await self._intake.open(session, CHANNEL, external_id=external_id)
        contact.conversation_id = opened.id
        return opened

    async def _release(self, session: AsyncSession, conversation: Conversation) -> None:
        """What was held for want of quota may go out now, before anything newer."""
        now = self._clock.now()
        due = max(now, conversation.deliver_after or now)
        released = await session.execute(
            update(Outgoing)
            .where(Outgoing.conversation_id == conversation.id, Outgoing.state == "held")
            .values(state="pending", reason="", next_attempt_at=due)
        )
        if released.rowcount:  # type: ignore[attr-defined]
            announce(session, "outbox", conversation_id=conversation.id)
            announce(session, "conversation", conversation_id=conversation.id)

    def _greet(self, session: AsyncSession, conversation: Conversation, known: bool) -> None:
        if conversation.state not in (State.BOT, State.CLOSED):
            return
        if known and conversation.last_seq:
            back = Reply(texts.WELCOME_BACK, Kind.TEXT, sender=Sender.BOT)
            say(session, conversation, back, self._clock.now())
        else:
            self._intake.greet(session, conversation)

    async def _rated(
        self, session: AsyncSession, conversation: Conversation, meaning: Meaning, key: str
    ) -> bool:
        """Whether the customer's words were an answer to the satisfaction menu."""
        button = await tapped(session, conversation, meaning)
        score = score_of(button["payload"]) if button else None
        if button is None or score is None:
            return False
        now = self._clock.now()
        await take_rating(session, conversation, score, button["title"], key, now)
        return True

    async def _later(self, callback_id: int) -> None:
        """Try again after a while; what fails too often is kept aside as unreadable."""
        async with self._work.begin() as session:
            callback = await session.get_one(
                PlatformCallback, callback_id, with_for_update=True, populate_existing=True
            )
            callback.attempts += 1
            callback.next_attempt_at = self._clock.now() + backoff(callback.attempts)
            if callback.attempts >= TRIES and callback.payload.get("kind") != "poison":
                log.error("wechat_callback_put_aside", callback=callback.id)
                kept = {**callback.payload, "content": "", "media_id": ""}
                callback.payload = {**kept, "kind": "poison"}
