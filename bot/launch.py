"""`python -m rasa`, sooner and faster; run with the bot's Python: `python -m bot.launch run …`.

Two things that cost more in Rasa 3.6.21 than the bot's own work are set right here, from outside:

* `skops`, imported when a model is loaded, looks through every module loaded so far: 2 s in a fresh
  process, 8 s after TensorFlow. So it is imported first.
* Each action's answer is checked against a JSON schema, and each time the schema against its own
  (31 of 33 ms). Answers that pass one compiled check go by; the rest take Rasa's way and get Rasa's
  error.
"""

from typing import Any, Dict

import skops.io  # noqa: F401
from jsonschema import Draft202012Validator


def check_answers_once() -> None:
    """Let valid answers of the action server pass by one compiled check."""
    from rasa.core.actions.action import RemoteAction

    check = Draft202012Validator(RemoteAction.action_response_format_spec())
    thorough = RemoteAction._validate_action_result

    def validate(self: RemoteAction, result: Dict[str, Any]) -> bool:
        return check.is_valid(result) or thorough(self, result)

    RemoteAction._validate_action_result = validate


def main() -> None:
    """Entrance of the module."""
    check_answers_once()
    from rasa.__main__ import main as rasa

    rasa()


if __name__ == "__main__":
    main()
