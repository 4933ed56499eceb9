"""Asking for money and deciding about it, on each backend."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.compensation.judging import Judge
from complaints.compensation.model import Forbidden, Kind, Stale, Wish
from complaints.compensation.payouts import Paid
from complaints.compensation.service import CompensationService
from complaints.compensation.storage import (
    CompensationDecision,
    CompensationRequest,
    decisions_of,
    granted,
    requests_of,
)
from complaints.model import Actor, sort_key
from complaints.remedies import Level
from complaints.storage import Complaint
from foundation.clock import FixedClock
from foundation.errors import Conflict, FrontlineError, IllegalMove, InvalidInput, NotFound
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

AGENT, COLLEAGUE = Actor("a", "小林", "agent"), Actor("b", "小陈", "agent")
SUPERVISOR, SECOND = Actor("s", "王主管", "supervisor"), Actor("s2", "张主管", "supervisor")
HQ, ADMIN = Actor("h", "总部", "hq"), Actor("x", "管理员", "admin")
NO, OTHER = "TS20251105-0001", "TS20251105-0002"


@dataclass
class File:
    """One complaint's life as compensation sees it."""

    no: str
    state: str = "planned"
    category: str = "repair_delay"
    responsibility: str | None = "company"
    round: int = 1
    customer_id: str | None = "cust_1"
    phone: str = "138 0000 1234"


@dataclass
class Files:
    """A lifecycle of a dict; keeps what was entered."""

    files: dict[str, File] = field(default_factory=dict)
    entries: list[tuple[str, str, str, str, dict[str, Any]]] = field(default_factory=list)
    outcomes: list[bool] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)

    async def find(self, session: AsyncSession, no: str) -> File:
        if no not in self.files:
            raise NotFound("complaint", no)
        return self.files[no]

    locked = find

    async def enter(
        self,
        session: AsyncSession,
        no: str,
        act: str,
        actor: Actor,
        reason: str,
        detail: dict[str, Any],
    ) -> None:
        self.entries.append((no, act, actor.name, reason, detail))

    async def tell(
        self, session: AsyncSession, no: str, staff_id: str, text: str, actor: Actor
    ) -> None:
        self.told.append((staff_id, text))

    async def await_approval(
        self, session: AsyncSession, no: str, actor: Actor, reason: str
    ) -> None:
        self.files[no].state = "awaiting_approval"

    async def approval_decided(
        self, session: AsyncSession, no: str, actor: Actor, approved: bool, reason: str
    ) -> None:
        self.files[no].state = "planned"
        self.outcomes.append(approved)


class Desk:
    """The service with a transaction a call, as at the edge."""

    def __init__(self, work: UnitOfWork, clock: FixedClock, settings: Settings) -> None:
        self.work, self.clock, self.lifecycle = work, clock, Files()
        self.judge = Judge(settings, clock)
        self.service = CompensationService(clock, self.lifecycle, self.judge)
        self.keys = 0

    async def opens(self, no: str, **facts: Any) -> File:
        """A complaint that can be compensated."""
        file = self.lifecycle.files[no] = File(no, **facts)
        async with self.work.begin() as session:
            session.add(
                Complaint(
                    no=no,
                    key=sort_key(no),
                    customer_id=file.customer_id,
                    phone=file.phone,
                    channel="web",
                    category=file.category,
                    priority="general",
                    created_at=self.clock.now(),
                    updated_at=self.clock.now(),
                )
            )
        return file

    async def asks(
        self,
        author: Actor,
        yuan: int,
        no: str = NO,
        *,
        key: str = "",
        kind: Kind = Kind.CASH,
        overcharged: int | None = None,
        reason: str = "耽误两天",
    ) -> CompensationRequest:
        self.keys += 1
        key = key or f"k{self.keys}"
        amount = None if overcharged is not None else yuan * 100
        wish = Wish.of(kind, Level.ADVANCED, reason, amount, overcharged)
        async with self.work.begin() as session:
            return (await self.service.request(session, no, author, wish, key)).request

    async def decides(
        self, act: str, actor: Actor, request: CompensationRequest, version: int = 1
    ) -> CompensationRequest:
        async with self.work.begin() as session:
            verb = getattr(self.service, act)
            found: CompensationRequest = await verb(
                session, request.complaint_no, request.id, actor, version, "同意这样处理"
            )
            return found


