"""Printed line numbers: pleadings (1 to 28), transcripts, bills (every fifth line), manuscripts. They leave the text,
and each stays known as the number of its line.

They stand alone at the left or the right edge of a page, one below the other, and rise by a constant step.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice, pairwise
from statistics import median

from docqa.ingest.pdf.layout.lines import Line
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.structure.clean import grouped

_INTEGER = re.compile(r"\d{1,4}$")
_DIGITS = 4
# How many numbers a page must show, by their step; of a page in a document that has them elsewhere.
_NEEDED = {1: 10, 2: 6, 5: 4, 10: 4}
_NEEDED_AGAIN = 3
_MAX_DRIFT = 6.0  # points between the edges of numbers of one column beyond those of the widest
_MAX_COLUMNS = 60  # places of numbers that are looked at, from the edge inwards
_TWO_COLUMNS = 100  # points between numbers at both edges
_SHORT = 12  # pages
_NEAR, _TOGETHER = 3, 3  # so many of the pages around, with its own, must have line numbers
_MOST_BESIDE = 0.02  # the share of the words of a page that may stand beyond the column


def take_line_numbers(words: Sequence[Word], *, known: bool = False) -> tuple[list[Word], list[Word]]:
    """(`words` of a page without its line numbers, these numbers from top to bottom).

    A word that follows a number begins a line. `known`: other pages of the document have them, fewer are enough.
    """
    numbers: list[Word] = []
    candidates = [word for word in words if len(word.text) <= _DIGITS and word.text.isdecimal()]
    for left in (True, False):
        taken = set(map(id, numbers))
        numbers += _at_edge(words, [word for word in candidates if id(word) not in taken], left, known)
    if not numbers:
        return list(words), []
    dropped = set(map(id, numbers))
    kept: list[Word] = []
    after = False
    for word in words:
        if id(word) in dropped:
            after = True
            continue
        kept.append(word._replace(newline=True) if after else word)
        after = False
    return kept, sorted(numbers, key=lambda word: word.top)


def _at_edge(words: Sequence[Word], candidates: Sequence[Word], left: bool, known: bool) -> list[Word]:
    """The line numbers at one edge of the page, empty where there are none."""
    fewest = _NEEDED_AGAIN if known else min(_NEEDED.values())
    if len(candidates) < fewest:
        return []
    outer = sorted(candidates, key=lambda word: word.x0 if left else -word.x1)
    best: list[Word] = []
    anchors = {(round(word.x0), round(word.x1)): word for word in outer}
    for anchor in islice(anchors.values(), _MAX_COLUMNS):
        column = [word for word in outer if _aligned(word, anchor)]
        if len(column) < fewest:
            continue
        run = _rising(sorted(column, key=lambda word: word.top), known)
        if len(run) > len(best) and _is_edge(words, run, left) and (known or not _is_table(words, run, left)):
            best = run
    return best


def _aligned(word: Word, anchor: Word) -> bool:
    """Whether two numbers stand in one column, set flush left or right."""
    near = abs(word.x1 - anchor.x1) <= 3 or abs(word.x0 - anchor.x0) <= 3
    return near and abs(word.x0 - anchor.x0) <= _MAX_DRIFT + abs((word.x1 - word.x0) - (anchor.x1 - anchor.x0))


def _rising(column: Sequence[Word], known: bool) -> list[Word]:
    """The numbers of `column` (top to bottom) that rise by its usual step, where they are enough and nearly all."""
    steps = Counter(int(b.text) - int(a.text) for a, b in pairwise(column) if b.top > (a.top + a.bottom) / 2)
    step = max((s for s in steps if s in _NEEDED), key=lambda s: steps[s], default=0)
    if not step:
        return []
    best: list[Word] = []
    run: list[Word] = []
    for word in column:
        behind = int(word.text) - int(run[-1].text) if run else step
        if run and behind != step and not (behind == 2 * step and step < 5):
            best, run = max(best, run, key=len), []
        run.append(word)
    best = max(best, run, key=len)
    needed = min(_NEEDED[step], _NEEDED_AGAIN) if known else _NEEDED[step]
    by_step = step == 1 or all(int(word.text) % step == 0 for word in best)
    return list(best) if len(best) >= max(needed, 0.8 * len(column)) and by_step and _even(best) else []


def _even(run: Sequence[Word]) -> bool:
    """Whether most of the numbers stand at one distance, or at multiples of it: lines do."""
    gaps = [b.top - a.top for a, b in pairwise(run)]
    usual = median(gaps)
    return usual > 0 and sum(0.5 * usual < gap < 2.6 * usual for gap in gaps) >= 0.8 * len(gaps)


def _is_edge(words: Sequence[Word], run: Sequence[Word], left: bool) -> bool:
    """Whether, from the first to the last number, next to nothing stands beyond them."""
    top, bottom = run[0].top, run[-1].bottom
    mine = set(map(id, run))
    edge = max(word.x1 for word in run) - 1 if left else min(word.x0 for word in run) + 1
    beside = sum(
        (word.x0 < edge if left else word.x1 > edge)
        for word in words
        if id(word) not in mine and top <= (word.top + word.bottom) / 2 <= bottom and not _INTEGER.match(word.text)
    )
    return beside <= max(2, _MOST_BESIDE * len(words))


def _is_table(words: Sequence[Word], run: Sequence[Word], left: bool) -> bool:
    """Whether the numbers count the rows of a table or a list: wide gaps run through most of their rows, or most lines
    beside them have none though the step is one."""
    rows = _rows(words, run)
    mine = set(map(id, run))
    numbered = [row for row in rows if any(id(word) in mine for word in row)]
    split = filled = 0
    for row in numbered:
        rest = sorted((word for word in row if id(word) not in mine), key=lambda word: word.x0)
        if rest and _INTEGER.match(rest[-1 if left else 0].text):
            rest.pop(-1 if left else 0)  # perhaps the line number of a second column
        filled += bool(rest)
        split += sum(b.x0 - a.x1 > 2.5 * (b.bottom - b.top) for a, b in pairwise(rest)) >= 2
    if filled and split > 0.5 * filled:
        return True
    if int(run[1].text) - int(run[0].text) != 1:
        return False
    return len(numbered) < 0.6 * len(rows) and len(run) < 0.6 * len(rows)


def _rows(words: Sequence[Word], run: Sequence[Word]) -> list[list[Word]]:
    """The words from the first to the last number as rows of one height."""
    top, bottom = run[0].top, run[-1].bottom
    inside = [word for word in words if top <= (word.top + word.bottom) / 2 <= bottom]

    def goes_on(row: list[Word], word: Word) -> bool:
        return (word.top + word.bottom) / 2 < (row[0].top + row[0].bottom) / 2 + 0.5 * (word.bottom - word.top)

    return grouped(sorted(inside, key=lambda word: word.top + word.bottom), goes_on)


def number_lines(lines: Sequence[Line], numbers: Sequence[Word]) -> None:
    """Gives each of `lines` (in reading order) its printed number: the one that stands on its height, on its side of
    the page. Between numbers that count every fifth line the lines are counted."""
    if not numbers:
        return
    left, right = min(word.x0 for word in numbers), max(word.x1 for word in numbers)
    if right - left < _TWO_COLUMNS:
        _number_side(lines, numbers)
        return
    middle = (left + right) / 2
    for first in (True, False):
        side = [word for word in numbers if (word.x0 < middle) == first]
        _number_side([line for line in lines if ((line.x0 + line.x1) / 2 < middle) == first], side)


def _number_side(lines: Sequence[Line], numbers: Sequence[Word]) -> None:
    taken: dict[int, int] = {}
    for word in numbers:
        middle = (word.top + word.bottom) / 2
        near = min(range(len(lines)), key=lambda at: abs((lines[at].top + lines[at].bottom) / 2 - middle), default=None)
        if near is None:
            return
        line = lines[near]
        if abs((line.top + line.bottom) / 2 - middle) < 0.75 * max(line.size, word.bottom - word.top):
            taken.setdefault(near, int(word.text))
    for at, value in taken.items():
        lines[at].number = value
    step = int(numbers[1].text) - int(numbers[0].text) if len(numbers) > 1 else 1
    if step > 1:
        _count_between(lines, sorted(taken.items()), step)


def _count_between(lines: Sequence[Line], taken: Sequence[tuple[int, int]], step: int) -> None:
    """Numbers the lines between, before and behind those that carry a number, where their count agrees."""
    for (first, low), (last, high) in pairwise(taken):
        if high - low == last - first == step:
            for at in range(first + 1, last):
                lines[at].number = low + at - first
    if taken:
        first, low = taken[0]
        for at in range(max(0, first - min(step, low) + 1), first):
            lines[at].number = low - (first - at)
        last, high = taken[-1]
        for at in range(last + 1, min(len(lines), last + step)):
            lines[at].number = high + at - last


def pages_to_read_again(found: Sequence[bool]) -> dict[int, bool]:
    """Where the pages with line numbers (`found` for each page) say something of others: the pages (from 0) that
    probably have them too (True), for their neighbours do, and those that have not (False), for a page that stands
    alone in a long document has a table with numbered rows."""
    numbered = [index for index, yes in enumerate(found) if yes]
    alone = {index for index in numbered if sum(found[max(index - _NEAR, 0) : index + _NEAR + 1]) < _TOGETHER}
    if len(found) <= _SHORT or len(numbered) > 0.34 * len(found):
        alone = set()
    kept = set(numbered) - alone
    beside = {index for index, yes in enumerate(found) if not yes and kept.intersection((index - 1, index + 1))}
    return dict.fromkeys(sorted(alone), False) | dict.fromkeys(sorted(beside), True)
