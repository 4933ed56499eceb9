"""What a journey file may say, and how a turn is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.journeys.checks import Seen, check, is_checkable
from api.journeys.script import read_script
from foundation.errors import InvalidInput

FILE = """
meta:
  never_always: ["utter_"]
journeys:
- id: A1
  title: 问保修
  setup: {now: "2025-11-05T11:00:00+08:00", facts: {phone: "13800001234"}}
  turns:
  - customer: "啊"
    repeat: 3
    expect: {state: bot, contains_any: ["保修"]}
  - event: agent_joins
    expect: {checks: ["只给人看"]}
"""


def test_a_folder_is_all_its_files(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no journeys"):
        read_script(tmp_path)
    for name in ("b", "a"):
        text = FILE.replace("A1", name).replace("utter_", f"utter_{name}")
        (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
    script = read_script(tmp_path)
    assert [journey.id for journey in script.journeys] == ["a", "b"]
    assert script.never_always == ["utter_a", "utter_b"]


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "j.yml"
    path.write_text(FILE, encoding="utf-8")
    script = read_script(path)
    journey = script.journeys[0]
    assert script.never_always == ["utter_"]
    assert journey.turns[0].customer == "啊啊啊"
    assert journey.turns[1].event == "agent_joins"
    assert journey.facts == {"phone": "13800001234"}
    assert journey.now.isoformat() == "2025-11-05T11:00:00+08:00"
    assert [is_checkable(t.expect) for t in journey.turns] == [True, False]


@pytest.mark.parametrize("text", ["", "journeys: 3", "journeys: [{id: 1, turns: [{}]}]", "a: ["])
def test_a_wrong_file_is_refused_with_a_reason(tmp_path: Path, text: str) -> None:
    path = tmp_path / "j.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput):
        read_script(path)


ODD = """
journeys:
- id: A2
  mood: 平静
  setup: {now: 2025-11-05, weather: 雨}
  turns:
  - attachment: image
  - wait: 70
  - customer:
    attachment: hologram
    expect: {colour: blue}
"""


def test_what_is_not_known_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "j.yml"
    path.write_text(ODD, encoding="utf-8")
    [journey] = read_script(path).journeys
    assert journey.now.isoformat() == "2025-11-05T10:30:00+08:00"
    assert [(t.customer, t.event, t.attachment) for t in journey.turns] == [
        ("", None, "image"),
        (None, "wait", None),
        ("", None, "hologram"),
    ]


SEEN = Seen(["整机保修一年"], [], state="bot", level="routine")


@pytest.mark.parametrize(
    ("expect", "passes"),
    [
        ({"state": "bot"}, True),
        ({"state": ["queued", "human"]}, False),
        ({"level": ["routine", "sensitive"]}, True),
        ({"contains_any": ["保修", "质保"]}, True),
        ({"contains_groups": [["整机"], ["两年", "一年"]]}, True),
        ({"contains_groups": [["整机"], ["两年"]]}, False),
        ({"never": ["一年"]}, False),
        ({"bot_reply": "required"}, True),
        ({"bot_reply": "none"}, False),
        ({"complaint": {"created": False}}, True),
        ({"complaint": {"created": True}}, False),
    ],
)
def test_a_turn_is_judged(expect: dict[str, object], passes: bool) -> None:
    assert (check(expect, SEEN, []).failures == []) is passes


def test_a_reopened_complaint_is_judged() -> None:
    complaint = {"category": "repair_delay", "priority": "important"}
    seen = Seen([], [], "bot", "routine", complaint, complaint_reopened=True)
    expect = {"complaint": {"reopened": True, "priority": ["urgent", "important"]}}
    assert check(expect, seen, []).failures == []
    assert check(expect, SEEN, []).failures == ["the complaint was not reopened"]


def test_words_that_never_may_be_said_count_in_every_turn() -> None:
    assert check({}, SEEN, ["整机"]).failures == ["said “整机”"]


def test_a_queue_notice_is_not_the_bot_speaking() -> None:
    seen = Seen([], ["还在排队"], state="queued", level="routine")
    assert check({"bot_reply": "none_or_queue_notice"}, seen, []).failures == []
