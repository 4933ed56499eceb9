"""Taking down a complaint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from assist.entities.folding import fold
from bot.actions.forms import EVIDENCE, LONGEST_TEXT, FormDialogue, name_in, take_phone
from bot.actions.knowledge import answer_question
from bot.actions.orders import asks_about_order
from bot.actions.repair import plausible_product
from bot.actions.services import ComplaintReport
from bot.actions.story import told_before
from bot.actions.turn import (
    Said,
    ServiceAction,
    blames,
    canonical_product,
    cleared,
    conversation_of,
    leave_form,
    slots,
)

OWNED = (
    "complaint_what",
    "complaint_product",
    "complaint_order_no",
    "complaint_when",
    "complaint_where",
    "complaint_phone",
    "complaint_name",
    "complaint_evidence",
    "complaint_consent",
    "complaint_summary",
)
ASKED = (
    "complaint_what",
    "complaint_product",
    "complaint_when",
    "complaint_phone",
    "complaint_evidence",
)
ASKED_ONCE = {"complaint_when": "没说", "complaint_evidence": "暂时没有"}
"""Slots that may stay open: asked for once, and what is noted when no answer comes."""
FACTS = {
    "complaint_name": "称呼",
    "complaint_order_no": "订单号",
    "complaint_when": "发生时间",
    "complaint_where": "地点",
    "complaint_evidence": "证据",
}

_BARE = re.compile(
    r"(?:我|俺|想|要|得|来|必须|需要|就|你好|您好|请|帮我|给我|，|,|。|!|！|\s|你们|人|这个|一下|登记|[一两]?个|再|又|还是|另外|怎么|如何|在哪|tousu|投诉|举报|"
    r"申诉|差评|吗|的|了|呢|啊|电话|渠道)+"
)
SHORT_ANSWER = 30
_NO_EVIDENCE = re.compile(r"没有?|无|冇|沒|丢了|删了|不方便|回头|晚点|稍后|等下|过后|暂时")
_NO_PRODUCT = re.compile(
    r"没有|没产品|无|不涉及|不是产品|不关产品|跟产品|服务|唔系|不相关|没买|都不是"
)
SURE = 0.5
_DIGITS = re.compile(r"[\d\s,，-]+")
_TIME_LIMIT = re.compile(
    r"(?:几天|多久|多长时间|什么时候|啥时候|几时|多少天|几个工作日|何时|什么时间).{0,10}"
    r"(?:说法|处理|回复|结果|答复|解决|回话|回电|联系|反馈|有人)"
)
_CATEGORIES = (
    (
        "service_attitude",
        re.compile(r"态度|骂|凶|吼|嘲|不耐烦|辱|甩脸|没礼貌|恶劣|威胁|推搡|打人|敷衍|糊弄"),
    ),
    (
        "response_speed",
        re.compile(
            r"没人[接回理管]|不回|不理|打不通|不作为|联系不上|没回音|没下文|踢皮球|摆设|石沉大海"
        ),
    ),
    (
        "price_billing",
        re.compile(
            r"乱收|收费|多收|加价|宰|坑.*钱|收了我?[\d一二三四五六七八九]|价|扣费|发票|黑心|退钱"
        ),
    ),
    ("delivery", re.compile(r"送货|快递|物流|配送|搬运|送错|少发|漏发|磕|包装|迟迟不发")),
    (
        "installation",
        re.compile(r"安装|装[的完歪错坏反了机空热油洗电]|打孔|砸[了裂坏碎]|打穿|铜管"),
    ),
    (
        "repair_delay",
        re.compile(
            r"修了?.{0,6}(?:次|遍|没好|不好|坏)|返修|放鸽子|没来|拖|爽约|等了.*(?:天|周|月)|配件.*没|不来修"
        ),
    ),
)


class ValidateComplaintForm(FormDialogue):
    """One turn of the intake; everything said is kept, what is missing is asked."""

    action = "validate_complaint_form"
    form = "complaint_form"
    owned = OWNED
    stopped = "utter_complaint_stopped"
    noted_before = ("complaint_product", "complaint_phone")

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        active = tracker.get_slot("requested_slot") is not None
        if active and _TIME_LIMIT.search(fold(said.text)) and not asks_about_order(said):
            dispatcher.utter_message(response="utter_complaint_time")
            return slots({"asides": int(tracker.get_slot("asides") or 0) + 1})
        if not active and said.asks and said.confidence < SURE and not blames(said.text):
            answered = await answer_question(self.services, dispatcher, tracker, said)
            return [*(answered or []), *leave_form()]
        return await super().act(dispatcher, tracker, said)

    async def fill(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said, beginning: bool
    ) -> dict[str, Any]:
        asked = "" if beginning else str(tracker.get_slot("requested_slot") or "")
        if said.text == EVIDENCE:
            dispatcher.utter_message(response="utter_evidence_for_complaint")
            return {"complaint_evidence": _one_more(tracker, beginning)}
        talks_of_it = said.intent == "add_evidence" and not said.entities
        if talks_of_it and not beginning and asked != "complaint_evidence":
            dispatcher.utter_message(response="utter_send_evidence")
            return {"asides": int(tracker.get_slot("asides") or 0) + 1}
        if asked == "complaint_consent" and said.agrees:
            return {"complaint_consent": True}
        filled: dict[str, Any] = {}
        phone, told = take_phone(dispatcher, said, asked=asked == "complaint_phone")
        if phone:
            filled["complaint_phone"] = phone
        unknown = not self.known(tracker, "complaint_product", beginning)
        product = said.product or said.first("model")
        if product and (unknown or asked == "complaint_product"):
            filled["complaint_product"] = product
        elif asked == "complaint_product" and _without_product(said.text):
            return {"complaint_product": "不涉及产品"}
        for slot, value in (
            ("complaint_order_no", said.first("order_no").upper()),
            ("complaint_when", said.first("date_time")),
            ("complaint_where", "".join(said.entities.get("address", []))),
            ("complaint_name", name_in(said.text)),
        ):
            if value:
                filled[slot] = value
        if asked in ASKED_ONCE and not (filled.get(asked) or said.stops):
            filled[asked] = _answer_once(asked, said)
        if told and not filled:
            return {"asides": int(tracker.get_slot("asides") or 0) + 1}
        if what := self._what(tracker, said, filled, beginning):
            filled["complaint_what"] = what
        return filled

    async def accept_plain(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> dict[str, Any]:
        asked = str(tracker.get_slot("requested_slot") or "")
        if asked == "complaint_product" and plausible_product(said):
            return {"complaint_product": canonical_product(said.text)}
        if asked == "complaint_phone":
            dispatcher.utter_message(response="utter_phone_missing")
        elif asked == "complaint_consent":
            dispatcher.utter_message(response="utter_what_to_change")
        return {"asides": int(tracker.get_slot("asides") or 0) + 1}

    async def conclude(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said: Said,
        known: dict[str, Any],
        beginning: bool,
    ) -> dict[str, Any]:
        if beginning:
            dispatcher.utter_message(response="utter_complaint_begin")
            dispatcher.utter_message(json_message={"signal": "complaint"})
        if not all(known.get(name) for name in ASKED):
            return {"asides": int(tracker.get_slot("asides") or 0) + 1}
        return {"complaint_summary": summary(known)}

    def _what(self, tracker: Tracker, said: Said, filled: dict[str, Any], beginning: bool) -> str:
        """What went wrong, if this message says more of it or begins a complaint after a story."""
        earlier = told_before(tracker) if beginning else []
        story = [piece for piece in earlier if not _BARE.fullmatch(fold(piece.text))]
        _take_up(story, filled)
        asked = "" if beginning else str(tracker.get_slot("requested_slot") or "")
        more = self._tells_more(said, beginning, asked)
        if not more and not story:
            return ""
        before = str(self.known(tracker, "complaint_what", beginning) or "")
        pieces = [before, *(piece.text for piece in story), *([said.text] if more else [])]
        return "；".join(filter(None, pieces))[:LONGEST_TEXT]

    def _tells_more(self, said: Said, beginning: bool, asked: str) -> bool:
        folded = fold(said.text)
        if beginning:
            return not _BARE.fullmatch(folded)
        if asked == "complaint_what":
            return len(said.text) >= 2
        if asked in ASKED_ONCE and len(said.text) <= SHORT_ANSWER:
            return False
        return len(_DIGITS.sub("", said.text)) >= 6 and not said.agrees and not said.stops


class SubmitComplaint(ServiceAction):
    """Opens the complaint once the customer has agreed."""

    action = "action_submit_complaint"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if not tracker.get_slot("complaint_consent"):
            return []
        what = str(tracker.get_slot("complaint_what"))
        facts = tuple(
            (label, str(tracker.get_slot(slot)))
            for slot, label in FACTS.items()
            if tracker.get_slot(slot)
        )
        number = await self.services.complaints.open(
            ComplaintReport(
                conversation_id=conversation_of(tracker),
                summary=what,
                product=str(tracker.get_slot("complaint_product")),
                phone=str(tracker.get_slot("complaint_phone")),
                category=category_of(what),
                facts=facts,
            )
        )
        dispatcher.utter_message(response="utter_complaint_opened", number=number)
        return [*cleared(OWNED), *slots({"complaint_no": number})]


class AddEvidence(ServiceAction):
    """A picture or document outside a form."""

    action = "action_add_evidence"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
    ) -> list[EventType]:
        if said.text != EVIDENCE:
            dispatcher.utter_message(response="utter_send_evidence")
        elif number := tracker.get_slot("complaint_no"):
            dispatcher.utter_message(response="utter_evidence_added", number=number)
        else:
            dispatcher.utter_message(response="utter_evidence_received")
        return []


def _without_product(text: str) -> bool:
    return len(text) <= 12 and bool(_NO_PRODUCT.search(fold(text)))


def category_of(text: str) -> str:
    """The likely category (SPEC section 5), for the agent to correct."""
    folded = fold(text)
    return next((name for name, words in _CATEGORIES if words.search(folded)), "product_quality")


def summary(known: dict[str, Any]) -> str:
    """What is going to be registered, one thing a line."""
    lines = [
        f"情况：{known['complaint_what']}",
        f"产品：{known['complaint_product']}",
        f"电话：{known['complaint_phone']}",
    ]
    lines += [f"{label}：{known[slot]}" for slot, label in FACTS.items() if known.get(slot)]
    return "\n".join(lines)


def _one_more(tracker: Tracker, beginning: bool) -> str:
    before = "" if beginning else str(tracker.get_slot("complaint_evidence") or "")
    count = int(before.partition(" ")[0]) if before[:1].isdigit() else 0
    return f"{count + 1} 件"


def _answer_once(slot: str, said: Said) -> str:
    """What a question is answered with that is not put a second time."""
    if said.agrees or said.small_talk:
        return ASKED_ONCE[slot]
    if slot == "complaint_evidence" and not _NO_EVIDENCE.search(fold(said.text)):
        return ASKED_ONCE[slot] if len(said.text) > SHORT_ANSWER else said.text
    return said.text if len(said.text) <= SHORT_ANSWER else "见情况"


def _take_up(story: Sequence[Said], filled: dict[str, Any]) -> None:
    """Product and order of a story, unless the message that ends it has its own."""
    for slot, named in (
        ("complaint_product", [said.product or said.first("model") for said in story]),
        ("complaint_order_no", [said.first("order_no").upper() for said in story]),
    ):
        if not filled.get(slot) and any(named):
            filled[slot] = next(name for name in reversed(named) if name)
