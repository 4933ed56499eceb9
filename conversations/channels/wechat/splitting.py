"""Cutting text to what one platform message holds: bytes are counted, nothing whole is cut.

A cut falls at the end of a paragraph, line, sentence or word where there is one in the last half,
never within a URL that fits into a message, never within what a reader sees as one character
(grapheme cluster: an emoji with its joiners, a letter with its marks).
"""

from __future__ import annotations

import regex

_GRAPHEME = regex.compile(r"\X")
_URL = regex.compile(r"(?:https?|weixin)://[^\s<>\"'，。；、！？）》】]+", regex.IGNORECASE)
_URL_STARTS = frozenset("hHwW")
_ENDS = (("\n\n",), ("\n",), tuple("。！？!?；;…"), tuple("，,、 \t"))
"""Good places to cut, the best first."""


def size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode())


def split(text: str, limit: int) -> list[str]:
    """`text` in parts of at most `limit` bytes; joined they are the text without the blanks at
    the cuts. Empty text gives no part."""
    parts: list[str] = []
    done = 0
    while done < len(text):
        part, done = part_of(text, done, limit)
        if part:
            parts.append(part)
    return parts


def part_of(text: str, start: int, limit: int) -> tuple[str, int]:
    """The part of `text` that begins at character `start`, and where the next one begins."""
    rest = text[start:].lstrip()
    skipped = len(text) - start - len(rest)
    if size(rest.rstrip()) <= limit:
        return rest.rstrip(), len(text)
    cut = _cut(rest, limit)
    return rest[:cut].rstrip(), start + skipped + cut


def _cut(text: str, limit: int) -> int:
    """Where the first part ends: an index of `text`, at least 1."""
    atoms = _atoms_within(text, limit)
    if not atoms:
        return _characters_within(text, limit)
    late = [end for end, used in atoms if used * 2 >= limit]
    for ends in _ENDS:
        places = [end for end in late if text.endswith(ends, 0, end)]
        if places:
            return places[-1]
    return atoms[-1][0]


def _atoms_within(text: str, limit: int) -> list[tuple[int, int]]:
    """Ends of the graphemes and URLs that fit into `limit` bytes, with the bytes used so far."""
    found: list[tuple[int, int]] = []
    at, used = 0, 0
    while at < len(text):
        url = _URL.match(text, at) if text[at] in _URL_STARTS else None
        if url is not None and size(url[0]) <= limit:
            end = url.end()
        else:
            grapheme = _GRAPHEME.match(text, at)
            end = grapheme.end() if grapheme else at + 1
        used += size(text[at:end])
        if used > limit:
            break
        found.append((end, used))
        at = end
    return found


def _characters_within(text: str, limit: int) -> int:
    """How many code points fit, for a grapheme that is longer than a message."""
    used = 0
    for count, character in enumerate(text):
        used += size(character)
        if used > limit:
            return max(1, count)
    return len(text)
