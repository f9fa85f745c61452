"""Lines of print to the text of a page: wrapped lines joined, one line a paragraph."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from statistics import median
from typing import NamedTuple

from docqa.ingest.language.sentences import is_opener
from docqa.ingest.structure.clean import LEADER, Dehyphenator, squeeze_spaces
from docqa.ingest.structure.outline import HeadingLine
from docqa.ingest.structure.references import kind_and_number_of_caption
from docqa.ingest.types import Block, NumberedLine, Table, TableCell

from .lines import APART, TABLE, GridRow, Line
from .reading_order import set_column_edges

_ENDS = re.compile(r"(?:[.:;?!؟؛۔][\"'”’)\]]*|;\s(?:and|or))$")
_BROKEN = re.compile(r"\w[-\u00ad\u2010]$")
_BULLET = re.compile(r"(?:[•▪◦●■‣*]|[–-](?=\s+[A-Z]))\s")
_RUN_IN = re.compile(
    r"((?:(?:Section|Sec\.|Article|Clause|§)\s*)?\d{1,3}(?:\.\d{1,3}){0,4}[A-Z]?[.)]?\s+[“\"]?[A-Z](?:[^.;:]|;(?=\s[A-Z])){1,70})[.:—]\s+\S"
)
_NOTE_MARK = re.compile(r"(?:\d{1,3}|[*†‡§¶∗])\s?(?:[A-Z“\"(]|https?://|www\.)")
_MAX_HEADING_CHARS = 120
_MAX_LEAD_CHARS = 80
_STOPS = " .:–—-"
_BETWEEN_CELLS = " | "

# Of a printed title.
_TITLE_LARGER = 1.15  # than the body's type
_TITLE_SAME_SIZE = 0.9  # of the largest line's size, for another of its lines
_TITLE_WORDS = range(2, 41)
_TITLE_AMONG_LINES = 20  # of the page, which it is among


class PageTextWithBlocks(NamedTuple):
    """The text of a page with its blocks, and lines that may be headings. `printed`: the lines of
    each block; `numbered`: those with a printed number."""

    text: str
    blocks: tuple[Block, ...]
    headings: tuple[HeadingLine, ...]
    printed: tuple[tuple[Line, ...], ...] = ()
    numbered: tuple[NumberedLine, ...] = ()
    tables: tuple[Table, ...] = ()


def join_lines(lines: Sequence[Line], hyphens: Dehyphenator) -> PageTextWithBlocks:
    """The text of a page from its lines without furniture."""
    body = body_size(lines)
    for line in lines:
        if line.region == TABLE:
            line.text = hyphens.join_broken_words(line.text)
    lines = _footnotes_last(lines, body)
    set_column_edges(lines)
    leading = _usual_line_distance(lines)
    paragraphs = [_Paragraph(lines[0], None)] if lines else []
    for before, line in pairwise(lines):
        if _is_same_paragraph(before, line, paragraphs[-1], leading):
            paragraphs[-1].add(line, hyphens)
        else:
            paragraphs.append(_Paragraph(line, before))
    text: list[str] = []
    blocks: list[Block] = []
    headings: list[HeadingLine] = []
    numbered: list[NumberedLine] = []
    start = 0
    for number, paragraph in enumerate(paragraphs):
        following = paragraphs[number + 1].first if number + 1 < len(paragraphs) else None
        end = start + len(paragraph.text)
        heading = paragraph.heading(start, following, body)
        kind = paragraph.kind()
        if heading:
            headings.append(heading)
            if not heading.run_in and (heading.size > 1.08 * body or heading.bold):
                kind = "heading"
        blocks.append(Block(start, end, kind))
        numbered.extend(paragraph.numbered(start))
        text.append(paragraph.text)
        start = end + 1
    printed = tuple(tuple(paragraph.lines) for paragraph in paragraphs)
    whole = "\n".join(text)
    tables = _tables_of_page(whole, blocks, printed)
    return PageTextWithBlocks(
        whole, tuple(blocks), tuple(headings), printed, tuple(numbered), tables
    )


def _footnotes_last(lines: Sequence[Line], body: float) -> list[Line]:
    """Moves footnotes of columns after the page, so that sentences run on over columns."""
    last = {line.region: at for at, line in enumerate(lines)}
    notes: set[int] = set()
    for end in last.values():
        at = end if lines[end].region != TABLE else -1
        while at >= 0 and lines[at].region == lines[end].region and lines[at].size < 0.94 * body:
            if _NOTE_MARK.match(lines[at].text):
                notes.update(range(at, end + 1))
            at -= 1
    return [line for at, line in enumerate(lines) if at not in notes] + [
        lines[at] for at in sorted(notes)
    ]


def _usual_line_distance(lines: Sequence[Line]) -> float:
    """The usual distance from line to line, in points; 0 for none."""
    steps = [
        line.bottom - before.bottom
        for before, line in pairwise(lines)
        if line.region == before.region and line.bottom > before.bottom
    ]
    return median(steps or [0.0])


def body_size(lines: Sequence[Line]) -> float:
    """The height of most of the text, in points."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


