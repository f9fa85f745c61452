"""A person's words as a full-text search: every word must stand in the turn, or begin a word that does.

Both sides are folded by the same function, so that nothing depends on how SQLite's tokenizer splits: case, accents and
inflections do not count. Scripts without spaces are indexed by the character, so that any piece of them is found; it
does not matter what they are written together with ("API文档"). A change of what is indexed wants another SCHEMA in
database.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from docqa.app.evidence.terms import stems
from docqa.ingest.language.expressions import lazily

# Chinese, Japanese and Korean; Thai, Lao, Burmese and Khmer.
_UNSPACED = (
    "\u3005\u3040-\u312f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_PIECE = lazily(rf"[{_UNSPACED}]+|\d+(?:[.,]\d+)*|[^\W\d_{_UNSPACED}]+(?:['’][^\W\d_{_UNSPACED}]+)*|[^\W_]")
_PART = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s$")
_ZERO_WIDTH_SPACE = "\u200b"


class _Piece(NamedTuple):
    """`parts` stand one behind the other in the index; `stem` behind them, where it is something else.

    `unspaced`: they are characters, any of which may be where a search begins or ends.
    """

    parts: tuple[str, ...]
    stem: str
    unspaced: bool


def folded(text: str) -> str:
    """`text` as it is indexed: its words and their stems without accents, one space between them."""
    return " ".join(word for piece in _pieces(text) for word in (*piece.parts, *filter(None, (piece.stem,))))


def match_expression(query: str) -> str:
    """The FTS5 expression that `query` stands for; empty where it holds no word.

    Every word is a quoted string, in which FTS5 knows no operators: whatever a person types is only ever words.
    """
    return " AND ".join(dict.fromkeys(_expression(piece) for piece in _pieces(query)))


def _expression(piece: _Piece) -> str:
    phrase = f'"{" ".join(piece.parts)}"'
    if piece.unspaced:
        return phrase
    return f'({phrase}* OR "{piece.stem}")' if piece.stem else f"{phrase}*"


def _pieces(text: str) -> Iterator[_Piece]:
    for match in _PIECE.finditer(_bare(text)):
        word = _POSSESSIVE.sub("", match.group())
        if not word[0].isascii() and re.match(f"[{_UNSPACED}]", word):
            yield _Piece(tuple(word), "", unspaced=True)
            continue
        parts = tuple(_PART.findall(word))
        (stem,) = stems(["".join(parts)])
        yield _Piece(parts, stem if (stem,) != parts else "", unspaced=False)


def _bare(text: str) -> str:
    """`text` without case, accents and what has no width; letters that are written in several ways in one."""
    plain = unicodedata.normalize("NFKD", text.replace(_ZERO_WIDTH_SPACE, " "))
    plain = unicodedata.normalize("NFKD", plain.casefold())
    kept = (c for c in plain if unicodedata.category(c)[0] != "M" and unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", "".join(kept))