@pytest.fixture
async def desk(work: UnitOfWork, clock: FixedClock, settings: Settings) -> Desk:
    found = Desk(work, clock, settings)
    await found.opens(NO)
    return found


async def test_what_the_authors_limit_covers_is_granted_at_once(desk: Desk) -> None:
    request = await desk.asks(AGENT, 500)
    assert (request.status, request.version) == ("approved", 2)
    async with desk.work.reading() as session:
        decision = (await decisions_of(session, [request.id]))[request.id]
    assert (decision.act, decision.actor_id, decision.actor_limit) == ("grant", "a", 50_000)
    acts = [(act, who, detail["amount"]) for _, act, who, _, detail in desk.lifecycle.entries]
    assert acts == [
        ("compensation_requested", "小林", "500.00"),
        ("compensation_granted", "小林", "500.00"),
    ]
    assert desk.lifecycle.files[NO].state == "planned"


async def test_more_than_the_limit_waits_for_somebody_above(desk: Desk) -> None:
    request = await desk.asks(AGENT, 800)
    assert request.status == "pending"
    assert desk.lifecycle.files[NO].state == "awaiting_approval"
    for nobody in (AGENT, COLLEAGUE, ADMIN):
        with pytest.raises(Forbidden):
            await desk.decides("approve", nobody, request)
    approved = await desk.decides("approve", SUPERVISOR, request)
    assert (approved.status, approved.version) == ("approved", 2)
    assert desk.lifecycle.files[NO].state == "planned"
    assert desk.lifecycle.outcomes == [True]
    assert desk.lifecycle.entries[-1][1:4] == ("compensation_approved", "王主管", "同意这样处理")


async def test_nobody_approves_his_own_request(desk: Desk) -> None:
    request = await desk.asks(HQ, 5000)
    assert request.status == "pending"
    with pytest.raises(Forbidden) as refused:
        await desk.decides("approve", HQ, request)
    assert refused.value.detail["ground"] == "own_request"
    with pytest.raises(Forbidden) as too_much:
        await desk.decides("approve", SUPERVISOR, request)
    assert too_much.value.detail == {
        "ground": "over_limit",
        "why": "累计 5,000 元，超过权限 2,000 元，须由总部审批",
        "roles": ["hq"],
    }
    done = await desk.decides("approve", Actor("h2", "总部二", "hq"), request)
    assert done.status == "approved"


