"""Reading order: the words of a page, with boxes, to lines in the order in which a person reads
them.

Runs of words on one height are segments. An upright strip in the middle of a region that hardly any
segment crosses, with running text on both sides, is a gutter; what crosses it cuts the region into
bands, each read left side first, both sides by the same rule. Tables have no running text and stay
row by row.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, pairwise, takewhile
from statistics import median
from typing import NamedTuple

from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.pdf.visibility.objects import Box, box_around
from docqa.ingest.structure.clean import places_by_identity, split_by

from .columns import WordRun, are_in_same_row, crosses_gutter, find_gutter, split_sides_below_head
from .drawing import grade_of_reading_order, side_by_side_texts
from .line_numbers import number_lines, split_off_line_numbers
from .lines import APART, TABLE, Line
from .tables.page import split_off_tables
from .tables.placed import Row
from .tables.rules import words_within

_RTL = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_SHORT_WORD = 5  # letters
_RTL_GAP = 1.8  # heights of a word; wider, the words are of two columns or cells
_MARKED = re.compile(r"(?:\d{1,3}|[*†‡§¶∗⋆★]{1,2})(?:[A-Z“\"(]|$)")
_SAME_EDGE = 4.0  # points
_FLUSH = 1.0  # points between the ends of lines that are set flush
_LEAST_FLUSH_LINES = 4


class OrderedPage(NamedTuple):
    """The `lines` of a page in reading order. `numbers`: the range of its printed line numbers
    ("1–28") or None. `grade`: A, B or C, how far the order of drawing confirms it."""

    lines: list[Line]
    numbers: str | None = None
    grade: str = "A"


@dataclass
class _OrderedLines:
    lines: list[Line] = field(default_factory=list)
    rows: list[list[WordRun]] = field(default_factory=list)

    def add_rows(self, rows: Sequence[list[WordRun]], region: int) -> None:
        self.rows.extend(rows)
        self.lines.extend(line for row in rows for line in _lines_of_row(row, region))


def lines_in_reading_order(
    words: Sequence[Word],
    width: float,
    *,
    rules: Sequence[Box] = (),
    is_numbered: bool | None = None,
) -> OrderedPage:
    """The lines of a page in reading order.

    A page on its side is read as if turned, one from right to left as in a mirror; what is written
    from top to bottom is such a page, its first line rightmost. Turned or tilted words on an
    upright page come last. `rules`: lines drawn on the page; a row of an upright ruled table is a
    line. `is_numbered`: pages around have line numbers, so that few are enough, or (False) have none.
    """
    sample = "".join([letter for w in words[:400] for letter in w.text if letter.isalpha()])
    # Short words are as high as wide either way, and a page of short ones may have a long stamp in
    # its margin.
    long = [w for w in words if len(w.text) >= 5]
    high = len([w for w in long if w.height > w.x1 - w.x0])
    sideways = high > len(long) / 2 and high >= len(words) / 4
    if not sideways and len(_RTL.findall(sample)) > 0.25 * len(sample):
        return _order_lines_right_to_left(words, width, rules)
    laid_back: Callable[[Box], Box] | None = None
    if sideways:
        words, rules, width, laid_back = _turn_page_upright(words, rules, width)
    turned, upright = _split_off_turned_words(words)
    all_upright = upright
    upright, tables = split_off_tables(upright, rules)
    upright, numbers = (
        (upright, [])
        if is_numbered is False
        else split_off_line_numbers(upright, is_document_numbered=bool(is_numbered))
    )
    order = _order_page(_segments_by_drawing_order(upright, tables, all_upright), width)
    lines = order.lines
    number_lines(lines, numbers)
    if turned:
        lines.extend(_lines_in_drawn_order(turned, width))
    if laid_back:
        _restore_boxes_of_turned_lines(lines, laid_back)
    shown = sorted(int(word.text) for word in numbers)
    return OrderedPage(
        lines, f"{shown[0]}–{shown[-1]}" if shown else None, _grade_of_order(order, tables, turned)
    )


def _grade_of_order(
    order: _OrderedLines, tables: Sequence[Sequence[Row]], turned: Sequence[Word]
) -> str:
    """How far the order of drawing confirms it; no A with a table that may lack columns or has
    turned words.
    """
    inside = (
        word
        for rows in tables
        for word in words_within(turned, box_around(*(row.box for row in rows)))
    )
    doubtful = any(row.doubtful for rows in tables for row in rows) or not all(
        word.tilted for word in inside
    )
    return max("B" if doubtful else "A", grade_of_reading_order(order.rows))


def _restore_boxes_of_turned_lines(lines: Sequence[Line], laid_back: Callable[[Box], Box]) -> None:
    for line in lines:
        line.shown = laid_back(line.box)
        if line.grid is not None:
            cells = (cell._replace(box=laid_back(cell.box)) for cell in line.grid.cells)
            line.grid = line.grid._replace(cells=tuple(cells))


def _split_off_turned_words(words: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """(turned or tilted words, the others); the short words of a stamp on the margin, too."""
    turned, upright = split_by(
        words, lambda w: w.tilted or (len(w.text) >= 3 and w.x1 - w.x0 < 0.5 * w.height)
    )
    stamp = [w for w in turned if not w.tilted]
    if not stamp or not upright:
        return turned, upright
    starts = sorted(w.x0 for w in upright)
    ends = sorted(w.x1 for w in upright)
    few = len(upright) // 20
    x0 = min(w.x0 for w in stamp) - 1.5
    x1 = max(w.x1 for w in stamp) + 1.5
    if x1 > starts[few] and x0 < ends[-1 - few]:
        return turned, upright
    away = set(map(id, turned))
    away |= {id(w) for w in upright if x0 <= w.x0 and w.x1 <= x1 and len(w.text) < _SHORT_WORD}
    return split_by(words, lambda w: id(w) in away)


def _turn_page_upright(
    words: Sequence[Word], rules: Sequence[Box], width: float
) -> tuple[list[Word], list[Box], float, Callable[[Box], Box]]:
    """The words and rules of a page on its side as if it were turned, its width, and the way
    back.
    """
    height = max(w.bottom for w in words)
    falling = sum(b.top > a.top for a, b in pairwise(words) if not b.newline)
    rising = sum(b.top < a.top for a, b in pairwise(words) if not b.newline)
    turn, turn_back, side = (
        (_turn_left, _turn_right, width) if falling >= rising else (_turn_right, _turn_left, height)
    )
    upright = [word.moved_to(turn(side, word.box)) for word in words]
    return upright, [turn(side, rule) for rule in rules], height, partial(turn_back, side)


def _turn_left(right_edge: float, box: Box) -> Box:
    """The place of `box` where the page, which ends at `right_edge`, is turned to the left."""
    return box[1], right_edge - box[2], box[3], right_edge - box[0]


def _turn_right(bottom_edge: float, box: Box) -> Box:
    """The place of `box` where the page, which ends at `bottom_edge`, is turned to the right."""
    return bottom_edge - box[3], box[0], bottom_edge - box[1], box[2]


def _lines_in_drawn_order(words: Sequence[Word], width: float) -> list[Line]:
    lines: list[Line] = []
    for word in words:
        if word.newline or not lines:
            lines.append(Line(word.text, *word.box, word.bold, right=width))
        else:
            line = lines[-1]
            line.text += " " + word.text
            # Only what is shown grows: sizes and running heads go by the first word of such a line.
            line.shown = box_around(line.box, word.box)
    return lines


def _order_lines_right_to_left(
    words: Sequence[Word], width: float, rules: Sequence[Box]
) -> OrderedPage:
    """Lines of Hebrew or Arabic, ordered as the mirror image. Words of a line or cell keep the
    order in which they were drawn, since numbers and names run the other way; cells of numbers
    alone are read from left to right."""

    def mirror(box: Box) -> Box:
        return width - box[2], box[1], width - box[0], box[3]

    def follows(line: WordRun, word: Word) -> bool:
        gap = _RTL_GAP * word.height
        return word.x0 <= line.x1 + gap and line.x0 <= word.x1 + gap

    mirrored = [word.moved_to(mirror(word.box)) for word in words]
    numbers = places_by_identity(mirrored)

    def in_order(line: list[Word]) -> list[Word]:
        drawn = any(_RTL.search(word.text) for word in line)
        return sorted(line, key=lambda word: numbers[id(word)]) if drawn else line[::-1]

    rest, tables = split_off_tables(mirrored, map(mirror, rules), in_order)
    order = _order_page(_segments_by_drawing_order(rest, tables, mirrored, follows), width)
    _restore_boxes_of_turned_lines(order.lines, mirror)
    return OrderedPage(order.lines, None, _grade_of_order(order, tables, []))


def _segments_by_drawing_order(
    words: Sequence[Word],
    tables: Sequence[Sequence[Row]],
    drawn_tables: Sequence[Word],
    continues_segment: Callable[[WordRun, Word], bool] | None = None,
) -> list[WordRun]:
    """Segments of words, and one for each table, numbered by the words that were `drawn_tables`."""
    segments = _segments_of_words(words, continues_segment)
    if not tables:
        return segments
    numbers = places_by_identity(drawn_tables)
    for segment in segments:
        segment.drawn = numbers.get(id(segment.words[0]), segment.drawn)
    for rows in tables:
        box = box_around(*(row.box for row in rows))
        first = min(
            (numbers[id(w)] for row in rows for w in row.words if id(w) in numbers),
            default=len(drawn_tables),
        )
        word = Word("\n".join(row.text for row in rows), *box, True, rows[0].bold)
        segments.append(WordRun([word], *box, tuple(rows), first))
    return segments


def _segments_of_words(
    words: Sequence[Word], follows: Callable[[WordRun, Word], bool] | None = None
) -> list[WordRun]:
    """`follows`: whether a word goes on with a segment, by default on its height."""
    goes_on = follows or _follows_in_segment
    segments: list[WordRun] = []
    current: WordRun | None = None
    for word in words:
        _, x0, top, x1, bottom, newline = word[:6]
        if not current or newline or not goes_on(current, word):
            current = WordRun([word], x0, top, x1, bottom, drawn=len(segments))
            segments.append(current)
            continue
        current.words.append(word)
        if x1 > current.x1:
            current.x1 = x1
        if top < current.top:
            current.top = top
        if bottom > current.bottom:
            current.bottom = bottom
    return segments


def _follows_in_segment(segment: WordRun, word: Word) -> bool:
    top = word.top
    bottom = word.bottom
    height = overlap = bottom - top
    if top != segment.top or bottom != segment.bottom:
        height = min(segment.height, height)
        overlap = min(segment.bottom, bottom) - max(segment.top, top)
    return overlap > 0.5 * height and -0.5 * height < word.x0 - segment.x1 < 0.9 * height


def _order_page(segments: list[WordRun], width: float) -> _OrderedLines:
    order = _OrderedLines()
    _order_region(segments, 0.0, width, order, 0)
    return order


def _order_region(
    segments: list[WordRun], left: float, right: float, order: _OrderedLines, depth: int
) -> None:
    """Appends the lines of a region in reading order."""
    gutter = find_gutter(_add_table_rows(segments)) if depth < 3 else None
    if gutter is None:
        _order_block(segments, left, right, order)
        return
    crossing = [s for s in segments if crosses_gutter(s, gutter)]

    def is_across(segment: WordRun) -> bool:
        return crosses_gutter(segment, gutter) or any(
            are_in_same_row(segment, other) for other in crossing
        )

    for across, band in groupby(sorted(segments, key=lambda s: (s.top + s.bottom) / 2), is_across):
        if across:
            _order_block(list(band), left, right, order)
            continue
        sides = split_by(band, lambda s: (s.x0 + s.x1) / 2 <= gutter)
        for part in split_sides_below_head(*sides, gutter):
            _order_region(part[0], left, gutter, order, depth + 1)
            _order_region(part[1], gutter, right, order, depth + 1)


def _order_block(segments: list[WordRun], left: float, right: float, order: _OrderedLines) -> None:
    """Appends a region without a gutter; texts side by side are read one by one."""
    rows = _rows_of_segments(segments)
    blocks = side_by_side_texts(segments, rows)
    if not blocks:
        order.add_rows(rows, _region_id(left, right))
        return
    regions: list[tuple[float, float, int]] = []
    for block in blocks:
        x0 = block.box[0]
        x1 = block.right
        alike = (
            region
            for a, b, region in regions
            if abs(a - x0) < _SAME_EDGE and abs(b - x1) < _SAME_EDGE
        )
        region = next(alike, _region_id(x0, x1))
        regions.append((x0, x1, region))
        order.add_rows(_rows_of_segments(block.segments), region if block.wrapped else APART)


def _add_table_rows(segments: list[WordRun]) -> list[WordRun]:
    """The segments, and rows of tables as such: they tell of columns as other lines do."""
    found: list[WordRun] = []
    for segment in segments:
        found += [WordRun(list(row.words), *row.box) for row in segment.rows] or [segment]
    return found


def _region_id(left: float, right: float) -> int:
    return round(left) * 10_000 + round(right)


def _rows_of_segments(segments: list[WordRun]) -> list[list[WordRun]]:
    """Segments on one height, top to bottom, left to right."""
    rows: list[list[WordRun]] = []
    tables, others = split_by(segments, lambda s: s.rows)
    tables.sort(key=lambda s: (s.top, s.x0), reverse=True)
    for segment in sorted(others, key=lambda s: ((s.top + s.bottom) / 2, s.x0)):
        while tables and tables[-1].top < (segment.top + segment.bottom) / 2:
            rows.append([tables.pop()])
        if rows and _joins_row(rows[-1], segment):
            rows[-1].append(segment)
        elif len(rows) > 1 and segment.height > 0 and _joins_row(rows[-2], segment):
            rows[-2].append(segment)
        else:
            rows.append([segment])
    rows += [[table] for table in reversed(tables)]
    return [sorted(row, key=lambda s: s.x0) for row in rows]


def _lines_of_row(row: list[WordRun], region: int) -> Iterator[Line]:
    if not row[0].rows:
        yield _line_from_segments(row, region)
    for part in row[0].rows:
        x0, top, x1, _ = part.box
        # The size of its print, not of its row: what is shown is all of it.
        yield Line(
            part.text,
            x0,
            top,
            x1,
            top + part.height,
            part.bold,
            0.0,
            TABLE,
            x0,
            x1,
            True,
            part.box,
            grid=part.grid,
        )


def _joins_row(row: list[WordRun], segment: WordRun) -> bool:
    if row[0].rows or not any(are_in_same_row(segment, other) for other in row):
        return False
    width = segment.x1 - segment.x0
    return all(
        min(segment.x1, other.x1) - max(segment.x0, other.x0)
        < 0.3 * min(width, other.x1 - other.x0) + 0.5
        for other in row
    )


def _line_from_segments(row: list[WordRun], region: int) -> Line:
    words = row[0].words if len(row) == 1 else [word for segment in row for word in segment.words]
    parts = [" " + word.text for word in words]
    parts[0] = words[0].text
    for at, word in enumerate(words):
        # A raised mark or a comma after it stands close: pdfium broke the line there, no space was
        # printed.
        if word.newline and at and word.x0 - words[at - 1].x1 < 0.08 * word.height:
            parts[at] = word.text
    main = row[0] if len(row) == 1 else max(row, key=lambda s: s.x1 - s.x0)
    first = words[0]
    top = main.top
    bottom = main.bottom
    rest = main.words[1:]
    if rest and _MARKED.match(main.words[0].text):
        # A raised mark in front makes no larger letters.
        top = min(word.top for word in rest)
        bottom = max(word.bottom for word in rest)
    gaps = sorted(((b.x0 - a.x1) / main.height for a, b in pairwise(row)), reverse=True)
    # One gap of two letters is the space after a colon in typewriter type.
    cells = bool(gaps) and (gaps[0] > 3 or (len(gaps) > 1 and gaps[1] > 1.8))
    strong = len(list(takewhile(lambda word: word.strong, words))) if first.strong else 0
    return Line(
        "".join(parts),
        row[0].x0,
        top,
        max(s.x1 for s in row),
        bottom,
        first.bold,
        first.x1 - first.x0,
        region,
        row[0].x0,
        row[-1].x1,
        cells,
        lead=len("".join(parts[:strong])) if strong < len(words) else 0,
    )


def set_column_edges(lines: Sequence[Line]) -> None:
    """Gives every line the edges of its column, which one line that sticks out does not move. A
    line that ends where wrapped lines are set flush is as wide as its paragraph."""
    columns: dict[int, list[Line]] = {}
    for line in lines:
        columns.setdefault(line.region, []).append(line)
    for region, column in columns.items():
        if region == APART:
            continue
        left = min(line.x0 for line in column)
        right = _right_edge_of_column(column)
        ends = sorted(line.x1 for line, below in pairwise(column) if below.text[:1].islower())
        for line in column:
            line.left = left
            flush = bisect_right(ends, line.x1 + _FLUSH) - bisect_left(ends, line.x1 - _FLUSH)
            line.right = line.x1 if flush >= _LEAST_FLUSH_LINES else right


def _right_edge_of_column(column: Sequence[Line]) -> float:
    """The furthest x near which two lines, and one in twelve, end."""
    ends = sorted((line.x1 for line in column), reverse=True)
    needed = max(2, len(ends) // 12)
    near = 1.5 * median(line.size for line in column)
    edges = (end for end, last in zip(ends, ends[needed - 1 :], strict=False) if end - last <= near)
    return next(edges, ends[0])
