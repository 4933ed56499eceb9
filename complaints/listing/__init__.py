"""Lists, counts and the board of clocks: queries that stay quick among a million complaints."""

from __future__ import annotations

from complaints.listing.filters import Filters, Sort, View
from complaints.listing.pages import Page, page_of
from complaints.listing.tallies import (
    BOARD_ROWS,
    COUNT_CAP,
    Board,
    board,
    calls_open,
    counts,
    holders,
    load_of,
    watched_among,
)

__all__ = [
    "BOARD_ROWS",
    "COUNT_CAP",
    "Board",
    "Filters",
    "Page",
    "Sort",
    "View",
    "board",
    "calls_open",
    "counts",
    "holders",
    "load_of",
    "page_of",
    "watched_among",
]
