"""Customer and agent in two real browser windows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from tests.system.conftest import Running

pytestmark = [pytest.mark.rasa, pytest.mark.browser]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SHOTS = Path(os.environ.get("FRONTLINE_SCREENSHOTS", "var/screenshots"))

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73000000104944415478da63"
    "d00fbb09440c100a0023ae05798d792fc80000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, or Playwright's own."""
    system = os.environ.get("FRONTLINE_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        path = system if Path(system).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def customer_page(browser: Browser, running: Running, **options: object) -> Page:
    page = browser.new_context(locale="zh-CN", **options).new_page()
    page.goto(running.base + "/")
    page.get_by_test_id("fl-launcher").click()
    expect(page.get_by_test_id("fl-panel")).to_be_visible()
    return page


def agent_page(browser: Browser, running: Running, name: str = "agent1") -> Page:
    page = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}).new_page()
    page.goto(running.base + "/desk/")
    page.get_by_test_id("login-username").fill(name)
    page.get_by_test_id("login-password").fill(running.accounts[name])
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("login-submit")).to_be_hidden()
    return page


def say(page: Page, text: str) -> None:
    page.get_by_test_id("fl-input").fill(text)
    page.get_by_test_id("fl-send").click()


def test_customer_and_agent_talk_with_suggestions_beside(
    browser: Browser, running: Running
) -> None:
    agent = agent_page(browser, running)
    customer = customer_page(browser, running, viewport={"width": 1280, "height": 860})
    say(customer, "空调保修几年？")
    expect(customer.get_by_test_id("fl-message")).to_have_count(3, timeout=15_000)
    expect(customer.get_by_test_id("fl-message").last).to_contain_text("年")
    shot(customer, "widget-bot")
    say(customer, "我的洗衣机报E2，修了两次还是不排水")
    expect(customer.get_by_test_id("fl-message")).to_have_count(5, timeout=15_000)
    say(customer, "转人工")
    item = agent.get_by_test_id("queue-item").first
    expect(item).to_be_visible(timeout=15_000)
    item.click()
    agent.get_by_test_id("accept").first.click()
    expect(agent.get_by_test_id("solution").first).to_be_visible(timeout=10_000)
    assert 1 <= agent.get_by_test_id("solution").count() <= 3
    expect(agent.get_by_test_id("empathy").first).to_be_visible()
    agent.get_by_test_id("composer").fill("您好，我是人工客服，已经看到您前面说的情况了。")
    agent.get_by_test_id("send").click()
    expect(
        customer.get_by_test_id("fl-message").filter(has_text="我是人工客服").first
    ).to_be_visible()
    agent.get_by_test_id("attach-input").set_input_files(
        [
            FilePayload(name="报价.xlsx", mimeType="application/vnd.ms-excel", buffer=b"PK"),
            FilePayload(name="排水泵位置.png", mimeType="image/png", buffer=PNG),
        ]
    )
    expect(agent.get_by_text("这种文件发不了")).to_be_visible()
    expect(agent.get_by_test_id("attachment-chip")).to_have_count(1)
    agent.get_by_test_id("composer").fill("请看图，先拧下这里的旋钮。")
    shot(agent, "desk-attachment")
    agent.get_by_test_id("send").click()
    expect(agent.get_by_test_id("attachment-chip")).to_have_count(0)
    received = customer.get_by_test_id("fl-message").filter(has_text="请看图").last
    picture = received.locator("img")
    expect(picture).to_have_attribute("alt", "排水泵位置.png")
    picture.evaluate("image => image.decode()")
    expect(agent.get_by_test_id("message").filter(has_text="请看图").locator("img")).to_be_visible()
    say(customer, "好的，等您回复")
    expect(agent.get_by_test_id("message").filter(has_text="等您回复").first).to_be_visible()
    agent.get_by_test_id("empathy").first.click()
    expect(agent.get_by_test_id("composer")).not_to_have_value("")
    shot(agent, "desk-conversation")
    shot(customer, "widget-human")
    agent.get_by_test_id("composer").fill("")
    agent.get_by_test_id("return-bot").click()
    say(customer, "冰箱保修几年")
    expect(customer.get_by_test_id("fl-message").filter(has_text="冰箱").last).to_be_visible()


