"""What a customer has told before he says that he complains."""

from __future__ import annotations

import re

from rasa_sdk import Tracker

from assist.entities.folding import fold
from bot.actions.turn import QUESTIONS, Said, blames

PIECES = 4
"""A story is told in so many messages at most; older ones are of something else."""
TROUBLE = QUESTIONS | {"file_complaint", "give_feedback", "ask_repair_progress", "book_repair"}
"""Intents under which somebody tells what went wrong, unless he puts it as a question."""
SHORTEST = 6

_WORDLESS = re.compile(r"[\d\sA-Za-z\W_]+")


def told_before(tracker: Tracker) -> list[Said]:
    """The messages of trouble before the latest one, oldest first; none that a complaint already
    holds."""
    earlier: list[Said] = []
    for event in tracker.events:
        if event.get("event") == "user":
            earlier.append(Said.parsed(event.get("parse_data") or event))
        elif event.get("event") == "slot" and event.get("name") == "complaint_no":
            earlier.clear()
    latest = Said.of(tracker)
    if earlier and earlier[-1].text == latest.text:
        earlier.pop()
    told = {said.text: said for said in earlier if _tells(said)}
    return list(told.values())[-PIECES:]


def _tells(said: Said) -> bool:
    if said.text.startswith("/") or said.stops or said.small_talk:
        return False
    if len(_WORDLESS.sub("", fold(said.text))) < SHORTEST:
        return False
    answers = {"phone", "address"} & said.entities.keys()
    return blames(said.text) or (said.intent in TROUBLE and not (said.asks or answers))
