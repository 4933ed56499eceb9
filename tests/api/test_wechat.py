"""A WeChat customer against the running service, through a platform that speaks the protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import select

from api.case_search import Opened
from api.staff.model import Role
from api.wiring import Parts, build_parts
from conversations.channels.wechat.inbox import Inbox
from conversations.model import BotTurn, Button, Reply
from conversations.storage import Conversation, Customer, Message, Outgoing, Rating
from foundation.clock import SystemClock
from foundation.database import Database
from foundation.settings import Settings
from foundation.wechat_accounts import WechatAccount
from tests.api.conftest import DictEngine, EchoBot, TwoWords, serving
from tests.wechat_platform.accounts import BROKEN, OfficialAccount
from tests.wechat_platform.api import FakePlatform, Fault
from tests.wechat_platform.api import serving as platform_serving

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63"
    "fcffff3f030005fe02fea7b6a3ed0000000049454e44ae426082"
)


class WechatBot(EchoBot):
    """Echoes once `gate` is open; "选" offers two answers; "长" says something long."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()

    async def turn(self, sender: str, text: str, message_id: str) -> BotTurn:
        await self.gate.wait()
        if text == "选":
            buttons = (Button("预约维修", "我要预约维修"), Button("查进度", "查维修进度"))
            return BotTurn((Reply("您要办哪件事？", buttons=buttons),))
        if text == "长":
            return BotTurn((Reply("很长的一段说明。" * 700),))
        return await super().turn(sender, text, message_id)


@dataclass
class World:
    """The service, the platform, and a bot whose pace can be set."""

    parts: Parts
    platform: FakePlatform
    bot: WechatBot
    address: str

    @property
    def account(self) -> OfficialAccount:
        return self.platform.accounts[0]

    def heard(self, openid: str) -> list[str]:
        return self.platform.customer(openid).heard

    async def until_rows(self, *states: str, seconds: float = 60.0) -> list[Outgoing]:
        """The outbox once its rows are in these states."""
        deadline = time.monotonic() + seconds
        rows = await self.rows()
        while [row.state for row in rows] != list(states):
            assert time.monotonic() < deadline, [(row.state, row.reason) for row in rows]
            await asyncio.sleep(0.02)
            rows = await self.rows()
        return rows

    async def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, [
                (c.openid, [(b.side, b.via, b.content[:40]) for b in c.screen])
                for c in self.platform.customers.values()
            ]
            await asyncio.sleep(0.02)

    async def conversation(self, openid: str) -> Conversation:
        query = (
            select(Conversation)
            .join(Customer, Customer.id == Conversation.customer_id)
            .where(Customer.external_id == f"{self.account.name}:{openid}")
        )
        deadline = time.monotonic() + 60.0
        while time.monotonic() < deadline:
            async with self.parts.work.reading() as session:
                found = (await session.execute(query)).scalar_one_or_none()
            if found is not None:
                return found
            await asyncio.sleep(0.02)
        raise TimeoutError(openid)

    async def messages(self, openid: str) -> list[Message]:
        conversation = await self.conversation(openid)
        query = select(Message).where(Message.conversation_id == conversation.id)
        async with self.parts.work.reading() as session:
            return list((await session.execute(query.order_by(Message.seq))).scalars())

    async def rows(self) -> list[Outgoing]:
        async with self.parts.work.reading() as session:
            return list((await session.execute(select(Outgoing).order_by(Outgoing.id))).scalars())


Build = Callable[..., Awaitable[World]]