def test_a_draft_is_looked_at_while_it_is_typed(browser: Browser, running: Running) -> None:
    agent = agent_page(browser, running, "agent2")
    customer = customer_page(browser, running, viewport={"width": 1280, "height": 860})
    say(customer, "我的洗衣机报E2，修了两次还是不排水")
    expect(customer.get_by_test_id("fl-message")).to_have_count(3, timeout=15_000)
    say(customer, "转人工")
    item = agent.get_by_test_id("queue-item").first
    expect(item).to_be_visible(timeout=15_000)
    item.click()
    agent.get_by_test_id("accept").first.click()
    composer, warnings = agent.get_by_test_id("composer"), agent.get_by_test_id("draft-warning")
    expect(composer).to_be_focused()
    composer.press_sequentially("这是您使用不当造成的。有结果会通知您的")
    expect(composer).to_have_value("这是您使用不当造成的。有结果会通知您的")
    expect(warnings).to_have_count(2, timeout=10_000)
    expect(warnings.first).to_contain_text("这是您使用不当造成的")
    shot(agent, "desk-draft-warnings")
    warnings.last.get_by_test_id("draft-better").press("Enter")
    expect(composer).to_have_value("这是您使用不当造成的。24小时内给您回复")
    agent.get_by_test_id("draft-undo").click()
    expect(composer).to_have_value("这是您使用不当造成的。有结果会通知您的")
    expect(warnings).to_have_count(2)
    warnings.first.get_by_test_id("draft-dismiss").click()
    expect(warnings).to_have_count(1)
    composer.fill("我先帮您约师傅，今天下午三点前给您电话。")
    expect(warnings).to_have_count(0)
    composer.fill("这是您使用不当造成的。有结果会通知您的")
    expect(warnings).to_have_count(1)
    composer.fill("有结果会通知您的")
    agent.get_by_test_id("send").click()
    expect(customer.get_by_test_id("fl-message").filter(has_text="会通知您的")).to_be_visible()
    expect(warnings).to_have_count(0)


def test_an_emergency_gets_advice_and_pages_the_desk(browser: Browser, running: Running) -> None:
    agent = agent_page(browser, running, "agent2")
    customer = customer_page(browser, running, viewport={"width": 390, "height": 844})
    say(customer, "家里厨房一股煤气味，好大，怎么办")
    expect(customer.get_by_test_id("fl-message").filter(has_text="1.").first).to_be_visible()
    shot(customer, "widget-emergency-phone")
    banner = agent.get_by_test_id("page-banner")
    expect(banner).to_be_visible(timeout=10_000)
    shot(agent, "desk-emergency")
    agent.get_by_test_id("page-ack").first.click()
    expect(banner).to_be_hidden(timeout=10_000)


def test_a_line_that_breaks_loses_nothing(browser: Browser, running: Running) -> None:
    customer = customer_page(browser, running)
    customer.context.set_offline(True)
    say(customer, "断网时写的")
    customer.wait_for_timeout(500)
    customer.context.set_offline(False)
    own = customer.get_by_test_id("fl-message").filter(has_text="断网时写的")
    expect(own).to_have_count(1)
    customer.wait_for_timeout(4000)
    customer.reload()
    customer.get_by_test_id("fl-launcher").click()
    expect(own).to_have_count(1, timeout=10_000)


def test_enter_while_composing_does_not_send(browser: Browser, running: Running) -> None:
    customer = customer_page(browser, running)
    field = customer.get_by_test_id("fl-input")
    field.fill("xi yi ji")
    field.evaluate(
        "e => e.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', isComposing: true, bubbles: true, composed: true}))"
    )
    expect(customer.get_by_test_id("fl-message").filter(has_text="xi yi ji")).to_have_count(0)
    field.press("Enter")
    expect(customer.get_by_test_id("fl-message").filter(has_text="xi yi ji")).to_have_count(1)