class _Paragraph:
    def __init__(self, first: Line, before: Line | None) -> None:
        self.first = self.last = first
        self.before = before
        self.text = first.text
        self.lines = [first]
        self.starts = [0]

    def add(self, line: Line, hyphens: Dehyphenator) -> None:
        self.text = hyphens.join_at_line_end(self.text, line.text) or f"{self.text} {line.text}"
        self.last = line
        self.lines.append(line)
        self.starts.append(len(self.text) - len(line.text))

    def kind(self) -> str:
        if kind_and_number_of_caption(self.text):
            return "caption"
        if is_opener(self.text):
            return "list"
        return "table" if len(self.lines) == 1 and self.first.cells else "para"

    def numbered(self, start: int) -> Iterator[NumberedLine]:
        for line, at in zip(self.lines, self.starts, strict=True):
            if line.number is not None:
                yield NumberedLine(start + at, line.number)

    def heading(self, start: int, next_line: Line | None, body_size: float) -> HeadingLine | None:
        first = self.first
        opening = _RUN_IN.match(self.text)
        # "5 Experiments: Retrieval" or "2 MODEL VS. MARKUP" is a heading as a whole, no text runs
        # after it.
        stands_out = first.bold or first.size > 1.08 * body_size or self.text.isupper()
        whole = len(self.lines) == 1 and stands_out and not self.text.endswith(".")
        if opening and not whole:
            return HeadingLine(start, opening.group(1), first.size, first.bold, False, True)
        if first.lead and _has_run_in_heading(first):
            return HeadingLine(
                start, first.text[: first.lead].strip(_STOPS), first.size, True, False, True
            )
        if (
            len(self.lines) > 2
            or len(self.text) > _MAX_HEADING_CHARS
            or not any(c.isalpha() for c in self.text)
        ):
            return None
        before = self.before
        above = (
            before is None
            or before.region != first.region
            or first.top - before.bottom > 0.35 * first.size
        )
        below = (
            next_line is None or next_line.region != first.region or next_line.top > self.last.top
        )
        return HeadingLine(start, self.text, first.size, first.bold, above and below)


def _has_run_in_heading(line: Line) -> bool:
    """Whether bold words open a line of text: "Annual Leave Leave is 28 days"."""
    name = line.text[: line.lead].strip(_STOPS)
    rest = line.text[line.lead :].lstrip(_STOPS)
    words = any(part.isalpha() and len(part) > 2 for part in name.split())
    named = words and (name[0].isupper() or name[0].isdigit()) and len(name) <= _MAX_LEAD_CHARS
    return named and len(rest.split()) >= 4 and not rest[0].islower()


