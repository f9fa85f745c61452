"""A row of a table in words that a reader understands, "row: Rent; column: 2019; value: 900", and the way back to the
page.
"""

from __future__ import annotations

from dataclasses import dataclass

from docqa.app.reading.table_grid import Cell, Column, Row, columns_of, group_of, tables_in
from docqa.ingest.types import Document, Span


@dataclass(frozen=True)
class _Piece:
    """Characters `start:end` of the reading that stand at `at` on the page; `is_cell`: of the row, else of its head."""

    start: int
    end: int
    at: int
    is_cell: bool


@dataclass(frozen=True)
class RowReading:
    """`text`: the row in words. `row`: where it is on its page."""

    text: str
    row: Span
    _pieces: tuple[_Piece, ...]

    def to_page(self, start: int, end: int) -> Span | None:
        """Where what is said in `start:end` of `text` stands on the page: the cell or part of a cell, all from the
        first to the last of several cells, else the name of a column. None for the words that docqa put between them,
        and for what is on another page."""
        touched = [piece for piece in self._pieces if piece.start < end and start < piece.end]
        chosen = [piece for piece in touched if piece.is_cell] or touched[:1]
        if not chosen:
            return None
        first, last = chosen[0], chosen[-1]
        return Span(first.at + max(start - first.start, 0), last.at + min(end, last.end) - last.start)


def row_spans(document: Document, page: int, start: int, end: int) -> list[Span]:
    """The rows of tables that characters `start:end` of `page` touch."""
    return [Span(row.start, row.end) for row in _touched(document, page, start, end)]


def row_reading(document: Document, page: int, start: int, end: int) -> RowReading | None:
    """The first row that characters `start:end` of `page` touch, in words; None where there is none, where it is the
    head of its table or a title, or where no head fits it."""
    row = next(iter(_touched(document, page, start, end)), None)
    columns = columns_of(document, page, row) if row is not None and not row.is_title else None
    if row is None or columns is None:
        return None
    writer = _Writer()
    label = row.cells[0]
    named = bool(label.text) and not (columns[0].name and label.text[0].isdigit())
    if named:
        group = group_of(document, page, row)
        writer.write("row: ")
        if group is not None:
            writer.cell(group, is_cell=False)
            writer.write(" ")
        writer.cell(label)
    for column, cell in list(zip(columns, row.cells, strict=True))[named:]:
        if cell.text:
            _write_value(writer, column, cell, page)
    return RowReading(writer.text, Span(row.start, row.end), tuple(writer.pieces))


def _touched(document: Document, page: int, start: int, end: int) -> list[Row]:
    tables = tables_in(document.pages[page - 1].text)
    return [row for table in tables for row in table if row.start < end and start < row.end]


class _Writer:
    """The text of a reading while it is written."""

    def __init__(self) -> None:
        self.text = ""
        self.pieces: list[_Piece] = []

    def write(self, words: str) -> None:
        self.text += words

    def cell(self, cell: Cell, *, is_cell: bool = True, here: bool = True) -> None:
        """The words of a cell; `here`: it is on the page of the row."""
        if here:
            self.pieces.append(_Piece(len(self.text), len(self.text) + len(cell.text), cell.start, is_cell))
        self.text += cell.text


def _write_value(writer: _Writer, column: Column, cell: Cell, page: int) -> None:
    writer.write("; " if writer.text else "")
    if column.name:
        writer.write("column: ")
        for number, part in enumerate(column.cells):
            writer.write(" " if number else "")
            writer.cell(part, is_cell=False, here=column.page == page)
        writer.write("; ")
    writer.write("value: ")
    writer.cell(cell)
