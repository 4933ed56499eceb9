"""Who may decide about which amount: the matrix, sums, splitting and four eyes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.authority import Authority, Granted, Ground, Person, Piece, covers, split_of
from complaints.money import fen_of, spoken, yuan_of
from foundation.settings import Settings

MATRIX = Authority(
    {"agent": {"*": 50_000}, "supervisor": {"*": 200_000}, "hq": {"*": None}}, alone=200_000
)
AGENT, OTHER = Person("a", "agent"), Person("b", "agent")
SUPERVISOR, HQ = Person("s", "supervisor"), Person("h", "hq")
ADMIN, TRAINER = Person("x", "admin"), Person("t", "trainer")
ANY = ("delivery",)


def test_the_default_settings_are_the_limits_of_the_contract() -> None:
    authority = Authority.of(Settings(_env_file=None))
    limits = [authority.limit(role, "delivery") for role in ("agent", "supervisor", "hq", "admin")]
    assert limits == [50_000, 200_000, None, 0]


@pytest.mark.parametrize(
    ("person", "amount", "allowed"),
    [
        (AGENT, 50_000, True),
        (AGENT, 50_001, False),
        (SUPERVISOR, 200_000, True),
        (SUPERVISOR, 200_001, False),
        (HQ, 10**9, True),
        (ADMIN, 1, False),
        (TRAINER, 1, False),
        (Person("?", "visitor"), 1, False),
    ],
)
def test_a_limit_holds_to_the_fen(person: Person, amount: int, allowed: bool) -> None:
    assert MATRIX.approve(person, "somebody", ANY, Granted(), amount).allowed is allowed


def test_the_author_never_approves_whatever_his_role() -> None:
    for person in (AGENT, SUPERVISOR, HQ):
        verdict = MATRIX.approve(person, person.id, ANY, Granted(), 1)
        assert (verdict.allowed, verdict.ground) == (False, Ground.OWN_REQUEST)
        assert verdict.words == "本人提出的申请不能自己审批"


def test_what_lies_within_the_authors_limit_needs_nobody() -> None:
    verdict = MATRIX.grant(AGENT, ANY, Granted(20_000, 10_000), 30_000)
    assert (verdict.allowed, verdict.left, verdict.total) == (True, 30_000, 50_000)
    over = MATRIX.grant(AGENT, ANY, Granted(20_000, 20_001), 30_000)
    assert (over.ground, over.roles) == (Ground.OVER_LIMIT, ("supervisor", "hq"))
    assert over.words == "累计 500.01 元，超过权限 500 元，须由主管、总部审批"


def test_nobody_grants_much_money_alone() -> None:
    verdict = MATRIX.grant(HQ, ANY, Granted(), 200_001)
    assert (verdict.allowed, verdict.ground) == (False, Ground.SECOND_PERSON)
    assert verdict.words == "累计 2,000.01 元，超过单人可定的 2,000 元，须由另一人审批"
    assert verdict.roles == ("hq",)


def test_the_larger_of_both_sums_counts() -> None:
    assert not MATRIX.approve(OTHER, "a", ANY, Granted(complaint=0, customer=49_000), 2_000).allowed
    assert not MATRIX.approve(OTHER, "a", ANY, Granted(complaint=49_000, customer=0), 2_000).allowed
    assert MATRIX.approve(OTHER, "a", ANY, Granted(49_000, 49_000), 1_000).allowed


def test_a_category_may_have_limits_of_its_own() -> None:
    authority = Authority({"agent": {"*": 50_000, "price_billing": 80_000, "delivery": 0}})
    assert authority.limit("agent", "price_billing") == 80_000
    assert authority.limit("agent", "installation") == 50_000
    assert authority.limit("agent", "delivery") == 0
    assert authority.limit("agent", "price_billing", "installation") == 50_000
    assert authority.limit("agent", "") == 0
    assert authority.limit("agent") == 0


def test_a_refusal_comes_from_above_and_never_from_the_author() -> None:
    assert not MATRIX.deny(AGENT, AGENT, ANY, 80_000)
    assert not MATRIX.deny(OTHER, AGENT, ANY, 80_000)
    assert MATRIX.deny(SUPERVISOR, AGENT, ANY, 900_000)
    assert not MATRIX.deny(Person("s2", "supervisor"), SUPERVISOR, ANY, 900_000)
    assert MATRIX.deny(HQ, SUPERVISOR, ANY, 900_000)
    assert MATRIX.deny(Person("h2", "hq"), HQ, ANY, 900_000)
    assert not MATRIX.deny(ADMIN, AGENT, ANY, 100)


def test_small_pieces_of_a_larger_sum_are_a_split() -> None:
    earlier = [Piece("r1", "a", 40_000)]
    split = split_of(50_000, "a", 20_000, earlier)
    assert split is not None
    assert (split.pieces, split.total, split.one_author) == (("r1",), 60_000, True)
    assert split.words == "疑似拆分：同一申请人连同本次共 2 笔，合计 600 元，单笔都没有超过 500 元"
    by_two = split_of(50_000, "b", 20_000, earlier)
    assert by_two is not None
    assert not by_two.one_author


def test_what_is_asked_in_the_open_is_no_split() -> None:
    assert split_of(50_000, "a", 60_000, [Piece("r1", "a", 40_000)]) is None
    assert split_of(50_000, "a", 40_000, [Piece("r1", "s", 150_000)]) is None
    assert split_of(50_000, "a", 10_000, [Piece("r1", "a", 40_000)]) is None
    assert split_of(50_000, "a", 10_000, []) is None
    assert split_of(None, "h", 10_000, [Piece("r1", "a", 40_000)]) is None


amounts = st.one_of(st.integers(1, 60_000), st.integers(1, 400_000))
START = datetime(2025, 11, 5)
WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class Ask:
    """Somebody asks for `amount` on one of three complaints of two customers, `hours` later."""

    author: Person
    complaint: int
    amount: int
    hours: int
    deciders: tuple[Person, ...]


@dataclass
class Books:
    """What has been granted: when, complaint, customer, amount, the limit that covered it."""

    rows: list[tuple[datetime, int, int, int, Person, str]] = field(default_factory=list)

    def granted(self, complaint: int, at: datetime) -> Granted:
        return Granted(
            sum(row[3] for row in self.rows if row[1] == complaint),
            sum(row[3] for row in self.rows if row[2] == complaint // 2 and row[0] > at - WINDOW),
        )


people = st.sampled_from([AGENT, OTHER, SUPERVISOR, Person("s2", "supervisor"), HQ, ADMIN])
asks = st.lists(
    st.builds(
        Ask,
        author=people,
        complaint=st.integers(0, 2),
        amount=amounts,
        hours=st.integers(0, 24 * 20),
        deciders=st.lists(people, max_size=4).map(tuple),
    ),
    max_size=25,
)


def keep_books(sequence: list[Ask]) -> Books:
    """Work a sequence off as the service does: own limit first, else whoever may decides."""
    books, at = Books(), START
    for ask in sequence:
        at += timedelta(hours=ask.hours)
        granted = books.granted(ask.complaint, at)
        row = (at, ask.complaint, ask.complaint // 2, ask.amount)
        if MATRIX.grant(ask.author, ANY, granted, ask.amount).allowed:
            books.rows.append((*row, ask.author, "own"))
            continue
        for person in ask.deciders:
            if MATRIX.approve(person, ask.author.id, ANY, granted, ask.amount).allowed:
                assert person.id != ask.author.id
                books.rows.append((*row, person, "approved"))
                break
    return books


@settings(max_examples=1500, deadline=None)
@given(asks)
def test_no_sequence_brings_a_sum_over_the_limit_of_who_granted_it(sequence: list[Ask]) -> None:
    books = keep_books(sequence)
    for n, (at, complaint, customer, _, person, how) in enumerate(books.rows):
        until = books.rows[: n + 1]
        on_complaint = sum(row[3] for row in until if row[1] == complaint)
        in_window = sum(row[3] for row in until if row[2] == customer and row[0] > at - WINDOW)
        limit = MATRIX.limit(person.role, *ANY)
        assert covers(limit, max(on_complaint, in_window))
        if how == "own":
            assert max(on_complaint, in_window) <= MATRIX.alone


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([AGENT, SUPERVISOR, HQ]), st.lists(amounts, min_size=1, max_size=40))
def test_one_author_alone_never_gets_more_than_his_limit(author: Person, pieces: list[int]) -> None:
    sequence = [Ask(author, 0, piece, 0, (author, author)) for piece in pieces]
    books = keep_books(sequence)
    own = MATRIX.limit(author.role, *ANY)
    assert sum(row[3] for row in books.rows) <= min(own or MATRIX.alone, MATRIX.alone)


@given(st.integers(1, 10**7), st.integers(1, 12), st.sampled_from([AGENT, SUPERVISOR]))
def test_splitting_a_sum_never_helps(amount: int, parts: int, person: Person) -> None:
    pieces = [amount // parts + (n < amount % parts) for n in range(parts)]
    pieces = [piece for piece in pieces if piece]
    whole = MATRIX.approve(person, "author", ANY, Granted(), amount).allowed
    total, all_allowed = 0, True
    for piece in pieces:
        all_allowed &= MATRIX.approve(person, "author", ANY, Granted(total, total), piece).allowed
        total += piece
    assert all_allowed is whole


@given(st.lists(st.integers(1, 50_000), min_size=2, max_size=10))
def test_pieces_within_the_limit_that_pass_it_together_are_always_noticed(
    pieces: list[int],
) -> None:
    earlier = [Piece(f"r{n}", "a", piece) for n, piece in enumerate(pieces[:-1])]
    split = split_of(50_000, "a", pieces[-1], earlier)
    assert (split is not None) is (sum(pieces) > 50_000)


@given(st.decimals("0.01", "10000000", places=2))
def test_yuan_and_fen_are_the_same_money(yuan: Decimal) -> None:
    assert yuan_of(fen_of(yuan)) == yuan


@pytest.mark.parametrize("wrong", ["0.001", "NaN", "Infinity"])
def test_parts_of_a_fen_are_no_money(wrong: str) -> None:
    with pytest.raises(ValueError, match="two decimals"):
        fen_of(Decimal(wrong))


def test_amounts_are_written_as_people_write_them() -> None:
    assert [spoken(n) for n in (50_000, 123_450, 5, 0)] == [
        "500 元",
        "1,234.50 元",
        "0.05 元",
        "0 元",
    ]
