"""The Rasa project is whole: every topic has its files, every action its class."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from bot.actions import ACTIONS
from foundation.settings import ROOT

BOT = ROOT / "bot"
SPEC_INTENTS = frozenset(
    {
        "greet", "goodbye", "thank", "affirm", "deny", "chitchat", "out_of_scope", "ask_warranty",
        "ask_repair_price", "ask_repair_progress", "book_repair", "reschedule_repair",
        "cancel_repair", "ask_invoice", "ask_return_exchange", "ask_refund_progress",
        "ask_logistics", "ask_installation", "ask_maintenance", "ask_usage", "ask_parts",
        "ask_service_points", "report_fault", "file_complaint", "ask_complaint_status",
        "add_evidence", "give_feedback", "request_human",
    }
)  # fmt: skip


def read(folder: str) -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in topics(folder)]


def topics(folder: str) -> list[Path]:
    return sorted((BOT / folder).glob("*.yml"))


def test_a_topic_has_the_same_file_name_in_every_folder() -> None:
    names = {path.name for path in topics("data/nlu")}
    for folder in ("domain", "data/rules", "data/stories"):
        assert {path.name for path in topics(folder)} == names


def test_every_intent_has_examples_and_a_rule() -> None:
    intents = {intent for domain in read("domain") for intent in domain.get("intents", [])}
    assert intents == SPEC_INTENTS | {"emergency", "follow_up"}
    examples = {block["intent"] for nlu in read("data/nlu") for block in nlu["nlu"]}
    assert examples == SPEC_INTENTS
    steps = [s for rules in read("data/rules") for rule in rules["rules"] for s in rule["steps"]]
    assert {s["intent"] for s in steps if "intent" in s} - {"nlu_fallback"} == intents


def test_every_action_of_the_domain_has_a_class() -> None:
    named = {action for domain in read("domain") for action in domain.get("actions", [])}
    assert named == {action.action for action in ACTIONS}


def test_every_response_named_in_code_or_rules_exists_and_is_used() -> None:
    responses = {name for domain in read("domain") for name in domain.get("responses", {})}
    sources = [*(BOT / "actions").glob("*.py"), *topics("data/rules"), *topics("data/stories")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    used = set(re.findall(r"utter_[a-z_]*[a-z]", text))
    dynamic = {name for name in responses if name.startswith("utter_repair_is_")}
    asked = {name for name in responses if name.startswith("utter_ask_")}
    assert used - responses - {"utter_repair_is", "utter_message"} == set()
    assert responses - used - dynamic - asked == set()


def test_texts_are_free_of_formulas() -> None:
    said = [
        variant["text"]
        for domain in read("domain")
        for variants in domain.get("responses", {}).values()
        for variant in variants
    ]
    for text in said:
        assert not re.search(r"亲[，,爱]|理解您的心情|给您带来不便", text)
        assert len(text) < 120


def test_entity_annotations_name_known_types() -> None:
    known = {entity for domain in read("domain") for entity in domain.get("entities", [])}
    for path in topics("data/nlu"):
        kinds = set(re.findall(r"\]\((\w+)\)", path.read_text(encoding="utf-8")))
        assert kinds <= known, path