@pytest.fixture
async def world_of(settings: Settings, sqlite: Database) -> AsyncIterator[Build]:
    """Builds a world; keywords are settings, `account` the official account."""
    async with AsyncExitStack() as stack:

        async def build(account: OfficialAccount | None = None, **given: object) -> World:
            platform = FakePlatform([account or OfficialAccount()])
            base = await stack.enter_async_context(platform_serving(platform))
            patient = {"wechat_passive_wait_s": 25.0, "wechat_send_timeout_s": 25.0}
            own = settings.model_copy(
                update={
                    **patient,
                    "outbox_poll_s": 0.05,
                    "bot_timeout_s": 60.0,
                    "database_url": str(sqlite.url),
                    "wechat_api_url": base,
                    "wechat_accounts": [
                        WechatAccount.model_validate(platform.accounts[0].settings())
                    ],
                    **given,
                }
            )
            bot = WechatBot()
            parts = build_parts(
                own, clock=SystemClock(), bot=bot, assessor=TwoWords(),
                open_engine=lambda: Opened(DictEngine()),
            )  # fmt: skip
            await parts.start()
            stack.push_async_callback(parts.stop)
            stack.callback(bot.gate.set)
            address = await stack.enter_async_context(serving(parts))
            platform.connect(f"http://{address}", retry_after_s=0.2, answer_s=60.0)
            return World(parts, platform, bot, address)

        yield build


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_a_quick_answer_is_a_passive_reply_in_every_mode(world_of: Build, mode: str) -> None:
    world = await world_of(OfficialAccount(mode=mode))
    assert world.platform.caller is not None
    assert await world.platform.caller.verify(world.account)
    told = await world.platform.says("o1", "空调不制冷😊<&]]>")
    assert told.statuses == [200]
    assert told.reply == "【智能客服】您说的是：空调不制冷😊<&]]>"
    assert [b.via for b in world.platform.customer("o1").screen if b.side == "account"] == [
        "passive"
    ]
    assert world.platform.calls.get("send", 0) == 0
    await world.until_rows("sent")


async def test_a_slow_answer_comes_as_customer_service_message(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0.3)
    world.bot.gate.clear()
    told = await world.platform.says("o1", "在吗")
    assert (told.reply, told.statuses) == (None, [200])
    world.bot.gate.set()
    await world.until(lambda: world.heard("o1"))
    assert world.heard("o1") == ["【智能客服】您说的是：在吗"]
    assert world.platform.customer("o1").screen[-1].via == "api"


async def test_without_passive_wait_everything_is_acknowledged_at_once(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    world.bot.gate.clear()
    told = await world.platform.says("o1", "在吗")
    assert (told.reply, told.statuses) == (None, [200])
    world.bot.gate.set()
    await world.until(lambda: world.heard("o1") == ["【智能客服】您说的是：在吗"])


async def test_a_broken_line_gets_the_same_reply_again(world_of: Build) -> None:
    world = await world_of()
    caller = world.platform.caller
    assert caller is not None
    world.bot.gate.clear()
    customer = world.platform.customer("o1")
    fields: dict[str, object] = {"MsgType": "text", "Content": "你好", "MsgId": "7"}
    cut = asyncio.create_task(caller.tell(world.account, customer, fields))
    await asyncio.sleep(0.5)
    cut.cancel()
    world.bot.gate.set()
    told = await caller.tell(world.account, customer, fields)
    assert told.reply == "【智能客服】您说的是：你好" or world.heard("o1")
    await world.until(lambda: world.heard("o1") == ["【智能客服】您说的是：你好"])
    await world.until_rows("sent")


async def test_repeated_callbacks_make_one_message_and_one_answer(world_of: Build) -> None:
    world = await world_of()
    caller = world.platform.caller
    assert caller is not None
    customer = world.platform.customer("o1")
    customer.acted("message", time.time())
    fields: dict[str, object] = {"MsgType": "text", "Content": "你好", "MsgId": "1001"}
    told = [await caller.tell(world.account, customer, fields) for _ in range(3)]
    assert {t.reply for t in told} == {"【智能客服】您说的是：你好"}
    await asyncio.gather(*(caller.tell(world.account, customer, fields) for _ in range(10)))
    assert [m.sender for m in await world.messages("o1")] == ["customer", "bot"]
    assert world.platform.calls.get("send", 0) == 0


async def test_events_are_the_same_by_sender_and_time(world_of: Build) -> None:
    world = await world_of()
    caller = world.platform.caller
    assert caller is not None
    customer = world.platform.customer("o1")
    fields: dict[str, object] = {
        "MsgType": "event", "Event": "subscribe", "EventKey": "", "CreateTime": int(time.time()),
    }  # fmt: skip
    for _ in range(3):
        await caller.tell(world.account, customer, fields)
    messages = await world.messages("o1")
    assert len(messages) == 1
    assert "智能客服" in messages[0].text


async def test_several_messages_keep_their_order(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    for number in range(5):
        await world.platform.says("o1", f"第{number}句")
    await world.until(lambda: sum(text.count("您说的是") for text in world.heard("o1")) == 5)
    whole = "".join(world.heard("o1"))
    places = [whole.index(f"第{number}句") for number in range(5)]
    assert places == sorted(places)


async def test_a_picture_is_stored_and_shown_to_the_agent(world_of: Build) -> None:
    world = await world_of()
    told = await world.platform.sends_image("o1", PNG)
    assert told.reply is not None
    message = (await world.messages("o1"))[0]
    assert message.kind == "image"
    assert message.attachment_id is not None
    stored = await world.parts.uploads.find(message.attachment_id)
    assert stored.mime == "image/png"
    assert stored.path.read_bytes() == PNG


async def test_a_picture_that_is_gone_is_asked_for_again(world_of: Build) -> None:
    world = await world_of()
    told = await world.platform.sends("o1", "image", "x", {"MediaId": "gone", "PicUrl": ""})
    assert told.reply == "【智能客服】这张图片没传过来，麻烦您再发一次。"


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("voice", {"MediaId": "v", "Recognition": "洗衣机漏水了"}, "您说的是：洗衣机漏水了"),
        ("voice", {"MediaId": "v", "Recognition": ""}, "这条语音我没听清"),
        (
            "location",
            {"Location_X": "31.2", "Location_Y": "121.4", "Label": "南京路1号"},
            "南京路1号",
        ),
        ("link", {"Title": "商品", "Description": "", "Url": "https://x.cn/1"}, "https://x.cn/1"),
        ("video", {"MediaId": "v", "ThumbMediaId": "t"}, "视频我这边暂时打不开"),
        ("miniprogrampage", {"Title": "x"}, "这种消息我暂时看不了"),
        ("text", {"Content": " "}, "这种消息我暂时看不了"),
    ],
)
async def test_every_kind_of_message_is_answered(
    world_of: Build, kind: str, fields: dict[str, object], said: str
) -> None:
    world = await world_of()
    told = await world.platform.sends("o1", kind, "", fields)
    assert said in (told.reply or "")


