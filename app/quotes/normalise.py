"""Text folded for comparison, and the way back. FOLDING is the meaning of the grade `normalised`,
printed by `docqa verify --help`."""

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from io import StringIO

FOLDING = """runs of white space count as one space; quotation marks and apostrophes of every shape \
count as one; dashes and hyphens of every length count as a hyphen; ligatures (ﬁ, ﬂ, ﬀ, ﬃ, ﬄ, ﬅ, ﬆ) count as their \
letters, ß as ss; soft hyphens and zero-width characters do not count; a word divided at the end of a line counts as \
joined, or as its hyphenated form; upper and lower case count as the same"""

_ZERO_WIDTH = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_EXPANDING = dict(
    zip("ﬀﬁﬂﬃﬄﬅﬆßẞİ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st", "ss", "ss", "i"), strict=True)
)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SINGLE = "\u2018\u2019\u201a\u201b\u2032\u2039\u203a`\u00b4"
_DOUBLE = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"
_SAME_LENGTH = str.maketrans(
    dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_SINGLE, "'")
    | dict.fromkeys(_DOUBLE, '"')
    | {"ς": "σ"}
)
_HYPHENS = "-" + _DASHES[:2] + "\u00ad"
_SPECIAL = re.compile(
    rf"(?P<divided>(?<=[^\W\d_])(?P<hyphen>[{_HYPHENS}])[ \t]*\n\s*(?=[^\W\d_]))"
    rf"|(?P<gone>[{_ZERO_WIDTH}]+)"
    rf"|(?P<expand>[{''.join(_EXPANDING)}])"
    rf"|(?P<space>[^\S ][\s{_ZERO_WIDTH}]*|[ ][\s{_ZERO_WIDTH}]+)"
)


@dataclass(frozen=True)
class Folded:
    """Folded text in pieces, in which offsets run in step. Piece i starts at `folded_starts[i]` in
    `text` and at `origins[i]` in the original; `ends[i]` is the original end of one that does not
    run in step (a ligature, spaces), else -1."""

    text: str
    folded_starts: "array[int]"
    origins: "array[int]"
    ends: "array[int]"

    def original_start(self, position: int) -> int:
        return self._original_offset(position, position, self.origins)

    def original_end(self, position: int) -> int:
        """Half-open: the offset after the character before `position`."""
        return self._original_offset(position, position - 1, self.ends) if position > 0 else 0

    def _original_offset(self, position: int, character: int, whole: "array[int]") -> int:
        if not self.folded_starts:
            return 0
        piece = bisect_right(self.folded_starts, character) - 1
        return (
            whole[piece]
            if self.ends[piece] >= 0
            else self.origins[piece] + position - self.folded_starts[piece]
        )


def fold(text: str, *, keep_line_hyphens: bool = False) -> Folded:
    r"""Fold `text` by FOLDING. With `keep_line_hyphens` a divided word keeps its hyphen
    ("well-\nknown").
    """
    folded = StringIO()
    starts = array("i")
    origins = array("i")
    ends = array("i")

    def add(piece: str, origin: int, end: int) -> None:
        if piece:
            starts.append(folded.tell())
            origins.append(origin)
            ends.append(end)
            folded.write(piece)

    at = 0
    for match in _SPECIAL.finditer(text):
        start, end = match.span()
        add(_fold_piece_keeping_length(text[at:start]), at, -1)
        at = end
        kind = match.lastgroup if match.lastgroup != "hyphen" else "divided"
        if kind == "divided" and keep_line_hyphens and match.group("hyphen") != "\u00ad":
            add("-", start, end)
        elif kind == "expand":
            add(_EXPANDING[match.group()], start, end)
        elif kind == "space":
            add(" ", start, end)
    add(_fold_piece_keeping_length(text[at:]), at, -1)
    return Folded(folded.getvalue(), starts, origins, ends)


def _fold_piece_keeping_length(piece: str) -> str:
    lowered = piece.lower()
    # A letter whose small form has another length is not in _EXPANDING: left as it is.
    return (lowered if len(lowered) == len(piece) else piece).translate(_SAME_LENGTH)
