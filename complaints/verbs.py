"""What can be done with a complaint: in which states, by whom, towards which state. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from complaints.errors import Missing
from complaints.model import CLOSED_STATES, Actor, State
from complaints.transitions import ALLOWED, Dossier, missing_for
from foundation.errors import IllegalMove, NotAllowed


class Who(StrEnum):
    """Whose act it is: any of the desk, the holder (or who may override), or overriders alone."""

    DESK = "desk"
    HOLDER = "holder"
    HOLDER_OR_FREE = "holder_or_free"
    FREE = "free"
    OVERRIDER = "overrider"


@dataclass(frozen=True)
class Rule:
    """Where a verb fits, who may do it, and the state it leads to (None: no move)."""

    states: frozenset[State]
    who: Who = Who.HOLDER
    target: State | None = None
    asks: bool = False
    """Its body brings what the guard wants, so the guard says nothing beforehand."""
    when: Callable[[Dossier], bool] = lambda _dossier: True
    """What beside the state makes it an act at all."""


EVERY = frozenset(State)
OPEN = EVERY - CLOSED_STATES
_S = State


def _in(*states: State) -> frozenset[State]:
    return frozenset(states)


RULES: dict[str, Rule] = {
    "register": Rule(_in(_S.RECEIVED), Who.HOLDER_OR_FREE, _S.REGISTERED),
    "verify": Rule(_in(_S.REGISTERED), target=_S.VERIFIED),
    "assess": Rule(_in(_S.VERIFIED), target=_S.ASSESSED, asks=True),
    "plan": Rule(_in(_S.ASSESSED), target=_S.PLANNED, asks=True),
    "revise": Rule(_in(_S.PLANNED)),
    "execute": Rule(_in(_S.PLANNED), target=_S.EXECUTING),
    "resolve": Rule(_in(_S.EXECUTING), target=_S.RESOLVED, asks=True),
    "confirm": Rule(_in(_S.RESOLVED), target=_S.CONFIRMED, asks=True),
    "archive": Rule(_in(_S.CONFIRMED), target=_S.ARCHIVED, asks=True),
    "reprocess": Rule(_in(_S.RESOLVED), target=_S.EXECUTING, asks=True),
    "reject": Rule(_in(_S.REGISTERED, _S.VERIFIED), target=_S.REJECTED, asks=True),
    "restore": Rule(_in(_S.REJECTED), Who.DESK, _S.REGISTERED, asks=True),
    "reopen": Rule(_in(_S.CONFIRMED, _S.ARCHIVED), Who.DESK, _S.REGISTERED, asks=True),
    "edit": Rule(OPEN, Who.HOLDER_OR_FREE),
    "prioritize": Rule(OPEN - {_S.RESOLVED, _S.CONFIRMED}),
    "investigate": Rule(OPEN, Who.DESK),
    "statement": Rule(OPEN, when=lambda dossier: dossier.sensitive),
    "progress": Rule(OPEN - {_S.CONFIRMED}),
    "contact": Rule(OPEN, Who.DESK),
    "pause": Rule(OPEN - {_S.CONFIRMED}),
    "resume": Rule(OPEN, Who.DESK, when=lambda dossier: dossier.waiting),
    "measure": Rule(_in(_S.PLANNED, _S.EXECUTING)),
    "measure-result": Rule(_in(_S.EXECUTING)),
    "rate": Rule(_in(_S.RESOLVED, _S.CONFIRMED)),
    "take": Rule(OPEN, Who.FREE),
    "assign": Rule(OPEN, Who.FREE),
    "hand-over": Rule(OPEN),
    "release": Rule(OPEN),
}
"""Every act that writes to a complaint, except notes, watching and evidence, open to the desk."""


@dataclass(frozen=True)
class Possible:
    """A verb that fits the state: whether this person may do it now, and if not, why."""

    verb: str
    allowed: bool
    reason: str = ""
    missing: tuple[Missing, ...] = ()


def why_not(rule: Rule, actor: Actor, holder: str | None) -> str:
    """Why this person may not, in words for him; empty when he may."""
    if actor.overrides or rule.who is Who.DESK:
        return ""
    if rule.who is Who.OVERRIDER:
        return "需要主管处理"
    free = holder is None
    if rule.who is Who.FREE:
        return "" if free else "已有同事负责，请主管调整"
    if free:
        return "" if rule.who is Who.HOLDER_OR_FREE else "还没有人负责，请先接手"
    return "" if holder == actor.id else "由其他同事负责"


def require(verb: str, state: State, actor: Actor, holder: str | None) -> Rule:
    """The rule of a verb that this person may do in this state.

    Raises:
        IllegalMove: the verb does not fit the state.
        NotAllowed: somebody else's to do.
    """
    rule = RULES[verb]
    if state not in rule.states:
        if rule.target:
            raise IllegalMove("complaint", state, rule.target, sorted(ALLOWED[state]))
        raise IllegalMove("complaint", state, verb, _verbs_of(state))
    reason = why_not(rule, actor, holder)
    if reason:
        raise NotAllowed("this complaint is not yours to act on", reason=reason, verb=verb)
    return rule


def possible(dossier: Dossier, actor: Actor, holder: str | None) -> list[Possible]:
    """Every verb that fits the complaint as it stands, for the buttons of a page."""
    found = []
    for verb, rule in RULES.items():
        if dossier.state not in rule.states or not rule.when(dossier):
            continue
        reason = why_not(rule, actor, holder)
        missing = () if rule.asks or not rule.target else _missing(dossier, rule.target)
        found.append(Possible(verb, not reason and not missing, reason, missing))
    return found


def _missing(dossier: Dossier, target: State) -> tuple[Missing, ...]:
    return tuple(missing_for(dossier, target))


def _verbs_of(state: State) -> list[str]:
    return [verb for verb, rule in RULES.items() if state in rule.states]
