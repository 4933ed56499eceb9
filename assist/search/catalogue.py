"""The cases as search sees them: normalised texts, codes and products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assist.search.products import canonical, named_in
from assist.search.words import Codes, codes
from assist.text import normalise
from knowledge_base.model import Case

_ANSWER_LENGTH = 48
_BODY_LENGTH = 2000
_MOST_QUESTIONS = 12


@dataclass(frozen=True)
class Entry:
    """One case, prepared. `questions` are the title and the ways customers said it,
    `question_ids` the names of their vectors, `question_letters` their letters; `answer` is the
    text of its second vector; `body` is everything that words are looked for in; `products` are
    what the case is about, empty when it holds for all."""

    number: int
    case: Case
    questions: tuple[str, ...]
    question_ids: tuple[str, ...]
    question_letters: tuple[frozenset[str], ...]
    answer: str
    body: str
    codes: Codes
    products: frozenset[str]

    def answer_id(self) -> str:
        """Id of the answer vector."""
        return str(self.number)

    def vector_ids(self) -> list[str]:
        """Ids of all vectors, in the order of `vector_texts`."""
        return [*self.question_ids, self.answer_id()]

    def vector_texts(self) -> list[str]:
        """What the vectors are made from."""
        return [*self.questions, self.answer]


def number_of(vector_id: str) -> int:
    """Number of the entry that a vector id belongs to."""
    return int(vector_id.partition("/")[0])


def prepare(case: Case, number: int) -> Entry:
    """Everything search needs of `case`; `number` is its name inside the indexes."""
    statements = (normalise(line) for line in case.customer_statement[:_MOST_QUESTIONS])
    title = normalise(case.title)
    body = normalise("\n".join(_body(case)))[:_BODY_LENGTH]
    questions = tuple(dict.fromkeys([title, *filter(None, statements)]))
    return Entry(
        number=number,
        case=case,
        questions=questions,
        question_ids=tuple(f"{number}/{i}" for i in range(len(questions))),
        question_letters=tuple(map(frozenset, questions)),
        answer=f"{title} {normalise(' '.join(case.solution_steps))}"[: _ANSWER_LENGTH + len(title)],
        body=body,
        codes=codes(body),
        products=_products(case, title),
    )


def _products(case: Case, title: str) -> frozenset[str]:
    return frozenset({canonical(case.product)}) if case.product else named_in(title)


def _body(case: Case) -> Iterator[str]:
    yield from (case.title, case.product, case.model, case.fault_code)
    yield from case.tags
    yield from case.solution_steps
    yield from case.root_cause
    yield case.outcome
