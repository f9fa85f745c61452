"""Printed line numbers of pleadings, transcripts, bills and manuscripts: alone at the left edge,
one below the other, they count the lines. They leave the text, and each line keeps its number."""

import re
from collections.abc import Sequence
from itertools import islice, pairwise

from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.structure.clean import group_consecutive

from .lines import Line
from .tables.placed import lines_of

_INTEGER = re.compile(r"\d{1,4}$")
_DIGITS = 4
# numbers that a page must show; one in a document that has them elsewhere
_NEEDED = 10
_NEEDED_AGAIN = 3
_MAX_COLUMNS = 60  # places of numbers that are looked at, from the edge inwards
_SHORT = 12  # pages
# so many of the pages around, with its own, must have line numbers
_NEAR = 3
_TOGETHER = 3
_MOST_BESIDE = 0.02  # the share of the words of a page that may stand beyond the column


def split_off_line_numbers(
    words: Sequence[Word], *, is_document_numbered: bool = False
) -> tuple[list[Word], list[Word]]:
    """(`words` without line numbers, these from top to bottom); a word after a number begins a
    line. `is_document_numbered`: other pages have them, fewer are enough."""
    outer = sorted(
        (w for w in words if len(w.text) <= _DIGITS and w.text.isdecimal()),
        key=lambda word: word.x0,
    )
    numbers: list[Word] = []
    anchors = {(round(word.x0), round(word.x1)): word for word in outer}
    for anchor in islice(anchors.values(), _MAX_COLUMNS if len(outer) >= _NEEDED_AGAIN else 0):
        aligned = (w for w in outer if abs(w.x1 - anchor.x1) <= 3 or abs(w.x0 - anchor.x0) <= 3)
        run = _rising_numbers(sorted(aligned, key=lambda word: word.top), is_document_numbered)
        if (
            len(run) > len(numbers)
            and _is_at_text_edge(words, run)
            and (is_document_numbered or not _is_row_count_column(words, run))
        ):
            numbers = run
    dropped = set(map(id, numbers))
    kept = [
        word._replace(newline=True) if at and id(words[at - 1]) in dropped else word
        for at, word in enumerate(words)
        if id(word) not in dropped
    ]
    return kept, numbers


def _rising_numbers(column: Sequence[Word], known: bool) -> list[Word]:
    """The numbers of `column`, top to bottom, that count on, where they are nearly all; one may
    lack.
    """
    runs = group_consecutive(column, lambda run, word: int(word.text) - int(run[-1].text) in (1, 2))
    best = max(runs, key=len)
    needed = max(_NEEDED_AGAIN if known else _NEEDED, 0.8 * len(column))
    return best if len(best) >= needed else []


def _is_at_text_edge(words: Sequence[Word], run: Sequence[Word]) -> bool:
    """Whether hardly anything stands left of the numbers."""
    mine = set(map(id, run))
    edge = max(word.x1 for word in run) - 1
    beside = sum(
        word.x0 < edge and id(word) not in mine and not _INTEGER.match(word.text)
        for word in _words_beside_numbers(words, run)
    )
    return beside <= max(2, _MOST_BESIDE * len(words))


def _is_row_count_column(words: Sequence[Word], run: Sequence[Word]) -> bool:
    """Whether the numbers count rows or items: wide gaps run through most rows, or most lines have
    none.
    """
    rows = lines_of(_words_beside_numbers(words, run))
    mine = set(map(id, run))
    numbered = [row for row in rows if any(id(word) in mine for word in row)]
    split = filled = 0
    for row in numbered:
        rest = [word for word in row if id(word) not in mine]
        filled += bool(rest)
        split += sum(b.x0 - a.x1 > 2.5 * b.height for a, b in pairwise(rest)) >= 2
    return (filled and split > 0.5 * filled) or max(len(numbered), len(run)) < 0.6 * len(rows)


def _words_beside_numbers(words: Sequence[Word], run: Sequence[Word]) -> list[Word]:
    """The words between the heights of the first and last number."""
    top = run[0].top
    bottom = run[-1].bottom
    return [word for word in words if top <= word.level <= bottom]


def number_lines(lines: Sequence[Line], numbers: Sequence[Word]) -> None:
    """Gives each of `lines` the number on its height."""
    taken: set[int] = set()
    for word in numbers if lines else ():
        apart, near = min(
            (abs((line.top + line.bottom) / 2 - word.level), at) for at, line in enumerate(lines)
        )
        if near not in taken and apart < 0.75 * max(lines[near].size, word.height):
            taken.add(near)
            lines[near].number = int(word.text)


def pages_to_parse_again(pages_with_numbers: Sequence[bool]) -> dict[int, bool]:
    """What pages with line numbers (`pages_with_numbers`) say of others, from 0: one whose neighbours have them
    probably does (True), a lone one in a long document has a table of numbered rows (False)."""
    numbered = [index for index, yes in enumerate(pages_with_numbers) if yes]
    alone = {
        index
        for index in numbered
        if sum(pages_with_numbers[max(index - _NEAR, 0) : index + _NEAR + 1]) < _TOGETHER
    }
    if len(pages_with_numbers) <= _SHORT or len(numbered) > 0.34 * len(pages_with_numbers):
        alone = set()
    kept = set(numbered) - alone
    beside = {
        index
        for index, yes in enumerate(pages_with_numbers)
        if not yes and kept.intersection((index - 1, index + 1))
    }
    return dict.fromkeys(sorted(alone), False) | dict.fromkeys(sorted(beside), True)
