"""Chunks: the words of a line of print between gaps as wide as those between the cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from docqa.ingest.pdf.layout.tables.placed import BAR, cell_text, lines_of
from docqa.ingest.pdf.layout.tables.rules import Rule
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.structure.values import says_value

_WORD_GAP, _VALUE_GAP = 0.65, 0.4  # heights; between two values a space is enough
_SIGN_GAP = 15.0  # heights between "$" and its amount
_CLOSING_GAP = 1.5
_RAISED = 0.85
_GROUP = 3  # digits
_SIGNS = frozenset("$€£¥")
_CLOSING = frozenset((")", "%", ")%"))


@dataclass(slots=True)
class Chunk:
    """Words of one line without a wide gap between them."""

    words: list[Word]

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return self.words[-1].x1

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def text(self) -> str:
        return cell_text(word.text for word in self.words)

    @property
    def is_value(self) -> bool:
        return says_value(self.text) and not self.text.rstrip().endswith(".")


@dataclass(slots=True)
class PrintLine:
    """The chunks on one height, from left to right."""

    chunks: list[Chunk]
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


def print_lines(words: Sequence[Word], down: Sequence[Rule] = ()) -> list[PrintLine]:
    """The lines of print of `words`, from top to bottom; an upright rule between two words parts them."""
    lines = []
    for line in _with_raised(lines_of(words)):
        height = median(word.bottom - word.top for word in line)
        middle = (min(w.top for w in line) + max(w.bottom for w in line)) / 2
        walls = [x for x, y0, y1 in down if y0 - 1 <= middle <= y1 + 1]
        chunks = _chunks(line, height, walls)
        if chunks:
            lines.append(PrintLine(chunks, min(w.top for w in line), max(w.bottom for w in line)))
    return lines


def _with_raised(lines: list[list[Word]]) -> list[list[Word]]:
    """Lines with raised and lowered words, which make lines of their own, in the line that they belong to."""
    found: list[list[Word]] = []
    for line in lines:
        before = found[-1] if found else None
        if before is not None:
            small, large = sorted((before, line), key=_size)
            if _size(small) < _RAISED * _size(large) and len(small) < len(large) and _overlap(small, large):
                found[-1] = sorted([*before, *line], key=lambda word: word.x0)
                continue
        found.append(line)
    return found


def _size(line: Sequence[Word]) -> float:
    return max(word.bottom - word.top for word in line)


def _overlap(small: Sequence[Word], large: Sequence[Word]) -> bool:
    shared = min(max(w.bottom for w in small), max(w.bottom for w in large)) - max(
        min(w.top for w in small), min(w.top for w in large)
    )
    return shared > 0.4 * _size(small) and all(
        any(-1 < word.x0 - other.x1 < 0.5 * _size(large) or -1 < other.x0 - word.x1 < 0.3 * _size(large)
            for other in large) for word in small
    )  # fmt: skip


def _chunks(line: Sequence[Word], height: float, walls: Sequence[float]) -> list[Chunk]:
    chunks: list[Chunk] = []
    leader = False
    for word in line:
        if word.text == BAR or not word.text.strip(".\u2026_"):
            leader = leader or word.text != BAR or bool(chunks)
            continue
        if chunks and not leader and _joins(chunks[-1], word, height, walls):
            chunks[-1].words.append(word)
        else:
            chunks.append(Chunk([word]))
        leader = word.text.endswith("....")
    return chunks


def _joins(chunk: Chunk, word: Word, height: float, walls: Sequence[float]) -> bool:
    before = chunk.words[-1]
    gap = word.x0 - before.x1
    if any(before.x1 - 1 <= wall <= word.x0 + 1 for wall in walls):
        return False
    if before.text in _SIGNS:
        return gap < _SIGN_GAP * height and word.text[0] in "(-−–—0123456789."
    if word.text in _CLOSING:
        return gap < _CLOSING_GAP * height
    values = says_value(before.text) and says_value(word.text)
    if values and not _one_number(before.text, word.text):
        return False
    return gap < (_VALUE_GAP if values or word.text in _SIGNS else _WORD_GAP) * height


def _one_number(before: str, after: str) -> bool:
    """Whether two values may be one cell: thousands set apart by spaces ("10 471"), or a value with one in brackets."""
    if after.startswith("(") or not (before[-1:].isdigit() and after[:1].isdigit()):
        return True
    whole = before.lstrip("($€£¥-–−")
    group, rest = after[:_GROUP], after[_GROUP:]
    return whole.isdecimal() and len(whole) <= _GROUP == len(group) and group.isdecimal() and not rest[:1].isdigit()
