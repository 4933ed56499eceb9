"""Which pieces of the 250,002-piece vocabulary are kept, and the tokenizer over them.

Kept: whatever is written in Chinese characters (simplified and traditional), digits, punctuation,
symbols and emoji, short Latin fragments for model numbers, and the Latin words of the wheel's
English vocabulary. Text outside (Cyrillic, kana, Hangul …) becomes the unknown token.
"""

from __future__ import annotations

import re

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from assist.encoder.weights import UnigramPieces, read_vocabulary, wheel_file

MAX_TOKENS = 512
PAD_TOKEN = "<pad>"
_LATIN_FILE = "e5-small-enpt-q4.bin"
_SPACE = "\u2581"
_CHINESE_OR_SYMBOL = re.compile(
    "[\u2581"
    "\u0020-\u0040\u005b-\u0060\u007b-\u007e\u00a0-\u00bf\u00d7\u00f7"
    "\u2000-\u2bff\u3000-\u303f\u3105-\u312f\u31a0-\u31bf\u3200-\u33ff"
    "\u3400-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff65\uffe0-\uffef"
    "\U0001f000-\U0001ffff\U00020000-\U0003ffff]+"
)
_LATIN = re.compile("[\u2581\u0021-\u007e]+")
_GREEK_OR_ACCENTED = re.compile("\u2581?[\u00c0-\u00ff\u0391-\u03c9]")
_FRAGMENT_LENGTH = 2
_CAPITALS_LENGTH = 3

# The rest of the model's normaliser (SentencePiece nmt_nfkc) beyond NFKC.
_DROPPED = "[\u0000-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]"
_BLANK = "[\u0009\u000a\u000c\u000d\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"
_WIDE_TILDE, _PLACE_HOLDER = "\uff5e", "\ue000"


def chosen_ids(pieces: UnigramPieces) -> list[int]:
    """Ids of the pieces to keep, ascending. Raises `EncoderSourceMissing`."""
    english = set(read_vocabulary(wheel_file(_LATIN_FILE)).pieces)
    special = {pieces.bos, pieces.eos, pieces.pad, pieces.unk}
    return [
        i
        for i, piece in enumerate(pieces.pieces)
        if i in special or _is_chinese_or_symbol(piece) or _is_useful_latin(piece, english)
    ]


def _is_chinese_or_symbol(piece: str) -> bool:
    return bool(_CHINESE_OR_SYMBOL.fullmatch(piece) or _GREEK_OR_ACCENTED.fullmatch(piece))


def _is_useful_latin(piece: str, english: set[str]) -> bool:
    if not _LATIN.fullmatch(piece):
        return False
    is_fragment = len(piece) <= _FRAGMENT_LENGTH
    is_acronym = len(piece) <= _CAPITALS_LENGTH and piece.isupper()
    return is_fragment or is_acronym or piece in english


def make_tokenizer(pieces: UnigramPieces) -> Tokenizer:
    """The model's tokenizer: `<s> text </s>`, cut at 512 tokens, no padding."""
    vocabulary = list(zip(pieces.pieces, pieces.scores.tolist(), strict=True))
    tokenizer = Tokenizer(models.Unigram(vocabulary, pieces.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(_DROPPED), ""),
            normalizers.Replace(Regex(_BLANK), " "),
            normalizers.Replace(_WIDE_TILDE, _PLACE_HOLDER),
            normalizers.NFKC(),
            normalizers.Replace(_PLACE_HOLDER, _WIDE_TILDE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(_SPACE, prepend_scheme="always")
    bos, eos = pieces.pieces[pieces.bos], pieces.pieces[pieces.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", special_tokens=[(bos, pieces.bos), (eos, pieces.eos)]
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
