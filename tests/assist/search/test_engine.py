from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.search.engine import SearchEngine
from assist.search.model import SearchResult
from knowledge_base.model import Case, CaseStatus
from tests.assist.search.fakes import LetterEncoder

TODAY = date(2025, 11, 5)

WASHER = Case(
    id="washer-noise",
    title="滚筒洗衣机脱水时剧烈晃动",
    product="洗衣机",
    model="XQG100",
    fault_code="E4",
    customer_statement=["一甩干就跳，像要起飞"],
    solution_steps=["调平四个脚", "检查运输螺栓是否拆除"],
)
FRIDGE = Case(
    id="fridge-warm",
    title="冰箱冷藏室不制冷",
    product="冰箱",
    solution_steps=["检查风门", "清理风道结冰"],
)
INVOICE = Case(
    id="invoice-title",
    kind="answer",
    topic="ask_invoice",
    title="发票抬头写错了可以重开吗",
    solution_steps=["可以，开票 30 天内在订单页申请换开"],
)
CASES = [WASHER, FRIDGE, INVOICE]


def make_engine(cases: Iterable[Case] = CASES) -> SearchEngine:
    engine = SearchEngine(LetterEncoder(), today=lambda: TODAY)
    engine.upsert(cases)
    return engine


def ids(result: SearchResult) -> list[str]:
    return [hit.case_id for hit in result.hits]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("洗衣机脱水晃得厉害", "washer-noise"),
        ("甩干就跳", "washer-noise"),
        ("冰箱冷藏不冷", "fridge-warm"),
        ("發票抬頭可以重開嗎", "invoice-title"),
        ("风道结冰怎么清理", "fridge-warm"),
    ],
)
def test_finds_by_title_statement_and_steps(query: str, best: str) -> None:
    result = make_engine().search(query)
    assert ids(result)[0] == best


def test_hits_are_ranked_from_one_with_falling_scores() -> None:
    hits = make_engine().search("洗衣机脱水晃动", k=2).hits
    assert [hit.rank for hit in hits] == [1, 2]
    assert 1 >= hits[0].score >= hits[1].score >= 0


def test_confidence_is_the_first_score() -> None:
    result = make_engine().search("冰箱冷藏室不制冷")
    assert result.confidence == result.hits[0].score


def test_reasons_name_shared_words_and_facts() -> None:
    reasons = make_engine().search("洗衣机XQG100脱水报E4怎么办").hits[0].reasons
    assert {"脱水", "xqg100"} <= set(reasons.words)
    assert "怎么办" not in reasons.words
    assert reasons.facts == {"product": "洗衣机", "model": "XQG100", "fault_code": "E4"}


def test_a_published_case_is_found_at_once_and_a_removed_one_never() -> None:
    engine = make_engine()
    new = Case(id="lock", title="智能门锁指纹失灵", solution_steps=["清洁指纹头"])
    engine.upsert([new])
    assert ids(engine.search("门锁指纹失灵"))[0] == "lock"
    engine.remove(["lock", "never there"])
    assert "lock" not in ids(engine.search("门锁指纹失灵"))


def test_a_new_version_replaces_the_old() -> None:
    engine = make_engine()
    engine.upsert([WASHER.model_copy(update={"title": "烘干机不加热", "customer_statement": []})])
    assert len(engine) == 3
    assert ids(engine.search("烘干机不加热"))[0] == "washer-noise"
    found = engine.search("一甩干就跳，像要起飞")
    assert all("起飞" not in hit.reasons.words for hit in found.hits)


@pytest.mark.parametrize("status", [s for s in CaseStatus if s is not CaseStatus.PUBLISHED])
def test_a_case_no_longer_published_goes_out(status: CaseStatus) -> None:
    engine = make_engine()
    engine.upsert([FRIDGE.model_copy(update={"status": status})])
    assert "fridge-warm" not in ids(engine.search("冰箱冷藏室不制冷"))


@pytest.mark.parametrize(
    ("dates", "is_shown"),
    [
        ({"valid_from": date(2025, 11, 5), "valid_to": date(2025, 11, 5)}, True),
        ({"valid_from": date(2025, 11, 6)}, False),
        ({"valid_to": date(2025, 11, 4)}, False),
    ],
)
def test_only_valid_cases_are_shown(dates: dict[str, date], is_shown: bool) -> None:
    engine = make_engine([FRIDGE.model_copy(update=dates), WASHER])
    assert ("fridge-warm" in ids(engine.search("冰箱不制冷"))) is is_shown


