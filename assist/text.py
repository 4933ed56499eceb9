"""One spelling for every way of typing the same words."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from opencc import OpenCC

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\ufe00-\ufe0f\ufeff\ufffd\ud800-\udfff"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e007f]"
)
_SPACES = re.compile(r"\s+")
_REPEATED_SIGN = re.compile(r"([^\w\s])\1+")
_BLANK_IN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")


def normalise(text: str) -> str:
    """`text` in half-width, simplified, lower-case characters (SPEC section 2).

    Invisible characters, skin tones and emoji variants go, a sign or emoji said many times is said
    once, white space becomes one blank and none between two Chinese characters."""
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower()
    simplified = _to_simplified().convert(folded) if not folded.isascii() else folded
    spaced = _SPACES.sub(" ", _REPEATED_SIGN.sub(r"\1", simplified)).strip()
    return _BLANK_IN_CHINESE.sub("", spaced)


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")