async def test_menu_keys_speak_and_other_events_are_silent(world_of: Build) -> None:
    world = await world_of()
    told = await world.platform.event("o1", "CLICK", "REPAIR")
    assert told.reply == "【智能客服】您说的是：我要报修"
    for event in ("VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "unsubscribe"):
        silent = await world.platform.event("o1", event, "https://x.cn")
        assert (silent.statuses, silent.reply) == ([200], None)
    assert len(await world.messages("o1")) == 2


async def test_one_tap_answers_by_menu_and_by_number(world_of: Build) -> None:
    world = await world_of()
    told = await world.platform.says("o1", "选")
    assert told.reply == "【智能客服】您要办哪件事？\n\n1. 预约维修\n2. 查进度\n回复数字就行。"
    told = await world.platform.says("o1", "第二个")
    assert told.reply == "【智能客服】您说的是：查维修进度"
    told = await world.platform.says("o1", "2")
    assert told.reply == "【智能客服】您说的是：2"


async def test_a_menu_is_tapped_and_an_account_without_menus_gets_numbers(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    await world.platform.says("o1", "选")
    await world.until(lambda: world.heard("o1"))
    assert [c["content"] for c in world.platform.customer("o1").screen[-1].choices] == [
        "预约维修", "查进度",
    ]  # fmt: skip
    await world.platform.taps("o1", 0)
    await world.until(lambda: "【智能客服】您说的是：我要预约维修" in world.heard("o1"))
    world.account.takes_menus = False
    await world.platform.says("o2", "选")
    await world.until(lambda: world.heard("o2"))
    assert world.heard("o2")[-1].endswith("2. 查进度\n回复数字就行。")


async def test_a_long_answer_is_split_and_nothing_is_said_twice(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    world.platform.fail("send", Fault(errcode=-1))
    await world.platform.says("o1", "长")
    whole = "【智能客服】" + "很长的一段说明。" * 700
    size = len(whole.encode())
    assert size > 7 * 2047
    await world.until(lambda: len(world.heard("o1")) == 5)
    assert all(len(text.encode()) <= 2047 for text in world.heard("o1"))
    assert world.heard("o1")[-1].endswith("回复任意内容，我接着发给您。）")
    await world.until_rows("held")
    await world.platform.says("o1", "继续")
    await world.until(lambda: "".join(world.heard("o1")).endswith("您说的是：继续"))
    said = "".join(t.split("\n\n（后面还有")[0] for t in world.heard("o1"))
    assert said.replace("\n", "") == whole + "【智能客服】您说的是：继续"


async def test_the_agent_talks_until_the_quota_is_used_up(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    await world.platform.says("o1", "转人工")
    await world.until(lambda: world.heard("o1"))
    conversation = await world.conversation("o1")
    async with world.parts.work.begin() as session:
        await world.parts.handover.accept(session, conversation.id, "staff_1", "小林")
    await world.until_rows("sent", "sent")
    before = len(world.heard("o1"))
    for number in range(7):
        await world.parts.intake.speak_as_agent(
            conversation.id, "staff_1", "小林", f"第{number}句", f"a{number}"
        )
        arrived = min(5, before + number + 1)
        await world.until(lambda arrived=arrived: len(world.heard("o1")) >= arrived)
    rows = await world.rows()
    while any(row.state in ("pending", "sending") for row in rows):
        await asyncio.sleep(0.05)
        rows = await world.rows()
    assert len(world.heard("o1")) == 5
    assert {row.state for row in rows} == {"sent", "held"}
    assert BROKEN not in "".join(b.content for b in world.platform.customer("o1").screen)
    await world.platform.says("o1", "好的")
    await world.until(lambda: "第6句" in "".join(world.heard("o1")))
    whole = "".join(world.heard("o1"))
    assert all(whole.count(f"第{number}句") == 1 for number in range(7))
    places = [whole.index(f"第{number}句") for number in range(7)]
    assert places == sorted(places)
    assert [row.state for row in await world.rows()].count("held") == 0


async def test_the_platform_knows_better_when_the_quota_is_over(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    world.platform.fail("send", Fault(errcode=45047))
    await world.platform.says("o1", "你好")
    row = (await world.until_rows("held"))[0]
    assert row.reason == "quota"
    assert world.heard("o1") == []
    await world.platform.says("o1", "还在吗")
    await world.until(lambda: "".join(world.heard("o1")).count("您说的是") == 2)
    assert "".join(world.heard("o1")).index("你好") < "".join(world.heard("o1")).index("还在吗")


async def test_after_the_window_a_call_back_is_promised(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    world.platform.fail("send", Fault(errcode=45015))
    await world.platform.says("o1", "你好")
    row = (await world.until_rows("held"))[0]
    assert row.reason == "window"
    assert (await world.conversation("o1")).callback


@pytest.mark.parametrize(
    "fault",
    [Fault(errcode=-1), Fault(status=502), Fault(errcode=40001), Fault(errcode=42001)],
    ids=["busy", "bad gateway", "bad token", "old token"],
)
async def test_a_failed_send_is_repeated_once_each(world_of: Build, fault: Fault) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    world.platform.fail("send", fault)
    await world.platform.says("o1", "你好")
    await world.until(lambda: world.heard("o1"))
    await world.until_rows("sent")
    assert world.heard("o1") == ["【智能客服】您说的是：你好"]
    assert world.platform.tokens[world.account.app_id].issued == (
        2 if fault.errcode in (40001, 42001) else 1
    )


async def test_the_daily_limit_makes_everybody_wait(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    world.platform.fail("send", Fault(errcode=45009))
    await world.platform.says("o1", "你好")
    await world.until(lambda: world.platform.calls.get("send"))
    await world.until_rows("pending")
    await world.platform.says("o2", "你好")
    rows = await world.until_rows("pending", "pending")
    while any(row.next_attempt_at < SystemClock().now() for row in rows):
        await asyncio.sleep(0.05)
        rows = await world.rows()
    assert world.platform.calls["send"] == 1


async def test_no_answer_in_time_is_tried_again_unless_a_person_shall_decide(
    world_of: Build,
) -> None:
    world = await world_of(
        wechat_passive_wait_s=0, wechat_resend_unanswered=False, wechat_send_timeout_s=1.0
    )
    world.platform.fail("send", Fault(hang=4.0, taken=True))
    await world.platform.says("o1", "你好")
    row = (await world.until_rows("doubt"))[0]
    assert row.reason == "no_answer"
    assert world.heard("o1") == ["【智能客服】您说的是：你好"]


async def test_a_customer_who_left_is_called_instead(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    world.bot.gate.clear()
    await world.platform.says("o1", "你好")
    await world.platform.event("o1", "unsubscribe")
    await world.parts.wechat.inbox.idle()
    world.bot.gate.set()
    row = (await world.until_rows("held"))[0]
    assert row.reason == "unsubscribed"
    assert (await world.conversation("o1")).callback
    await world.platform.event("o1", "subscribe")
    await world.until(lambda: len(world.heard("o1")) > 0)
    assert "您说的是：你好" in "".join(world.heard("o1"))


async def test_satisfaction_is_asked_by_menu_when_the_conversation_ends(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    await world.platform.says("o1", "你好")
    await world.until(lambda: world.heard("o1"))
    conversation = await world.conversation("o1")
    async with world.parts.work.begin() as session:
        await world.parts.handover.accept(session, conversation.id, "staff_1", "小林")
    async with world.parts.work.begin() as session:
        await world.parts.handover.close(session, conversation.id, "staff_1")
    await world.until(lambda: world.platform.customer("o1").screen[-1].choices)
    await world.platform.taps("o1", 1)
    await world.until(lambda: "收到您的评价，谢谢" in world.heard("o1")[-1])
    async with world.parts.work.reading() as session:
        rating = (await session.execute(select(Rating))).scalar_one()
    assert (rating.score, rating.episode) == (4, 1)
    assert (await world.conversation("o1")).state == "closed"


async def test_an_emergency_is_acted_on_as_on_the_web(world_of: Build) -> None:
    world = await world_of()
    told = await world.platform.says("o1", "厨房漏气了")
    assert "1." in (told.reply or "")
    conversation = await world.conversation("o1")
    assert (conversation.state, conversation.priority) == ("queued", "urgent")


async def test_an_agents_picture_arrives(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    await world.platform.says("o1", "转人工")
    await world.until(lambda: world.heard("o1"))
    conversation = await world.conversation("o1")
    async with world.parts.work.begin() as session:
        await world.parts.handover.accept(session, conversation.id, "staff_1", "小林")
    file = await world.parts.uploads.write(conversation.id, "图.png", PNG)
    async with world.parts.work.begin() as session:
        session.add(file)
    await world.parts.intake.speak_as_agent(
        conversation.id, "staff_1", "小林", "看这张", "a1", attachment_id=file.id
    )
    shown = world.platform.customer("o1").screen
    await world.until(lambda: shown[-1].kind == "image")
    assert world.platform.media[shown[-1].content][1] == PNG
    assert shown[-2].content.endswith("【人工客服 小林】看这张")


async def test_when_nothing_can_be_kept_the_customer_reads_our_words(
    world_of: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await world_of()

    async def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Inbox, "_kept", broken)
    young = await world.platform.says("o1", "你好")
    assert young.statuses == [503, 503, 503]
    fields: dict[str, object] = {"Content": "你好", "CreateTime": int(time.time()) - 10}
    old = await world.platform.sends("o2", "text", "你好", fields)
    assert "没存下来" in (old.reply or "")


async def test_what_is_not_the_platforms_is_refused(world_of: Build) -> None:
    world = await world_of()
    url = f"http://{world.address}/channels/wechat/service"
    async with httpx.AsyncClient() as client:
        forged = await client.post(
            url, params={"signature": "x", "timestamp": "1"}, content="<xml/>"
        )
        unknown = await client.get(f"{url}x", params={"echostr": "1"})
        large = await client.post(url, content="<" * 70_000)
    assert (forged.status_code, forged.json()["code"]) == (403, "not_from_platform")
    assert (unknown.status_code, large.status_code) == (404, 413)


async def test_the_desk_sees_the_quota_and_sends_again(world_of: Build) -> None:
    world = await world_of(wechat_passive_wait_s=0)
    world.platform.fail("send", Fault(errcode=40003))
    await world.platform.says("o1", "你好")
    [row] = await world.until_rows("dead")
    staff = await world.parts.staff.create("agent.one", "小林", Role.AGENT)
    token = (await world.parts.staff.sign_in("agent.one", staff.password, "t")).token
    base = f"http://{world.address}/api/v1"
    conversation = await world.conversation("o1")
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        shown = (await client.get(f"{base}/conversations/{conversation.id}/delivery")).json()
        assert (shown["quota"]["left"], shown["quota"]["limit"]) == (5, 5)
        assert [(u["state"], u["reason"]) for u in shown["undelivered"]] == [
            ("dead", "not_reachable")
        ]
        everything = (await client.get(f"{base}/desk/undelivered")).json()
        assert [u["message_id"] for u in everything["items"]] == [row.message_id]
        again = f"{base}/conversations/{conversation.id}/messages/{row.message_id}/resend"
        assert (await client.post(again)).status_code == 200
        await world.until_rows("sent")
        assert (await client.post(again)).status_code == 409
        shown = (await client.get(f"{base}/conversations/{conversation.id}/delivery")).json()
        assert (shown["quota"]["left"], shown["undelivered"]) == (4, [])
    token = world.parts.tokens.for_conversation(conversation.id)
    async with httpx.AsyncClient() as client:
        page = await client.get(
            f"http://{world.address}/channels/kept-messages", params={"token": token}
        )
    assert "消息都已经发到您的微信了" in page.text
