"""What is around the cells of a table: columns that name its rows, caption, unit, and whether it
goes on from the page before."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from docqa.ingest.language.words import alternatives, word_set
from docqa.ingest.structure.references import kind_and_number_of_caption
from docqa.ingest.structure.values import is_value_text
from docqa.ingest.types import Page, Span, Table

from .in_text import find_tables_in_text

_SIZE_WORDS = word_set(
    "hundreds? thousands? millions? billions? trillions? lakhs? crores? mil mn bn"
)
SIZES = rf"(?:{alternatives(_SIZE_WORDS)})"
"""Words of units, as an expression."""
_UNIT = re.compile(
    rf"\((?=[^()\n]{{0,80}}\b(?:in\s(?:[\w$€£¥₹.]{{1,12}}\s){{0,2}}{SIZES}|{SIZES}\sof)\b)[^()\n]{{1,120}}\)|"
    rf"^(?:amounts\s|all\s(?:figures|amounts)\s|figures\s)?in\s(?:[\w$€£¥₹.]{{1,12}}\s){{0,2}}{SIZES}(?:\sof\s[^\n]{{1,40}})?$",
    re.IGNORECASE | re.MULTILINE,
)
_LINE = re.compile(r"\S[^\n]*")
_FAR = 400  # characters above the first row, or of notes and the like between two parts of a table
_WIDE = 1_500  # characters of such lines
_BESIDE = 3  # lines above the first row, or below the last, that may be the caption
_MOST_NAMES = 4  # columns
_LONGEST_NAME = 6  # words of a cell in a further column of names
_VALUED = 0.2  # the share of its cells that may be values in a column of names


def add_described_tables(pages: Sequence[Page]) -> list[Page]:
    """The pages with all their tables, also those in plain text, described."""
    found: list[Page] = []
    for page in pages:
        tables = sorted(
            [*page.tables, *find_tables_in_text(page.text, page.tables)],
            key=lambda table: table.start,
        )
        if tables:
            tables = list(_described_tables(page.text, tables))
            tables[0] = replace(
                tables[0],
                continued=bool(found) and _continues_last_table(found[-1], page.text, tables[0]),
            )
            page = replace(page, tables=tuple(tables))
        found.append(page)
    return found


def _described_tables(text: str, tables: Sequence[Table]) -> Iterator[Table]:
    end = 0  # of the table before and its caption
    for table, start in zip(
        tables, [*(table.start for table in tables[1:]), len(text)], strict=True
    ):
        caption = _caption_of_table(text, table, end, start)
        end = max(table.end, caption.end if caption else 0)
        first = min(
            (cell.start for cell in table.cells if cell.row >= table.heads), default=table.start
        )
        units = [match.span() for match in _UNIT.finditer(text, max(first - _FAR, 0), first)]
        unit = Span(*units[-1]) if units else None
        yield replace(table, names=_name_column_count(text, table), caption=caption, unit=unit)


def _continues_last_table(before: Page, text: str, first: Table) -> bool:
    """Whether a page's first table goes on the last before: as many columns, hardly a word between,
    no new heads.
    """
    if not before.tables:
        return False
    last = before.tables[-1]
    between = len(before.text[last.end :].strip()) + len(text[: first.start].strip())
    if last.columns != first.columns or between > _FAR:
        return False
    return not first.heads or _header_cell_texts(before.text, last) == _header_cell_texts(
        text, first
    )


def _header_cell_texts(text: str, table: Table) -> list[str]:
    return [cell.of(text) for cell in table.cells if cell.row < table.heads]


def _caption_of_table(text: str, table: Table, end: int, start: int) -> Span | None:
    """The line close above a table, else below, that begins as a caption ("Table 2"); a neighbour
    that ends at `end` or begins at `start` has what is nearer to it."""
    above = _line_spans(text, max(table.start - _WIDE, end), table.start)[-_BESIDE:]
    below = _line_spans(text, table.end, min(table.end + _WIDE, start))[:_BESIDE]
    near = [
        line
        for line in below
        if line.start - table.end <= max(start - line.end, 0) or start == len(text)
    ]
    named = [
        (key, line)
        for line in [*reversed(above), *near]
        if (key := kind_and_number_of_caption(line.of(text)))
    ]
    named.sort(key=lambda pair: pair[0][0] != "table")
    return named[0][1] if named else None


def _line_spans(text: str, start: int, end: int) -> list[Span]:
    return [Span(*match.span()) for match in _LINE.finditer(text, start, end)]


def _name_column_count(text: str, table: Table) -> int:
    """How many columns name the rows: the first, and further ones of short words before values."""
    own: list[list[str]] = [[] for _ in range(table.columns)]
    for cell in table.cells:
        if cell.row >= table.heads and cell.columns == 1:
            own[cell.column].append(cell.of(text))
    valued = [not said or sum(map(is_value_text, said)) > _VALUED * len(said) for said in own]
    if not any(valued[1:]):
        return 1
    count = min(valued.index(True, 1), _MOST_NAMES)
    long = (
        at
        for at in range(1, count)
        if sum(len(said.split()) for said in own[at]) > _LONGEST_NAME * len(own[at])
    )
    return next(long, count)
