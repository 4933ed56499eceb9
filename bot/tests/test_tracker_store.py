"""The tracker store against Rasa's own; run with the bot's Python: `python -m unittest`."""

import asyncio
import tempfile
import unittest
from pathlib import Path

from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.tracker_store import RecentTrackerStore

DOMAIN = Domain.from_yaml(
    """
    intents: [greet]
    slots: {product: {type: text, mappings: [{type: custom}]}}
    """
)


class RecentTrackers(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.db = str(Path(folder.name) / "tracker.db")
        self.store = self.another()
        self.plain = SQLTrackerStore(DOMAIN, db=self.db)

    def another(self) -> RecentTrackerStore:
        return RecentTrackerStore(DOMAIN, db=self.db)

    def turn(self, store: SQLTrackerStore, text: str, sender: str = "a") -> DialogueStateTracker:
        tracker = asyncio.run(store.get_or_create_tracker(sender))
        for event in (
            UserUttered(text, {"name": "greet", "confidence": 0.9}),
            SlotSet("product", text),
            ActionExecuted("action_answer"),
            BotUttered(f"re: {text}"),
            ActionExecuted("action_listen"),
        ):
            tracker.update(event, DOMAIN)
        asyncio.run(store.save(tracker))
        return tracker

    def read(self, store: SQLTrackerStore, sender: str = "a") -> DialogueStateTracker:
        return asyncio.run(store.retrieve(sender))

    def same(self) -> None:
        ours, theirs = self.read(self.store), self.read(self.plain)
        self.assertEqual(list(ours.events), list(theirs.events))
        self.assertEqual(ours.current_slot_values(), theirs.current_slot_values())

    def test_what_is_remembered_is_what_is_stored(self) -> None:
        for text in ("洗衣机", "冰箱", "空调"):
            self.turn(self.store, text)
            self.same()

    def test_another_process_goes_on_and_so_does_this_one(self) -> None:
        other = self.another()
        for text in ("一", "二", "三", "四"):
            self.turn(self.store, text)
            self.turn(other, f"{text}又")
        self.same()
        said = [e.text for e in self.read(self.store).events if isinstance(e, UserUttered)]
        self.assertEqual(said, ["一", "一又", "二", "二又", "三", "三又", "四", "四又"])

    def test_a_turn_that_failed_half_way_is_forgotten(self) -> None:
        self.turn(self.store, "洗衣机")
        broken = self.read(self.store)
        broken.update(UserUttered("半句"), DOMAIN)
        self.assertIsNot(self.read(self.store), broken)
        self.same()

    def test_a_tracker_made_elsewhere_is_stored_whole(self) -> None:
        self.turn(self.store, "洗衣机")
        copy = self.read(self.plain)
        copy.update(UserUttered("补一句"), DOMAIN)
        asyncio.run(self.store.save(copy))
        self.same()
        self.assertEqual(self.read(self.store).latest_message.text, "补一句")

    def test_a_restart_goes_on_where_it_was(self) -> None:
        self.turn(self.store, "洗衣机")
        self.store = self.another()
        self.turn(self.store, "冰箱")
        self.same()

    def test_only_late_conversations_are_remembered(self) -> None:
        store = RecentTrackerStore(DOMAIN, db=self.db, remembered=3)
        for number in range(5):
            self.turn(store, "洗衣机", f"s{number}")
        self.assertEqual(list(store._recent), ["s2", "s3", "s4"])
        self.assertEqual(self.read(store, "s0").latest_message.text, "洗衣机")

    def test_unknown_senders_have_no_tracker(self) -> None:
        self.assertIsNone(self.read(self.store, "nobody"))
        self.assertEqual(len(self.store._recent), 0)


if __name__ == "__main__":
    unittest.main()
