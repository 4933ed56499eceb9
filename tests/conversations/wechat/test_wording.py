"""Splitting, labels, numbered answers and what goes out together."""

from __future__ import annotations

import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conversations.channels.wechat.splitting import size, split
from conversations.channels.wechat.wording import (
    Choice,
    Piece,
    Waiting,
    chosen,
    first_piece,
    labelled,
)

FAMILY = "👨‍👩‍👧‍👦"
URL = "https://example.com/a/very/long/path?with=query&and=more#end"
PIECES = st.sampled_from(
    ["您好，", "空调", "E4。", "\n", "\n\n", FAMILY, "👍🏽", "é", URL, " ", "abc ", "！"]
)
TEXT = st.lists(PIECES, max_size=120).map("".join)


def bare(text: str) -> str:
    return "".join(character for character in text if not character.isspace())


@settings(deadline=None)
@given(TEXT, st.integers(256, 2047))
@example(FAMILY * 200, 256)
@example("字" * 3000, 2047)
@example((URL + " ") * 60, 300)
def test_nothing_whole_is_cut_and_nothing_is_lost(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < size(part) <= limit for part in parts)
    bare = regex.sub(r"\s", "", text)
    assert regex.sub(r"\s", "", "".join(parts)) == bare
    assert sum(part.count(URL) for part in parts) == text.count(URL)
    assert sum(part.count(FAMILY) for part in parts) == text.count(FAMILY)
    graphemes = [g for part in parts for g in regex.findall(r"\X", part) if not g.isspace()]
    assert graphemes == [g for g in regex.findall(r"\X", text.strip()) if not g.isspace()]


@settings(deadline=None)
@given(st.text(max_size=3000), st.integers(256, 2047))
def test_any_text_is_split_within_the_limit(text: str, limit: int) -> None:
    text = text.encode("utf-8", "replace").decode()
    parts = split(text, limit)
    assert all(size(part) <= limit for part in parts)
    assert bare("".join(parts)) == bare(text)


def test_a_grapheme_longer_than_a_message_is_cut_between_code_points() -> None:
    monster = "a" + "\u0301" * 2000
    parts = split(monster, 256)
    assert "".join(parts) == monster
    assert all(size(part) <= 256 for part in parts)


def test_a_cut_prefers_the_end_of_a_sentence() -> None:
    first, second = split("这是第一句话。" * 20 + "这是没有说完的半句", 300)
    assert first.endswith("。")
    assert second.endswith("半句")


def test_machines_say_that_they_are_machines() -> None:
    assert labelled("bot", "", "您好") == "【智能客服】您好"
    assert labelled("system", "", "您好") == "【智能客服】您好"
    assert labelled("agent", "小林", "您好") == "【人工客服 小林】您好"


def test_numbers_choose() -> None:
    assert [chosen(word, 3) for word in ("1", "２", "第三个", "选2", "3。", " 2 ")] == [
        0,
        1,
        2,
        1,
        2,
        1,
    ]
    assert [chosen(word, 3) for word in ("4", "0", "2台", "要两个", "", "1 2")] == [None] * 6


ROWS = st.lists(
    st.builds(
        lambda text, choices, image: (text, choices, image),
        TEXT,
        st.integers(0, 3),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def delivered(rows: list[Waiting], limit: int, menus: bool) -> list[Piece]:
    """Every piece until nothing waits, as the courier sends them."""
    waiting, pieces = list(rows), []
    while waiting:
        piece, left = first_piece(waiting, limit, menus=menus)
        pieces.append(piece)
        done = set(piece.rows)
        waiting = [entry for entry in waiting if entry.row not in done]
        if piece.partial is not None:
            head = waiting[0]
            assert head.row == piece.partial
            assert piece.reaches > head.done
            waiting[0] = Waiting(head.row, head.text, piece.reaches, head.choices, head.image_id)
        assert len(waiting) == left
        assert len(pieces) < 400
    return pieces


@settings(deadline=None)
@given(ROWS, st.booleans())
def test_everything_goes_out_once_and_in_order(
    given_rows: list[tuple[str, int, bool]], menus: bool
) -> None:
    rows = [
        Waiting(
            number,
            f"[{number}]{text}".strip(),
            0,
            tuple(Choice(str(number * 100 + k), f"选项{k}") for k in range(count))
            if not image
            else (),
            f"image{number}" if image else "",
        )
        for number, (text, count, image) in enumerate(given_rows)
    ]
    pieces = delivered(rows, 300, menus)
    assert [row for piece in pieces for row in piece.rows] == [entry.row for entry in rows]
    assert all(size(piece.text) <= 300 for piece in pieces)
    assert all(piece.text or piece.image_id or piece.choices for piece in pieces)
    said = regex.sub(r"\s", "", "".join(piece.text for piece in pieces))
    places = [said.index(f"[{entry.row}]") for entry in rows]
    assert places == sorted(places)
    assert [p.image_id for p in pieces if p.image_id] == [e.image_id for e in rows if e.image_id]


def test_short_texts_go_together() -> None:
    rows = [Waiting(1, "【智能客服】好的。"), Waiting(2, "【智能客服】还有一句。")]
    piece, left = first_piece(rows, 2047, menus=True)
    assert (piece.text, piece.rows, left) == (
        "【智能客服】好的。\n\n【智能客服】还有一句。",
        (1, 2),
        0,
    )


def test_the_last_one_allowed_says_that_more_waits() -> None:
    rows = [Waiting(1, "字" * 900), Waiting(2, "还有")]
    piece, left = first_piece(rows, 2047, menus=True, tail="（后面还有）")
    assert piece.text.endswith("\n\n（后面还有）")
    assert size(piece.text) <= 2047
    assert left == 2