def test_a_topic_leaned_to_goes_first_unless_the_library_is_clearly_surer() -> None:
    refund = INVOICE.model_copy(
        update={"id": "refund", "topic": "ask_refund", "title": "发票写错了退款要多久"}
    )
    company = INVOICE.model_copy(update={"id": "company", "title": "开公司发票要什么"})
    engine = make_engine([*CASES, refund, company])
    assert ids(engine.search("发票写错了"))[0] == "refund"
    leaning = engine.search("发票写错了", leaning="ask_invoice")
    assert set(ids(leaning)) == {"invoice-title", "company"}
    surer = engine.search("冰箱冷藏室不制冷", leaning="ask_invoice")
    assert ids(surer) == ids(engine.search("冰箱冷藏室不制冷"))
    nowhere = engine.search("发票写错了", leaning="ask_warranty")
    assert ids(nowhere) == ids(engine.search("发票写错了"))


def test_settling_changes_no_answer() -> None:
    engine, settled = make_engine(), make_engine()
    for changed in ([], [WASHER.id]):
        engine.remove(changed)
        settled.remove(changed)
        settled.settle()
        plain, quick = engine.search("冰箱冷藏不冷"), settled.search("冰箱冷藏不冷")
        assert ids(quick) == ids(plain)
        assert quick.confidence == pytest.approx(plain.confidence)


def test_topic_and_kind_leave_only_cases_that_have_them() -> None:
    engine = make_engine()
    assert ids(engine.search("洗衣机", kind="answer")) == ["invoice-title"]
    assert ids(engine.search("冰箱", topic="ask_invoice")) == ["invoice-title"]
    assert ids(engine.search("冰箱", topic="ask_warranty")) == []


def test_product_leaves_its_cases_and_those_for_all_products() -> None:
    found = make_engine().search("不制冷", product="电冰箱")
    assert set(ids(found)) == {"fridge-warm", "invoice-title"}


def test_another_product_does_not_outrank_the_one_that_is_named() -> None:
    noisy = [
        Case(id=f"noise-{name}", title=f"{name}声音很大嗡嗡响", product=name, solution_steps=[name])
        for name in ("冰箱", "洗衣机", "油烟机", "空调")
    ]
    assert ids(make_engine(noisy).search("油烟机嗡嗡响声音大"))[0] == "noise-油烟机"


def test_three_suggestions_do_not_say_the_same() -> None:
    same = [
        Case(id=f"same-{i}", title=f"退货运费谁出{'呢' * i}", solution_steps=["质量问题我们出"])
        for i in range(4)
    ]
    other = Case(id="other", title="换货运费谁出", solution_steps=["换货免运费"])
    found = ids(make_engine([*same, other]).search("退货运费谁出", k=5))
    assert found[0].startswith("same")
    assert found[1] == "other"
    assert set(found) == {"other", *(case.id for case in same)}


@pytest.mark.parametrize("query", ["", "   ", "\0\n", "\u200b"])
def test_nothing_asked_is_nothing_found(query: str) -> None:
    result = make_engine().search(query)
    assert result == SearchResult(hits=(), abstained=True, confidence=0.0)


def test_an_empty_library_abstains() -> None:
    assert make_engine([]).search("冰箱不制冷").abstained


def test_a_very_long_message_is_cut_not_refused() -> None:
    encoder = LetterEncoder()
    engine = SearchEngine(encoder, today=lambda: TODAY)
    engine.upsert(CASES)
    assert engine.search("冰箱冷藏室不制冷。" + "真的很着急" * 20_000).hits
    assert len(encoder.calls[-1][0]) <= 200


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from("+-"), st.sampled_from("甲乙丙丁戊己庚辛")), max_size=25
    )
)
def test_searches_see_exactly_what_is_in(steps: list[tuple[str, str]]) -> None:
    engine = make_engine([])
    expected: dict[str, str] = {}
    for version, (step, name) in enumerate(steps):
        if step == "+":
            expected[name] = f"产品{name}故障{version}"
            engine.upsert([Case(id=name, title=expected[name])])
        else:
            engine.remove([name])
            expected.pop(name, None)
        found = engine.search("产品故障", k=20)
        assert set(ids(found)) == set(expected)
        assert len(engine) == len(expected)


def test_searching_while_the_library_changes() -> None:
    engine = make_engine()
    failures: list[BaseException] = []
    done = threading.Event()

    def keep_searching() -> None:
        try:
            while not done.is_set():
                assert "fridge-warm" in ids(engine.search("冰箱冷藏室不制冷"))
        except BaseException as problem:
            failures.append(problem)

    searchers = [threading.Thread(target=keep_searching) for _ in range(3)]
    for searcher in searchers:
        searcher.start()
    for version in range(40):
        engine.upsert([WASHER.model_copy(update={"title": f"洗衣机晃动{version}"})])
        engine.upsert([FRIDGE.model_copy(update={"outcome": f"第{version}版"})])
        engine.remove(["invoice-title"])
        engine.upsert([INVOICE])
    done.set()
    for searcher in searchers:
        searcher.join()
    assert not failures
    assert len(engine) == 3
