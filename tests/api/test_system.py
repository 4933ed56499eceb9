"""Health, readiness, metrics, the bot's actions, pages, settings page, OpenAPI."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.case_search import Opened
from api.routes import site
from api.settings_page import PAGE, settings_page
from api.triage import GatewayTriage
from api.wiring import Parts, build_parts
from conversations.model import Certainty, Level
from foundation.errors import Unavailable
from foundation.settings import Settings
from tests.api.conftest import DictEngine, EchoBot, TwoWords


async def test_health_and_readiness(http: httpx.AsyncClient, parts: Parts) -> None:
    assert (await http.get("/healthz")).json() == {"status": "ok"}
    while parts.search.index_problem:
        await parts_settle()
    response = await http.get("/readyz")
    assert response.status_code == 200
    found = response.json()
    assert found["ready"]
    assert set(found["parts"]) == {
        "database", "encoder", "search_index", "triage", "bot", "events",
    }  # fmt: skip


async def parts_settle() -> None:
    import asyncio

    await asyncio.sleep(0.02)


async def test_readiness_names_the_part_that_is_missing(
    parts: Parts, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.search, "encoder_problem", "EncoderNotBuilt: …")
    response = await http.get("/readyz")
    assert response.status_code == 503
    found = response.json()
    assert not found["ready"]
    assert found["parts"]["encoder"] == {
        "ready": False, "detail": "EncoderNotBuilt: …", "required": True,
    }  # fmt: skip


async def test_a_missing_bot_degrades_without_taking_the_process_out(
    parts: Parts, http: httpx.AsyncClient
) -> None:
    async def down() -> str | None:
        return "ConnectError"

    parts.readiness.add("bot", down, required=False)
    while parts.search.index_problem:
        await parts_settle()
    response = await http.get("/readyz")
    assert response.status_code == 200
    assert response.json()["parts"]["bot"]["ready"] is False


async def test_a_search_that_cannot_open_says_why_and_nothing_else_breaks(
    settings: Settings,
) -> None:
    def broken() -> Opened:
        raise OSError("no model")

    parts = build_parts(settings, bot=EchoBot(), assessor=TwoWords(), open_engine=broken)
    await parts.search.start(parts.sidebar.load)
    while parts.search.encoder_problem == "not loaded yet":
        await parts_settle()
    assert parts.search.encoder_problem == "OSError: no model"
    with pytest.raises(Unavailable):
        await parts.search.search("洗衣机")
    assert await parts.knowledge.fallback("洗衣机") is None
    await parts.stop()


async def test_without_its_model_triage_keeps_the_sure_rules(settings: Settings) -> None:
    triage = GatewayTriage()
    await triage.load(settings)
    assert triage.problem
    found = triage.assess("家里煤气泄漏了，满屋子煤气味，头晕")
    assert (found.level, found.certainty) == (Level.EMERGENCY, Certainty.CONFIRMED)
    assert triage.assess("洗衣机怎么预约").level is Level.ROUTINE


async def test_metrics_are_for_insiders(http: httpx.AsyncClient) -> None:
    assert "frontline_messages_total" in (await http.get("/metrics")).text
    outside = await http.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert outside.status_code == 403


async def test_the_webhook_answers_in_the_shapes_rasa_reads(http: httpx.AsyncClient) -> None:
    nothing = await http.post("/actions/webhook", json={})
    assert nothing.json() == {"events": [], "responses": []}
    unknown = await http.post(
        "/actions/webhook",
        json={
            "next_action": "action_of_nobody",
            "sender_id": "conv_x:1",
            "tracker": {"sender_id": "conv_x:1", "slots": {}, "events": []},
            "domain": {},
        },
    )
    assert unknown.status_code == 404
    assert unknown.json()["action_name"] == "action_of_nobody"
    for content in (b"{", b"[]", b""):
        assert (await http.post("/actions/webhook", content=content)).status_code == 422


async def test_pages_are_served_or_say_how_to_build_them(
    http: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "DESK", tmp_path / "desk")
    monkeypatch.setattr(site, "WIDGET", tmp_path / "widget.js")
    missing = await http.get("/desk/")
    assert missing.status_code == 503
    assert "make web" in missing.text
    assert (await http.get("/widget.js")).status_code == 503
    (tmp_path / "desk" / "assets").mkdir(parents=True)
    (tmp_path / "desk" / "index.html").write_text("<title>desk</title>")
    (tmp_path / "desk" / "assets" / "a-1.js").write_text("1")
    (tmp_path / "widget.js").write_text("2")
    assert (await http.get("/desk")).headers["location"] == "/desk/"
    for path in ("/desk/", "/desk/cases"):
        assert "desk" in (await http.get(path)).text
    asset = await http.get("/desk/assets/a-1.js")
    assert "immutable" in asset.headers["cache-control"]
    assert (await http.get("/desk/assets/none.js")).status_code == 404
    widget = await http.get("/widget.js")
    assert widget.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_any_site_may_embed_the_widget_but_not_use_a_cookie(http: httpx.AsyncClient) -> None:
    response = await http.options(
        "/api/v1/conversations",
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


def test_the_settings_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_page(), "run `frontline docs settings`"


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


async def test_openapi_describes_every_operation(parts: Parts) -> None:
    schema = create_app(parts.settings, parts=parts).openapi()
    operations = [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) > 40
    for path, method, operation in operations:
        assert operation.get("description"), (path, method)
        for status, answer in operation["responses"].items():
            if status in {"200", "201"} and "content" in answer:
                assert answer["content"], (path, method)
    error = schema["components"]["schemas"]["Error"]
    assert set(error["required"]) == {"code", "message", "detail"}


async def test_the_parts_stop_even_when_never_started(settings: Settings) -> None:
    parts = build_parts(settings, open_engine=lambda: Opened(DictEngine()))
    await parts.stop()
