"""docs/lifecycle.md, written from the table of moves, the guards, the verbs and the settings.

`python -m complaints.lifecycle_page` writes it; a test says whether it is fresh.
"""

from __future__ import annotations

from collections.abc import Iterator

from complaints.clocks import UNPAUSED, terms_of
from complaints.model import ClockKind, Priority, State
from complaints.service.timekeeping import FROM_THE_START, policy_of
from complaints.texts import CLOCK_TITLES, STATE_TITLES
from complaints.transitions import ALLOWED, GUARDS, Dossier
from complaints.verbs import RULES
from complaints.working_time import CalendarKind
from foundation.settings import ROOT, Settings

PAGE = ROOT / "docs" / "lifecycle.md"
_CALENDARS = {
    CalendarKind.WORKING: "working time",
    CalendarKind.ALWAYS: "24 × 7",
    CalendarKind.DAILY: "elapsed; a day off ends at the next opening",
}
_CLASSES: tuple[tuple[str, Priority, bool], ...] = (
    ("`general`", Priority.GENERAL, False),
    ("`important`", Priority.IMPORTANT, False),
    ("`urgent`", Priority.URGENT, False),
    ("`important` + `sensitive`", Priority.IMPORTANT, True),
)
_STARTED_LATER = {
    ClockKind.FOLLOW_UP: "at `resolved`",
    ClockKind.OBSERVATION: "at `confirmed`",
}


def lifecycle_page() -> str:
    """The page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The life of a complaint"
    yield ""
    yield "Written by `python -m complaints.lifecycle_page` from the code; do not edit."
    yield ""
    yield "## Moves"
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {State.RECEIVED}"
    for state, targets in ALLOWED.items():
        for target in sorted(targets, key=list(State).index):
            yield f"    {state} --> {target}: {_verb(state, target)}"
    yield "```"
    yield "| from | to | verb | asks for |"
    yield "|---|---|---|---|"
    for state, target in GUARDS:
        asked = [gap.why for gap in GUARDS[state, target](Dossier(state=state))]
        yield f"| `{state}` | `{target}` | {_verb(state, target)} | {'；'.join(asked) or '–'} |"
    yield ""
    yield "Every other move is an error that names both states and what is allowed."
    yield ""
    yield "`resolved → executing` starts a second processing (`round` + 1, a supervisor is called);"
    yield "`confirmed/archived → registered` reopens: `life` + 1, the life before it is kept."
    yield ""
    yield "| state | what the customer reads |"
    yield "|---|---|"
    yield from (f"| `{state}` | {title} |" for state, title in STATE_TITLES.items())
    yield ""
    yield from _clock_lines()


def _clock_lines() -> Iterator[str]:
    policy = policy_of(Settings(_env_file=None))
    yield "## Clocks"
    yield "Defaults; every number is a setting (docs/settings.md)."
    yield ""
    names = " | ".join(name for name, _, _ in _CLASSES)
    yield f"| clock | starts | {names} | waiting for the customer |"
    yield "|---|---|" + "---|" * len(_CLASSES) + "---|"
    for kind in ClockKind:
        begins = "with each life" if kind in FROM_THE_START else _STARTED_LATER[kind]
        cells = []
        for _, priority, sensitive in _CLASSES:
            terms = terms_of(kind, priority, sensitive, policy)
            cells.append(f"{_span(terms.budget_s)}, {_CALENDARS[terms.calendar]}" if terms else "–")
        paused = "runs on" if kind in UNPAUSED else "stands still"
        row = " | ".join([f"`{kind}` {CLOCK_TITLES[kind]}", begins, *cells, paused])
        yield f"| {row} |"
    yield ""
    yield f"A clock warns at {policy.warn_share:.0%} of its time. A breach is dated at the due"
    yield "time, recorded once and escalated once. Another priority counts the time already used by"
    yield "the new terms; terms that come too late to be kept leave their whole budget once, never"
    yield "more than the old due time. Years whose holidays are not published yet use fixed-date"
    yield "holidays and weekdays, and their clocks are marked `uncertain`."
    yield ""
    yield "## Observation"
    days = policy.observation // (24 * 60)
    yield f"For {days} days after `confirmed`, what happens to the customer is noted on the"
    yield "timeline once: a contact, a new complaint, an order, a rating. A complaint, a contact"
    yield "that sounds angry or raises triage, and a low rating are a bad turn: the holder is told,"
    yield "supervisors are paged, and the board shows it until somebody sees to it; one alert a"
    yield "life ([decision 13](decisions/0013-observation-is-pulled.md)). The end is recorded."
    yield ""
    yield "Lists and the sweep among a million open complaints:"
    yield "[measured](../benchmarks/README.md#a-million-complaints)."


def _verb(state: State, target: State) -> str:
    """The verb of a move; moves that hang on money are made by a decision."""
    for verb, rule in RULES.items():
        if rule.target is target and state in rule.states:
            return verb
    return "compensation"


def _span(seconds: int) -> str:
    minutes = seconds // 60
    if minutes % (24 * 60) == 0 and minutes > 24 * 60:
        return f"{minutes // (24 * 60)} d"
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


if __name__ == "__main__":
    PAGE.write_text(lifecycle_page(), encoding="utf-8")
