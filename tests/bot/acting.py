"""Runs actions as Rasa's webhook would."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import ActionExecutor

from assist.entities.extractor import extract


class Customer:
    """One customer before the actions, without Rasa: texts in, slots and responses out."""

    def __init__(self, executor: ActionExecutor) -> None:
        self.executor = executor
        self.slots: dict[str, Any] = {"requested_slot": None}
        self.events: list[dict[str, Any]] = []
        self.followed_by: str | None = None

    async def act(
        self, action: str, text: str = "", intent: str = "", confidence: float = 0.9
    ) -> list[dict[str, Any]]:
        """Run `action` on a message; what it said."""
        entities = [{"entity": e.type, "value": e.value} for e in extract(text)]
        message = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": entities,
        }
        tracker = {
            "sender_id": "conv_1:1",
            "slots": dict(self.slots),
            "latest_message": message,
            "events": list(self.events),
            "active_loop": {},
            "paused": False,
            "followup_action": None,
            "latest_action_name": "action_listen",
        }
        result = await self.executor.run(
            {"next_action": action, "tracker": tracker, "domain": {"slots": {}}}
        )
        assert result is not None
        answer = result.model_dump()
        self.followed_by = None
        for event in answer["events"]:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            if event["event"] == "followup":
                self.followed_by = event["name"]
        said: list[dict[str, Any]] = answer["responses"]
        self.events.append({"event": "user", "text": text, "parse_data": message})
        self.events += [event for event in answer["events"] if event["event"] == "slot"]
        self.events += [
            {"event": "bot", "text": m.get("text") or m.get("response"), "data": m} for m in said
        ]
        return said

    def asked(self, order: tuple[str, ...]) -> str | None:
        """The slot that is asked for next."""
        return next((slot for slot in order if self.slots.get(slot) is None), None)

    async def fill(
        self,
        form: str,
        order: tuple[str, ...],
        text: str,
        intent: str = "",
        confidence: float = 0.9,
    ) -> list[str]:
        """One turn of a form whose slots are asked in `order`; names of the responses."""
        said = await self.act(f"validate_{form}", text, intent, confidence)
        self.slots["requested_slot"] = self.asked(order)
        return [m.get("response") or m.get("text") or "" for m in said]
