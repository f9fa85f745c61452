"""Whether a page without ruled tables may have one at all, told from its words before any line is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import nan
from operator import itemgetter

from docqa.ingest.pdf.layout.tables.chunks import LEADER, PARTED, SIGNS, VALUE_GAP, WORD_GAP, ends_cell
from docqa.ingest.pdf.layout.tables.placed import cell_text
from docqa.ingest.pdf.layout.tables.regions import FEWEST, MANY_CELLS, SHORT
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.structure.values import begins_as_word, is_year, says_value

_SAME_HEIGHT = 0.2  # heights between words of one size
_SAME_LINE = 1.0  # heights, raised words with it
_box = itemgetter(slice(1, 5))


def may_be_aligned(words: Sequence[Word]) -> bool:
    """Whether so many values, or lines of short cells, may stand free of the words before them that a column can be
    made of them. Where this is False, `aligned_regions` of a page without upright rules finds nothing."""
    texts = [word.text for word in words]
    text = " ".join(texts)
    ends: set[int] = set()
    if not all(texts) or LEADER.search(text):
        ends = {at for at, part in enumerate(texts) if ends_cell(part)}
    tight, parted = PARTED.search(text) is not None, 0
    values: list[Word] = []
    short: list[Word] = []
    for run in _runs(words, ends):
        if len(run) <= SHORT:
            short.append(run[0])
        if tight:
            parted += len(PARTED.findall(" ".join([word.text for word in run])))
        if not begins_as_word(run[0].text):
            said = cell_text(word.text for word in run)
            if says_value(said) or is_year("".join(said.split())):
                values.append(run[0])
    if 2 * parted + len(values) + _lines_of_cells(short) < FEWEST:
        return False
    # Nothing names those at the left edge, such as the numbers of clauses, and no column is beside them alone.
    left = min(word.x0 for word in words)
    named = sum(word.x0 - left >= VALUE_GAP * (word.bottom - word.top) for word in values)
    return 2 * parted + named + _lines_of_cells(short) >= FEWEST


def _runs(words: Sequence[Word], ends: set[int]) -> Iterator[Sequence[Word]]:
    """Words drawn one after the other on one height, without a gap as between cells, nor one of those at `ends`."""
    first = 0
    left = right = upper = lower = height = near = nan
    for at, (x0, top, x1, bottom) in enumerate(map(_box, words)):
        gap = x0 - right
        goes_on = x0 >= left and gap < WORD_GAP * height
        if top != upper or bottom != lower:
            goes_on = goes_on and abs(top - upper) < near and abs(bottom - lower) < near
        if goes_on and gap >= VALUE_GAP * height:
            goes_on = not _are_cells(words[at - 1].text, words[at].text)
        if not goes_on or (ends and (at in ends or at - 1 in ends)):
            if at:
                yield words[first:at]
            first, upper, lower, height = at, top, bottom, bottom - top
            near = _SAME_HEIGHT * height
        left, right = x0, x1
    if words:
        yield words[first:]


def _are_cells(before: str, text: str) -> bool:
    return text in SIGNS or (says_value(before) and says_value(text))


def _lines_of_cells(cells: Sequence[Word]) -> int:
    """On how many lines, at the most, so many cells may be that all of them tell columns; `cells` are their first
    words."""
    bottoms = sorted(word.bottom for word in cells)
    near = _SAME_LINE * max((word.bottom - word.top for word in cells), default=0.0)
    count = at = 0
    while at + MANY_CELLS <= len(bottoms):
        full = bottoms[at + MANY_CELLS - 1] - bottoms[at] <= near
        count += full
        at += MANY_CELLS if full else 1
    return count
