"""Cutting text to what one platform message holds: bytes are counted, nothing whole is cut.

A cut falls at the end of a paragraph, line, sentence or word where there is one in the last half,
never within a URL that fits into a message, never within what a reader sees as one character
(grapheme cluster: an emoji with its joiners, a letter with its marks).
"""

from __future__ import annotations

import regex

_GRAPHEME = regex.compile(r"\X")
_URL = regex.compile(r"(?:https?|weixin)://[^\s<>\"'，。；、！？）》】]+", regex.IGNORECASE)
_ENDS = ("\n\n", "\n", "。！？!?；;…", "，,、 \t")


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
    rest = text[start:]
    skipped = len(rest) - len(rest.lstrip())
    rest = rest[skipped:]
    if size(rest.rstrip()) <= limit:
        return rest.rstrip(), len(text)
    cut = _cut(rest, limit)
    return rest[:cut].rstrip(), start + skipped + cut


def _cut(text: str, limit: int) -> int:
    """Where the first part ends: an index of `text`, at least 1."""
    whole = _atoms_within(text, limit)
    best = whole[-1] if whole else _characters_within(text, limit)
    fits = text[:best]
    for ends in _ENDS:
        places = [i for i in whole if text[i - 1] in ends and size(text[:i].rstrip()) * 2 >= limit]
        if ends == "\n\n":
            places = [i for i in places if text[i - 2 : i] == "\n\n"]
        if places:
            return places[-1]
    return max(1, len(fits))


def _atoms_within(text: str, limit: int) -> list[int]:
    """Ends of the graphemes and URLs that fit into `limit` bytes, one after another."""
    ends: list[int] = []
    at, used = 0, 0
    while at < len(text):
        url = _URL.match(text, at)
        if url is not None and size(url[0]) <= limit:
            end = url.end()
        else:
            found = _GRAPHEME.match(text, at)
            end = found.end() if found else at + 1
        used += size(text[at:end])
        if used > limit:
            break
        ends.append(end)
        at = end
    return ends


def _characters_within(text: str, limit: int) -> int:
    """How many code points fit, for a grapheme that is longer than a message."""
    used = 0
    for count, character in enumerate(text):
        used += size(character)
        if used > limit:
            return max(1, count)
    return len(text)