async def test_the_database_itself_refuses_an_author_who_approves(desk: Desk) -> None:
    request = await desk.asks(AGENT, 800)
    forged = CompensationDecision(
        request_id=request.id, act="approve", author_id="a", actor_id="a", actor_name="小林",
        actor_role="agent", at=desk.clock.now(), reason="x", complaint_granted=0,
        customer_granted=0, actor_limit=50_000,
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        async with desk.work.begin() as session:
            session.add(forged)


async def test_sums_count_and_small_pieces_are_noticed(desk: Desk) -> None:
    assert (await desk.asks(AGENT, 400)).status == "approved"
    second = await desk.asks(AGENT, 200)
    assert second.status == "pending"
    assert second.split == (
        "疑似拆分：同一申请人连同本次共 2 笔，合计 600 元，单笔都没有超过 500 元"
    )
    assert desk.lifecycle.entries[-1][4]["split"] == second.split
    by_colleague = await desk.asks(COLLEAGUE, 150)
    assert by_colleague.status == "pending"
    assert "不同申请人" in by_colleague.split
    await desk.decides("approve", SUPERVISOR, second)
    await desk.decides("deny", SUPERVISOR, by_colleague)
    assert desk.lifecycle.files[NO].state == "planned"
    assert desk.lifecycle.outcomes == [False]


async def test_a_customers_complaints_add_up_for_thirty_days(desk: Desk) -> None:
    await desk.asks(AGENT, 400)
    await desk.opens(OTHER, customer_id=None, phone="+86 13800001234")
    assert (await desk.asks(COLLEAGUE, 200, OTHER)).status == "pending"
    desk.clock.advance(days=30)
    assert (await desk.asks(COLLEAGUE, 200, OTHER)).status == "approved"
    assert (await desk.asks(AGENT, 200)).status == "pending", "a complaint's own sum never ends"


async def test_a_phone_corrected_later_hides_nothing(desk: Desk) -> None:
    file = await desk.opens(OTHER, customer_id=None)
    assert (await desk.asks(AGENT, 300, OTHER)).status == "approved"
    file.phone = "13911112222"
    assert (await desk.asks(AGENT, 300)).status == "pending"


async def test_strangers_do_not_add_up(desk: Desk) -> None:
    await desk.asks(AGENT, 500)
    await desk.opens(OTHER, customer_id=None, phone="")
    await desk.opens("TS20251105-0003", customer_id=None, phone="")
    assert (await desk.asks(AGENT, 500, OTHER)).status == "approved"
    assert (await desk.asks(AGENT, 500, "TS20251105-0003")).status == "approved"


async def test_a_limit_holds_when_a_decision_is_late(desk: Desk) -> None:
    first, second = await desk.asks(AGENT, 1500), await desk.asks(COLLEAGUE, 1500)
    await desk.decides("approve", SUPERVISOR, first)
    with pytest.raises(Forbidden):
        await desk.decides("approve", SECOND, second)
    assert desk.lifecycle.files[NO].state == "awaiting_approval"
    await desk.decides("approve", HQ, second)
    assert desk.lifecycle.files[NO].state == "planned"


async def test_only_the_author_withdraws_and_only_while_it_waits(desk: Desk) -> None:
    request = await desk.asks(AGENT, 800)
    with pytest.raises(Forbidden):
        await desk.decides("withdraw", SUPERVISOR, request)
    withdrawn = await desk.decides("withdraw", AGENT, request)
    assert withdrawn.status == "withdrawn"
    assert desk.lifecycle.files[NO].state == "planned"
    for act in ("approve", "deny", "withdraw"):
        with pytest.raises(IllegalMove):
            await desk.decides(act, SUPERVISOR, request, version=2)
    kept = await desk.asks(AGENT, 300)
    with pytest.raises(IllegalMove):
        await desk.decides("withdraw", AGENT, kept, version=2)


async def test_who_decides_second_learns_who_was_first(desk: Desk) -> None:
    request = await desk.asks(AGENT, 800)
    await desk.decides("deny", SUPERVISOR, request)
    with pytest.raises(Stale) as stale:
        await desk.decides("approve", SECOND, request)
    assert stale.value.detail == {
        "version": 2,
        "status": "denied",
        "changed_by": "王主管",
        "changed_at": desk.clock.now().isoformat(),
    }


async def test_of_two_decisions_at_once_one_counts(desk: Desk) -> None:
    request = await desk.asks(AGENT, 800)
    outcomes = await asyncio.gather(
        desk.decides("approve", SUPERVISOR, request),
        desk.decides("deny", SECOND, request),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Stale) for outcome in outcomes) == 1


async def test_requests_at_once_do_not_slip_past_the_limit(desk: Desk) -> None:
    await desk.opens(OTHER)
    asked = [(author, no) for author in (AGENT, COLLEAGUE) for no in (NO, OTHER)] * 2
    done = await asyncio.gather(*(desk.asks(author, 200, no) for author, no in asked))
    assert sorted(request.status for request in done) == ["approved"] * 2 + ["pending"] * 6


