"""The draft check over HTTP: with the conversation's words, the caller's limit, and feedback."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from api.wiring import Parts
from assist.drafts.model import WarningKind
from assist.feedback.model import FeedbackCounts
from tests.api.conftest import API, Person, SignIn, Visitor

URL = f"{API}/assist/draft-check"


async def warned(
    http: httpx.AsyncClient, person: Person, text: str, conversation: str | None = None
) -> list[dict[str, str]]:
    body = {"text": text, "conversation_id": conversation}
    response = await http.post(URL, json=body, headers=person.auth)
    assert response.status_code == 200, response.text
    found: list[dict[str, str]] = response.json()["warnings"]
    return found


async def test_warnings_name_the_words_and_better_ones(
    http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    agent = await sign_in()
    (found,) = await warned(http, agent, "好的，有结果会通知您的")
    assert found["kind"] == "no_time"
    assert (found["start"], found["end"], found["words"]) == (3, 11, "有结果会通知您的")
    assert "24小时内" in found["better"]
    assert await warned(http, agent, "好的，今天下午三点前给您电话。") == []


async def test_what_the_customer_said_is_not_asked_again(
    http: httpx.AsyncClient, visitor: Visitor, sign_in: SignIn
) -> None:
    agent = await sign_in()
    await visitor.says("我的洗衣机报E2不排水，订单AX2024110500123")
    (found,) = await warned(http, agent, "麻烦提供一下订单号", visitor.id)
    assert found["kind"] == "asks_again"
    assert "AX2024110500123" in found["better"]
    assert await warned(http, agent, "麻烦提供一下订单号") == []


@pytest.mark.parametrize(("role", "kinds"), [("agent", ["money_over_authority"]), ("hq", [])])
async def test_money_is_held_against_the_callers_own_limit(
    http: httpx.AsyncClient, sign_in: SignIn, parts: Parts, role: str, kinds: list[str]
) -> None:
    assert parts.settings.compensation_authority["agent"]["*"] == Decimal(500)
    person = await sign_in(role)
    found = await warned(http, person, "我补偿您600元")
    assert [warning["kind"] for warning in found] == kinds


async def test_feedback_on_a_warning_is_kept_by_kind(
    http: httpx.AsyncClient, visitor: Visitor, sign_in: SignIn, parts: Parts
) -> None:
    agent = await sign_in()
    body = {"conversation_id": visitor.id, "warning": "no_time", "rank": 1, "query": "会通知您的"}
    for kind in ("used", "dismissed"):
        kept = await http.post(
            f"{API}/assist/feedback", json={**body, "kind": kind}, headers=agent.auth
        )
        assert kept.status_code == 204, kept.text
    async with parts.work.reading() as session:
        counts = await parts.feedback.warning_counts(session)
    assert counts == {WarningKind.NO_TIME: FeedbackCounts(used=1, dismissed=1)}
    for wrong in ({"case_id": "case-1"}, {"warning": None}, {"warning": "odd"}):
        refused = await http.post(
            f"{API}/assist/feedback", json={**body, "kind": "used", **wrong}, headers=agent.auth
        )
        assert refused.status_code == 422


async def test_too_long_a_draft_is_refused(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    agent = await sign_in()
    response = await http.post(URL, json={"text": "好" * 8001}, headers=agent.auth)
    assert response.status_code == 422
