"""Chunks: the words of a line of print between gaps as wide as those between the cells of a
table.
"""

from collections.abc import Sequence
from functools import cached_property
from statistics import median
from typing import NamedTuple

from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.structure.values import is_value_text, is_year

from .placed import BAR, cell_text, lines_of
from .rules import Rule

ALIGNED = 2.5  # points between the edges of what stands in one column, or their middles
_WORD_GAP = 0.65  # heights; between two values a space is enough
_CLOSING_GAP = 1.5
_GROUP = 3  # digits
_SIGNS = frozenset("$€£¥")
_LEADER = ".\u2026_"
_DOTS = "...."
_CLOSING = frozenset((")", "%", ")%"))


class WordChunk:
    """Words of a line without a wide gap; what they say is found out once."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.x0 = words[0].x0
        self.x1 = words[-1].x1
        self.middle = (self.x0 + self.x1) / 2

    @cached_property
    def text(self) -> str:
        return cell_text(word.text for word in self.words)

    @cached_property
    def is_value(self) -> bool:
        return is_value_text(self.text) and not self.text.rstrip().endswith(".")

    @cached_property
    def is_year(self) -> bool:
        return is_year("".join(self.text.split()))

    def stands_over(self, other: "WordChunk") -> bool:
        """Whether both begin, end or have their middle there."""
        return (
            min(abs(self.x0 - other.x0), abs(self.x1 - other.x1), abs(self.middle - other.middle))
            < ALIGNED
        )


class LineOfChunks(NamedTuple):
    """The chunks on one height, from left to right."""

    chunks: list[WordChunk]
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def x0(self) -> float:
        return self.chunks[0].x0

    @property
    def x1(self) -> float:
        return self.chunks[-1].x1


Lines = Sequence[LineOfChunks]


def split_into_lines_of_chunks(
    words: Sequence[Word], upright_rules: Sequence[Rule] = ()
) -> list[LineOfChunks]:
    """The lines of `words`, top to bottom; an upright rule between two words parts them."""
    lines = []
    for line in lines_of(words):
        height = median([word.height for word in line])
        top = min([word.top for word in line])
        bottom = max([word.bottom for word in line])
        middle = (top + bottom) / 2
        walls = [x for x, y0, y1 in upright_rules if y0 - 1 <= middle <= y1 + 1]
        chunks = _split_line_into_chunks(line, height, walls)
        if chunks:
            lines.append(LineOfChunks(chunks, top, bottom))
    return lines


def _split_line_into_chunks(
    line: list[Word], height: float, upright_rules: Sequence[float]
) -> list[WordChunk]:
    chunks: list[list[Word]] = []
    leader = False
    for word in line:
        text = word.text
        if text == BAR or not text.strip(_LEADER):
            leader = leader or text != BAR or bool(chunks)
            continue
        if chunks and not leader and _is_in_same_chunk(chunks[-1][-1], word, height, upright_rules):
            chunks[-1].append(word)
        else:
            chunks.append([word])
        leader = text.endswith(_DOTS)
    return [WordChunk(words) for words in chunks]


def _is_in_same_chunk(
    before: Word, word: Word, height: float, upright_rules: Sequence[float]
) -> bool:
    gap = word.x0 - before.x1
    if upright_rules and any(before.x1 - 1 <= wall <= word.x0 + 1 for wall in upright_rules):
        return False
    if before.text in _SIGNS:
        return word.text[0] in "(-−–—0123456789."
    if word.text in _CLOSING:
        return gap < _CLOSING_GAP * height
    if gap >= _WORD_GAP * height:
        return False
    return _are_parts_of_one_number(before.text, word.text) or not (
        is_value_text(before.text) and is_value_text(word.text)
    )


def _are_parts_of_one_number(before: str, after: str) -> bool:
    """Whether two values may be one cell: thousands set apart by spaces ("10 471"), or a value with
    one in brackets.
    """
    if after.startswith("(") or not (before[-1:].isdigit() and after[:1].isdigit()):
        return True
    whole = before.lstrip("($€£¥-–−")
    group = after[:_GROUP]
    rest = after[_GROUP:]
    return (
        whole.isdecimal()
        and len(whole) <= _GROUP == len(group)
        and group.isdecimal()
        and not rest[:1].isdigit()
    )