def _is_same_paragraph(before: Line, line: Line, paragraph: _Paragraph, leading: float) -> bool:
    if APART in (before.region, line.region) or TABLE in (before.region, line.region):
        return False
    if line.region != before.region:
        runs_on = not _ENDS.search(before.text) and line.text[:1].islower()
        return runs_on and not (before.cells or line.cells) and _is_full_line(before, line)
    small, big = sorted((before.size, line.size))
    if big > 1.15 * small + 0.5:
        return False
    step = line.bottom - before.bottom
    if not 0.5 * small < step < max(1.75 * small, min(1.2 * leading, 2.6 * small)):
        return False
    if _BROKEN.search(before.text) and line.text[:1].islower():
        return True
    if before.cells or line.cells or LEADER.search(before.text) or not _is_full_line(before, line):
        return False
    ended = _ENDS.search(before.text) is not None
    if _BULLET.match(line.text) or (
        is_opener(line.text) and (ended or abs(line.x0 - paragraph.first.x0) < 2)
    ):
        return False
    indent = line.x0 - before.x0
    if indent > 0.6 * small and not is_opener(paragraph.text) and ended:
        return False
    # A line that begins far to the left or right of a full one is another cell or column of a
    # table.
    return abs(indent) < 8 * small


def _is_full_line(before: Line, line: Line) -> bool:
    """Whether the first word of `line` would not have fitted after `before`."""
    return before.x1 + line.first_width + 0.2 * before.size > before.right - 0.01 * (
        before.right - before.left
    )


def typical_body_size(pages: Sequence[Sequence[Line]]) -> float:
    """The usual `body_size` of the pages, 0 for none."""
    return median(list(filter(None, map(body_size, pages))) or [0.0])


def _tables_of_page(
    text: str, blocks: Sequence[Block], printed: Sequence[Sequence[Line]]
) -> tuple[Table, ...]:
    """The tables of a page, without those with a row that does not read as placed: invisible
    characters made a cell.
    """
    rows: dict[int, list[tuple[Block, GridRow]]] = {}
    for block, lines in zip(blocks, printed, strict=True):
        grid = lines[0].grid if len(lines) == 1 else None
        if grid is not None:
            rows.setdefault(grid.table, []).append((block, grid))
    tables = (_table_from_rows(text, found) for found in rows.values())
    return tuple(sorted((table for table in tables if table), key=lambda table: table.start))


def _table_from_rows(text: str, rows: Sequence[tuple[Block, GridRow]]) -> Table | None:
    cells: list[TableCell] = []
    for number, (block, grid) in enumerate(rows):
        places = list(_cell_places_in_line(block.of(text), block.start))
        if len(places) != len(grid.cells):
            return None
        for (start, end), cell in zip(places, grid.cells, strict=True):
            below = min(cell.rows, len(rows) - number)
            cells.append(TableCell(start, end, number, cell.column, below, cell.columns))
    columns = max(cell.column + cell.columns for cell in cells)
    heads = sum(grid.head for _, grid in rows)
    return Table(
        min(c.start for c in cells),
        max(c.end for c in cells),
        len(rows),
        columns,
        heads,
        tuple(cells),
    )


def _cell_places_in_line(line: str, start: int) -> Iterator[tuple[int, int]]:
    parts = line.split(_BETWEEN_CELLS)
    ends = accumulate(len(part) + len(_BETWEEN_CELLS) for part in parts)
    for part, end in zip(parts, ends, strict=True):
        yield start + end - len(_BETWEEN_CELLS) - len(part), start + end - len(_BETWEEN_CELLS)


def printed_title(lines: Sequence[Line], body_size: float) -> str:
    """The first lines of the largest type at the beginning of `lines`, those of a first page, as
    one text; "" where nothing is larger than the body's type, or it is no title."""
    worded = [
        line
        for line in lines[:_TITLE_AMONG_LINES]
        if sum(map(str.isalpha, line.text)) > len(line.text) / 2
    ]
    largest = max((line.size for line in worded), default=0.0)
    if not worded or largest < _TITLE_LARGER * body_size:
        return ""
    runs = groupby(worded, lambda line: line.size >= _TITLE_SAME_SIZE * largest)
    title = next(
        squeeze_spaces(" ".join(line.text for line in run)) for large, run in runs if large
    )
    return title if len(title.split()) in _TITLE_WORDS else ""
