"""The draft check itself: everything that looks at a draft, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from assist.drafts import formula, promises, repeats, rules
from assist.drafts.clauses import Piece, clauses, sentences
from assist.drafts.model import TONES, Conversation, DraftWarning, WarningKind
from assist.drafts.private import private_spans
from assist.drafts.tone import ToneClassifier
from assist.drafts.wording import Wording
from assist.entities.folding import fold

LONGEST_DRAFT = 4000
PROMISED_HOURS = 24
_WHY = {
    WarningKind.MONEY_OVER_AUTHORITY: "数目超出您这里还能批的额度，先提申请再答应。",
    WarningKind.NO_TIME: "让客户等却没说等到几时，他会一直悬着。",
    WarningKind.EMPTY_FORMULA: "全是客套话，没有一句说到这位客户的事。",
}
_ONE_A_CLAUSE = frozenset({*TONES, WarningKind.ADMITS_FAULT, WarningKind.GUARANTEES})

_TAKES_A_PHRASE = frozenset({WarningKind.EMPTY_FORMULA, WarningKind.DISMISSIVE})
_BESIDE_A_FORMULA = frozenset(
    {WarningKind.NO_TIME, WarningKind.DISMISSIVE, WarningKind.JARGON, WarningKind.ASKS_AGAIN}
)


class DraftCheck:
    """Looks at drafts. Safe to share between threads."""

    def __init__(self, tone: ToneClassifier | None = None, hours: int = PROMISED_HOURS) -> None:
        """Without a classifier the written rules judge the tone alone. `hours` is how long a better
        wording lets the customer wait for news at most (`progress_every_min`, SPEC section 5)."""
        self._tone = tone
        self._wording = Wording(hours)

    def check(
        self, draft: str, about: Conversation, phrase: Callable[[], str] | None = None
    ) -> list[DraftWarning]:
        """What may hurt, in the order of the draft. It informs; nothing is decided here.

        `phrase` finds words that suit this customer; it is asked only when a formula or a brush-off
        stands to be replaced. Only the first `LONGEST_DRAFT` characters are read.
        """
        found = self._found(draft[:LONGEST_DRAFT], about)
        if phrase is not None and any(warning.kind in _TAKES_A_PHRASE for warning in found):
            found = self._found(draft[:LONGEST_DRAFT], replace(about, phrase=phrase()))
        return found

    def _found(self, draft: str, about: Conversation) -> list[DraftWarning]:
        folded = fold(draft)
        pieces = clauses(folded)
        found = [
            *self._by_rules(draft, pieces, about),
            *self._money(draft, pieces, about),
            *self._private(draft, folded),
            *self._repeats(draft, pieces, about),
            *self._jargon(draft, folded, about),
        ]
        found += self._by_tone(draft, folded, found, about)
        found += self._waiting(draft, pieces, found, about)
        if all(warning.kind in _BESIDE_A_FORMULA for warning in found):
            found += self._bare(draft, pieces, about)
        return sorted(found, key=lambda warning: (warning.start, warning.end))

    def _by_rules(
        self, draft: str, pieces: Sequence[Piece], about: Conversation
    ) -> Iterator[DraftWarning]:
        for kind, start, end in _joined((rules.kind_of(piece), piece) for piece in pieces):
            yield self._warning(kind, draft, start, end, about)

    def _by_tone(
        self, draft: str, folded: str, found: Sequence[DraftWarning], about: Conversation
    ) -> Iterator[DraftWarning]:
        if self._tone is None:
            return
        taken = [(w.start, w.end) for w in found if w.kind in _ONE_A_CLAUSE]
        free = [p for p in sentences(folded) if not any(_meet(p, *span) for span in taken)]
        for piece, kind in zip(free, self._tone.judge([p.text for p in free]), strict=True):
            if kind is not None:
                yield self._warning(kind, draft, piece.start, piece.end, about)

    def _money(
        self, draft: str, pieces: list[Piece], about: Conversation
    ) -> Iterator[DraftWarning]:
        for piece in promises.over_authority(pieces, sentences(fold(draft)), about.allowance):
            kind = WarningKind.MONEY_OVER_AUTHORITY
            yield self._warning(kind, draft, piece.start, piece.end, about)

    def _private(self, draft: str, folded: str) -> Iterator[DraftWarning]:
        for span in private_spans(draft, folded):
            yield DraftWarning(
                WarningKind.PERSONAL_DATA,
                span.start,
                span.end,
                draft[span.start : span.end],
                f"{span.name}写进了对话，会留在客户的聊天记录里。",
                span.better,
            )

    def _repeats(
        self, draft: str, pieces: list[Piece], about: Conversation
    ) -> Iterator[DraftWarning]:
        for repeat in repeats.asked_again(pieces, about.said, about.facts):
            start, end = repeat.piece.start, repeat.piece.end
            yield DraftWarning(
                WarningKind.ASKS_AGAIN,
                start,
                end,
                draft[start:end],
                "客户前面已经说过，再问一遍会让他觉得白说了。",
                self._wording.known(repeat),
            )

    def _jargon(self, draft: str, folded: str, about: Conversation) -> Iterator[DraftWarning]:
        said = fold("，".join(about.said))
        for term in rules.jargon(draft, folded, said):
            yield DraftWarning(
                WarningKind.JARGON,
                term.start,
                term.end,
                draft[term.start : term.end],
                rules.why(WarningKind.JARGON),
                term.better,
            )

    def _waiting(
        self,
        draft: str,
        pieces: list[Piece],
        found: Sequence[DraftWarning],
        about: Conversation,
    ) -> Iterator[DraftWarning]:
        piece = promises.without_time(pieces, about.stage)
        if piece is None or any(_meet(piece, w.start, w.end) for w in found):
            return
        better = promises.promise_in(piece.text, self._wording.within)
        yield DraftWarning(
            WarningKind.NO_TIME,
            piece.start,
            piece.end,
            draft[piece.start : piece.end],
            _WHY[WarningKind.NO_TIME],
            better,
        )

    def _bare(self, draft: str, pieces: list[Piece], about: Conversation) -> Iterator[DraftWarning]:
        if formula.is_bare(pieces, about.said):
            start, end = formula.span_of(pieces)
            yield self._warning(WarningKind.EMPTY_FORMULA, draft, start, end, about)

    def _warning(
        self, kind: WarningKind, draft: str, start: int, end: int, about: Conversation
    ) -> DraftWarning:
        why = _WHY.get(kind) or rules.why(kind)
        better = self._wording.instead(kind, about)
        return DraftWarning(kind, start, end, draft[start:end], why, better)


def _joined(
    judged: Iterable[tuple[WarningKind | None, Piece]],
) -> Iterator[tuple[WarningKind, int, int]]:
    """Neighbouring clauses of one family as one span, under the kind that came first."""
    kind: WarningKind | None = None
    start = end = 0
    for found, piece in judged:
        if kind is not None and found is not None and _family(found) == _family(kind):
            end = piece.end
            continue
        if kind is not None:
            yield kind, start, end
        kind, start, end = found, piece.start, piece.end
    if kind is not None:
        yield kind, start, end


def _meet(piece: Piece, start: int, end: int) -> bool:
    return start < piece.end and piece.start < end


def _family(kind: WarningKind) -> str:
    return "tone" if kind in TONES else kind.value