async def test_the_same_key_asks_once(desk: Desk) -> None:
    first = await desk.asks(AGENT, 300, key="form-1")
    again = await desk.asks(AGENT, 300, key="form-1")
    assert first.id == again.id
    with pytest.raises(Conflict):
        await desk.asks(AGENT, 301, key="form-1")
    other = await desk.asks(COLLEAGUE, 100, key="form-1")
    assert other.id != first.id
    async with desk.work.reading() as session:
        assert len(await requests_of(session, NO)) == 2


async def test_overcharging_is_paid_back_twice(desk: Desk) -> None:
    await desk.opens(OTHER, category="price_billing")
    request = await desk.asks(AGENT, 0, OTHER, kind=Kind.DOUBLE_REFUND, overcharged=12_850)
    assert (request.amount, request.overcharged, request.status) == (25_700, 12_850, "approved")
    with pytest.raises(InvalidInput, match="fault"):
        await desk.asks(AGENT, 0, NO, kind=Kind.DOUBLE_REFUND, overcharged=100)


async def test_a_double_refund_waits_in_vain_once_it_is_not_our_fault(desk: Desk) -> None:
    file = await desk.opens(OTHER, category="price_billing")
    request = await desk.asks(AGENT, 0, OTHER, kind=Kind.DOUBLE_REFUND, overcharged=60_000)
    file.responsibility = "customer"
    with pytest.raises(InvalidInput):
        await desk.decides("approve", SUPERVISOR, request)
    assert (await desk.decides("deny", SUPERVISOR, request)).status == "denied"


@pytest.mark.parametrize("state", ["rejected", "archived"])
async def test_a_closed_complaint_costs_nothing_more(desk: Desk, state: str) -> None:
    waiting = await desk.asks(AGENT, 800)
    desk.lifecycle.files[NO].state = state
    with pytest.raises(IllegalMove):
        await desk.asks(AGENT, 100)
    with pytest.raises(IllegalMove):
        await desk.decides("approve", SUPERVISOR, waiting)
    assert (await desk.decides("deny", SUPERVISOR, waiting)).status == "denied"


@pytest.mark.parametrize(
    ("amount", "overcharged", "kind", "reason"),
    [
        (0, None, Kind.CASH, "理由"),
        (-100, None, Kind.CASH, "理由"),
        (None, None, Kind.CASH, "理由"),
        (10**10, None, Kind.CASH, "理由"),
        (100, 50, Kind.CASH, "理由"),
        (None, None, Kind.DOUBLE_REFUND, "理由"),
        (None, -5, Kind.DOUBLE_REFUND, "理由"),
        (101, 50, Kind.DOUBLE_REFUND, "理由"),
        (100, None, Kind.CASH, "  "),
        (100, None, Kind.CASH, "长" * 1001),
    ],
)
def test_a_wish_without_sense_is_refused(
    amount: int | None, overcharged: int | None, kind: Kind, reason: str
) -> None:
    with pytest.raises(InvalidInput):
        Wish.of(kind, Level.BASIC, reason, amount, overcharged)


async def test_requests_and_decisions_cannot_be_changed_or_removed(desk: Desk) -> None:
    request = await desk.asks(AGENT, 100)
    for change in ("amount", "delete", "decision"):
        with pytest.raises(TypeError):
            async with desk.work.begin() as session:
                kept = await session.get_one(CompensationRequest, request.id)
                if change == "amount":
                    kept.amount = 1
                elif change == "delete":
                    await session.delete(kept)
                else:
                    decision = await session.get_one(CompensationDecision, request.id)
                    decision.reason = "别的原因"


async def test_a_request_of_another_complaint_is_not_found(desk: Desk) -> None:
    await desk.opens(OTHER)
    request = await desk.asks(AGENT, 800)
    async with desk.work.begin() as session:
        with pytest.raises(NotFound):
            await desk.service.approve(session, OTHER, request.id, SUPERVISOR, 1, "x")
        with pytest.raises(NotFound):
            await desk.service.withdraw(session, NO, "comp_none", AGENT, 1, "x")


