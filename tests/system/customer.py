"""A customer over HTTP, as the widget is one."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx


class Customer:
    """One conversation; resends until acknowledged, as the widget does."""

    def __init__(self, base: str) -> None:
        self.client = httpx.Client(base_url=f"{base}/api/v1", timeout=10)
        answer = self.client.post("/conversations", json={"channel": "web"})
        answer.raise_for_status()
        self.id = answer.json()["conversation"]["id"]
        self.client.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def say(self, text: str, key: str | None = None) -> dict[str, Any]:
        """Send until the gateway has acknowledged, whatever happens to it meanwhile."""
        body = {"client_message_id": key or uuid.uuid4().hex, "text": text}
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = self.client.post(f"/conversations/{self.id}/messages", json=body)
                answer.raise_for_status()
                message: dict[str, Any] = answer.json()["message"]
                return message
            except httpx.HTTPError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def messages(self) -> list[dict[str, Any]]:
        """The whole conversation."""
        answer = self.client.get(f"/conversations/{self.id}/messages", params={"after": 0})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def state(self) -> str:
        """Who owns it."""
        answer = self.client.get(f"/conversations/{self.id}/messages", params={"after": 0})
        return str(answer.json()["conversation"]["state"])

    def wait_for_answer(self, after: int, seconds: float = 10) -> dict[str, Any]:
        """The first message of bot, system or agent behind sequence number `after`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                for message in self.messages():
                    if message["seq"] > after and message["sender"] != "customer":
                        return message
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise TimeoutError(f"no answer after {seconds} s")
