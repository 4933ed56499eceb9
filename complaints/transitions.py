"""Which moves a complaint may make and what each asks for first (SPEC section 5).

Pure: a `Dossier` is what the guards look at; `transition` gives the dossier after a move or raises
before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from complaints.errors import Missing, NotReady
from complaints.model import CauseKind, State
from foundation.errors import IllegalMove

ATTEMPTS_NEEDED = 3
"""Recorded tries to reach the customer that stand in for his word."""
MAX_WHYS = 5
ESCALATED_ROUND = 2
"""From this round of processing on a supervisor is called in."""

ALLOWED: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.REGISTERED}),
    State.REGISTERED: frozenset({State.VERIFIED, State.REJECTED}),
    State.VERIFIED: frozenset({State.ASSESSED, State.REJECTED}),
    State.ASSESSED: frozenset({State.PLANNED}),
    State.PLANNED: frozenset({State.AWAITING_APPROVAL, State.EXECUTING}),
    State.AWAITING_APPROVAL: frozenset({State.PLANNED}),
    State.EXECUTING: frozenset({State.RESOLVED}),
    State.RESOLVED: frozenset({State.CONFIRMED, State.EXECUTING}),
    State.CONFIRMED: frozenset({State.ARCHIVED, State.REGISTERED}),
    State.ARCHIVED: frozenset({State.REGISTERED}),
    State.REJECTED: frozenset({State.REGISTERED}),
}
"""Every move there is."""


@dataclass(frozen=True)
class MeasureFact:
    """One measure of the plan: its round of processing and what came of it (empty: nothing yet)."""

    round: int
    result: str = ""


@dataclass(frozen=True)
class Dossier:
    """Everything the guards look at.

    `round` counts processing (2 after the customer was not satisfied), `life` counts reopenings.
    `undecided`: a compensation of the plan waits for somebody's approval. `waiting`: the customer
    has been asked for something. `sensitive`: the flag beside the priority.
    """

    state: State = State.RECEIVED
    round: int = 1
    life: int = 1
    contact: str = ""
    subject: str = ""
    what: str = ""
    when: str = ""
    evidence: int = 0
    no_evidence_reason: str = ""
    responsibility: str = ""
    priority: str = ""
    whys: tuple[str, ...] = ()
    cause_kind: str = ""
    cause: str = ""
    plan_owner: str = ""
    plan_due: bool = False
    plan_cost: bool = False
    measures: tuple[MeasureFact, ...] = ()
    undecided: bool = False
    customer_word: bool = False
    attempts: int = 0
    satisfaction: bool = False
    waiver: str = ""
    rejection: str = ""
    reason: str = ""
    waiting: bool = False
    sensitive: bool = False


Guard = Callable[[Dossier], list[Missing]]


def _need(*wanted: tuple[bool, str, str]) -> list[Missing]:
    return [Missing(field, why) for met, field, why in wanted if not met]


def _verify(d: Dossier) -> list[Missing]:
    return _need(
        (bool(d.contact), "phone", "缺客户联系方式"),
        (bool(d.subject), "product", "缺产品或服务"),
        (bool(d.what), "summary", "缺发生了什么"),
        (bool(d.when), "occurred_at", "缺发生时间"),
        (bool(d.evidence or d.no_evidence_reason), "evidence", "缺证据，或没有证据的原因"),
    )


def _assess(d: Dossier) -> list[Missing]:
    return _need(
        (bool(d.responsibility), "responsibility", "缺责任归属"),
        (bool(d.priority), "priority", "缺优先级"),
    )


def _plan(d: Dossier) -> list[Missing]:
    chain = 1 <= len(d.whys) <= MAX_WHYS and all(why.strip() for why in d.whys)
    ends = d.cause_kind == CauseKind.UNKNOWN or (
        d.cause_kind == CauseKind.MANAGEMENT and bool(d.cause.strip())
    )
    return _need(
        (chain, "whys", "原因分析要有一到五个“为什么”的回答"),
        (ends, "cause", "原因分析要落到管理原因，或注明“未知”"),
        (any(m.round == d.round for m in d.measures), "measures", "缺处理措施"),
        (bool(d.plan_owner), "owner_id", "缺负责人"),
        (d.plan_due, "due_at", "缺完成时间"),
        (d.plan_cost, "cost", "缺费用"),
    )


def _decided(d: Dossier) -> list[Missing]:
    return _need((not d.undecided, "compensation", "还有补偿等待审批"))


def _ask(d: Dossier) -> list[Missing]:
    return _need((d.undecided, "compensation", "没有需要审批的补偿"))


def _resolve(d: Dossier) -> list[Missing]:
    this_round = [m for m in d.measures if m.round == d.round]
    done = bool(this_round) and all(m.result.strip() for m in d.measures)
    return _need((done, "measures", "每项措施都要有结果")) + _decided(d)


def _confirm(d: Dossier) -> list[Missing]:
    enough = d.customer_word or d.attempts >= ATTEMPTS_NEEDED
    return _need((enough, "attempts", "要有客户的答复，或三次联系记录"))


def _archive(d: Dossier) -> list[Missing]:
    settled = d.satisfaction or bool(d.waiver)
    return _need((settled, "satisfaction", "缺满意度结果，或免评原因")) + _decided(d)


def _reject(d: Dossier) -> list[Missing]:
    return _need((bool(d.rejection), "reason", "缺不受理的原因"))


def _say_why(d: Dossier) -> list[Missing]:
    return _need((bool(d.reason.strip()), "reason", "缺原因"))


def _register(_d: Dossier) -> list[Missing]:
    return []


GUARDS: dict[tuple[State, State], Guard] = {
    (State.RECEIVED, State.REGISTERED): _register,
    (State.REGISTERED, State.VERIFIED): _verify,
    (State.VERIFIED, State.ASSESSED): _assess,
    (State.ASSESSED, State.PLANNED): _plan,
    (State.PLANNED, State.AWAITING_APPROVAL): _ask,
    (State.AWAITING_APPROVAL, State.PLANNED): _decided,
    (State.PLANNED, State.EXECUTING): _decided,
    (State.EXECUTING, State.RESOLVED): _resolve,
    (State.RESOLVED, State.CONFIRMED): _confirm,
    (State.RESOLVED, State.EXECUTING): _say_why,
    (State.CONFIRMED, State.ARCHIVED): _archive,
    (State.REGISTERED, State.REJECTED): _reject,
    (State.VERIFIED, State.REJECTED): _reject,
    (State.REJECTED, State.REGISTERED): _say_why,
    (State.CONFIRMED, State.REGISTERED): _say_why,
    (State.ARCHIVED, State.REGISTERED): _say_why,
}
"""The guard of every move; what it asks for is said in words for the agent."""


def missing_for(dossier: Dossier, target: State) -> list[Missing]:
    """What the guard of this move still wants.

    Raises:
        IllegalMove: there is no such move.
    """
    if target not in ALLOWED[dossier.state]:
        raise IllegalMove("complaint", dossier.state, target, sorted(ALLOWED[dossier.state]))
    return GUARDS[dossier.state, target](dossier)


def transition(dossier: Dossier, target: State) -> Dossier:
    """The dossier after the move; a second processing and a reopening begin with a clean sheet.

    Raises:
        IllegalMove: there is no such move; names both states and what is allowed.
        NotReady: the guard is not met; names what is missing.
    """
    missing = missing_for(dossier, target)
    if missing:
        raise NotReady(dossier.state, target, missing)
    after = replace(dossier, state=target, reason="")
    if is_second_processing(dossier.state, target):
        return _unsettled(replace(after, round=dossier.round + 1))
    if is_reopening(dossier.state, target):
        return _unsettled(replace(after, round=1, life=dossier.life + 1, measures=(), whys=()))
    if dossier.state is State.REJECTED:
        return replace(after, rejection="")
    return after


def is_second_processing(state: State, target: State) -> bool:
    """The customer is not satisfied: `resolved → executing`."""
    return state is State.RESOLVED and target is State.EXECUTING


def is_reopening(state: State, target: State) -> bool:
    """`confirmed/archived → registered`."""
    return state in (State.CONFIRMED, State.ARCHIVED) and target is State.REGISTERED


def _unsettled(dossier: Dossier) -> Dossier:
    """Nothing the customer said of the last outcome stands for the next one."""
    return replace(dossier, customer_word=False, attempts=0, satisfaction=False, waiver="")