async def test_the_desk_sees_at_once_what_it_may(desk: Desk) -> None:
    await desk.asks(AGENT, 300)
    waiting = await desk.asks(AGENT, 900)
    file = desk.lifecycle.files[NO]
    async with desk.work.reading() as session:
        own = await desk.judge.summary(session, file, AGENT)
        above = await desk.judge.summary(session, file, SUPERVISOR)
    assert (own.requested, own.approved, own.pending, own.decider) == (
        120_000, 30_000, 90_000, "agent",
    )  # fmt: skip
    assert (own.outlook.verdict.limit, own.outlook.verdict.left) == (50_000, 20_000)
    assert own.outlook.granted.customer == 30_000
    mine, theirs = own.requests[0], above.requests[0]
    assert mine.request.id == waiting.id
    assert (mine.may_approve, mine.may_deny, mine.may_withdraw) == (False, False, True)
    assert mine.why == "本人提出的申请不能自己审批"
    assert (theirs.may_approve, theirs.may_deny, theirs.may_withdraw) == (True, True, False)
    assert (theirs.total, theirs.needs) == (120_000, "supervisor")
    assert theirs.why == "累计 1,200 元，在权限内（权限 2,000 元）"


async def test_the_inbox_holds_what_one_may_decide(desk: Desk) -> None:
    small, large = await desk.asks(AGENT, 800), await desk.asks(SUPERVISOR, 5000)
    async with desk.work.reading() as session:
        seen = {
            actor.name: [s.request.id for s, _ in (await desk.judge.inbox(session, actor, 10))[0]]
            for actor in (AGENT, COLLEAGUE, SUPERVISOR, SECOND, HQ, ADMIN)
        }
        few, total = await desk.judge.inbox(session, HQ, 1)
    assert seen == {
        "小林": [],
        "小陈": [],
        "王主管": [small.id],
        "张主管": [small.id],
        "总部": [small.id, large.id],
        "管理员": [],
    }
    assert (len(few), total) == (1, 2)


@pytest.mark.parametrize("seed", range(4))
async def test_random_requests_and_decisions_never_pass_a_limit(desk: Desk, seed: int) -> None:
    """Four complaints of two customers over months; every sum ever granted is checked anew."""
    random = Random(seed)
    for n, (customer, phone) in enumerate(
        [("cust_1", ""), (None, "13800001234"), ("cust_2", ""), ("cust_2", "13911112222")], 2
    ):
        await desk.opens(f"TS20251105-{n:04d}", customer_id=customer, phone=phone)
    people = (AGENT, COLLEAGUE, SUPERVISOR, SECOND, HQ, ADMIN)
    pending: list[CompensationRequest] = []
    for _ in range(60):
        desk.clock.advance(hours=random.randrange(60))
        person = random.choice(people)
        if random.random() < 0.6 or not pending:
            no = f"TS20251105-{random.randrange(1, 6):04d}"
            asked = await desk.asks(person, random.choice([50, 200, 450, 500, 900, 1900]), no)
            pending += [asked] if asked.status == "pending" else []
            decided = asked
        else:
            decided = random.choice(pending)
            verb = random.choice(["approve", "approve", "approve", "deny", "withdraw"])
            try:
                decided = await desk.decides(verb, person, decided)
            except FrontlineError:
                continue
            pending = [request for request in pending if request.id != decided.id]
        await check_books(desk, decided)


async def check_books(desk: Desk, decided: CompensationRequest) -> None:
    """The sums with this grant lie within the limit of who made it, who is not its author."""
    async with desk.work.reading() as session:
        decision = (await decisions_of(session, [decided.id])).get(decided.id)
        if decision is None or decision.act not in ("grant", "approve"):
            return
        file = desk.lifecycle.files[decided.complaint_no]
        books = await granted(session, file, desk.clock.now() - timedelta(days=30))
    limit = {"agent": 50_000, "supervisor": 200_000, "hq": 10**12}[decision.actor_role]
    if decision.act == "grant":
        limit = min(limit, 200_000)
    assert books.sum_with(0) <= limit
    assert (decision.actor_id == decided.author_id) is (decision.act == "grant")


async def test_an_update_past_the_service_is_seen_as_a_conflict(desk: Desk) -> None:
    request = await desk.asks(AGENT, 800)
    async with desk.work.begin() as session:
        await session.execute(
            update(CompensationRequest)
            .where(CompensationRequest.id == request.id)
            .values(version=7)
        )
    with pytest.raises(Stale):
        await desk.decides("approve", SUPERVISOR, request)


async def test_the_author_is_told_what_somebody_else_decided(desk: Desk) -> None:
    await desk.asks(AGENT, 100)
    assert desk.lifecycle.told == []
    first, second = await desk.asks(AGENT, 800), await desk.asks(AGENT, 900)
    await desk.decides("approve", SUPERVISOR, first)
    await desk.decides("deny", SUPERVISOR, second)
    assert desk.lifecycle.told == [
        ("a", f"王主管批准了投诉 {NO} 的赔付 800.00 元：同意这样处理"),
        ("a", f"王主管没有批准投诉 {NO} 的赔付 900.00 元：同意这样处理"),
    ]


async def pays(
    desk: Desk, request: CompensationRequest, yuan: int, reference: str = "FK-1", **later: int
) -> None:
    paid = Paid(yuan * 100, desk.clock.now() + timedelta(**later), reference)
    async with desk.work.begin() as session:
        await desk.service.record_payout(session, NO, request.id, COLLEAGUE, paid)


async def test_a_granted_sum_is_paid_once_and_the_books_show_it(desk: Desk) -> None:
    request = await desk.asks(AGENT, 500)
    await pays(desk, request, 480)
    await pays(desk, request, 480)
    with pytest.raises(Conflict):
        await pays(desk, request, 20, "FK-2")
    async with desk.work.reading() as session:
        summary = await desk.judge.summary(session, desk.lifecycle.files[NO], AGENT)
        [standing] = summary.requests
    assert (summary.approved, summary.paid) == (50_000, 48_000)
    assert standing.payout is not None
    assert (standing.payout.actor_name, standing.payout.reference) == ("小陈", "FK-1")
    paid = [entry for entry in desk.lifecycle.entries if entry[1] == "compensation_paid"]
    assert [(who, detail["amount"]) for _, _, who, _, detail in paid] == [("小陈", "480.00")]


async def test_two_payments_at_once_leave_one(desk: Desk) -> None:
    request = await desk.asks(AGENT, 500)
    ends = await asyncio.gather(
        *(pays(desk, request, 500, f"FK-{n}") for n in range(4)), return_exceptions=True
    )
    assert sum(end is None for end in ends) == 1
    assert sum(isinstance(end, Conflict) for end in ends) == 3


@pytest.mark.parametrize(
    ("yuan", "reference", "minutes"),
    [(501, "FK", 0), (500, " ", 0), (500, "FK", 1), (500, "FK", -1)],
)
async def test_a_payment_fits_what_was_granted(
    desk: Desk, yuan: int, reference: str, minutes: int
) -> None:
    request = await desk.asks(AGENT, 500)
    with pytest.raises(InvalidInput):
        await pays(desk, request, yuan, reference, minutes=minutes)


async def test_what_was_not_granted_is_not_paid(desk: Desk) -> None:
    waiting = await desk.asks(AGENT, 800)
    with pytest.raises(IllegalMove):
        await pays(desk, waiting, 100)
    await desk.decides("deny", SUPERVISOR, waiting)
    with pytest.raises(IllegalMove):
        await pays(desk, waiting, 100)
