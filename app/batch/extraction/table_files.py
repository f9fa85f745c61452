"""An AnswerTable, or its conflicts, as CSV, JSON lines, Markdown or XLSX. Equal tables give equal
bytes.
"""

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

from docqa.app.answer.text import JsonObject, compact_json, storable_text
from docqa.app.output.render import cite_text, possible_place, printable

from .table import NORMALISED, AnswerCell, AnswerTable, Conflict

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

SCHEMA = 1
_Row = list[str | float]
MARKDOWN_HEAD = "<!-- docqa extract -->"
"""The first line of Markdown, by which a later run knows its own output."""
_DIFFERS = "≠"
_CELL_CHARACTERS = 32_000
"""The limit of an XLSX cell is 32,767."""
_CSV_COLUMNS = ("page", "status", "differs")
_BOOK_COLUMNS = ("quote", "page", "confidence", "status", "differs")
_CONFLICT_HEAD = (
    "question",
    "file",
    "answer",
    "page",
    "quote",
    "other file",
    "other answer",
    "other page",
    "other quote",
    "files with other answer",
)


def table_as_file(table: AnswerTable, form: str, *, conflicts: bool = False) -> bytes:
    """The file of `table`: form csv, jsonl, md or xlsx. With `conflicts` those instead, in XLSX as
    a second sheet.
    """
    if form == "xlsx":
        return _table_as_xlsx(table, conflicts=conflicts)
    if form == "csv":
        stream = io.StringIO()
        rows = _conflict_records(table) if conflicts else _table_records(table, _CSV_COLUMNS)
        csv.writer(stream, lineterminator="\n").writerows(
            [_escape_formula(str(value)) for value in row] for row in rows
        )
        text = stream.getvalue()
    elif form == "jsonl":
        whole = (
            [_conflict_object(conflict) for conflict in table.conflicts]
            if conflicts
            else _row_objects(table)
        )
        text = "".join(compact_json(line) + "\n" for line in whole)
    else:
        head, *rows_shown = (
            [_escape_markup(str(value)) for value in row] for row in _conflict_records(table)
        )
        listed = _table_lines(head, rows_shown) if rows_shown else ["No answers differ."]
        text = (
            "\n".join([MARKDOWN_HEAD, "", *listed]) + "\n"
            if conflicts
            else _table_as_markdown(table)
        )
    return text.encode("utf-8", "backslashreplace")


def place_of(cell: AnswerCell) -> str:
    """`p. 12` or the section, or `Possibly on p. 12`; empty without a quote or such a passage."""
    if cell.possibly:
        return possible_place(cell.possibly)
    return cite_text([replace(cite, section=None) for cite in cell.cites]) if cell.cites else ""


def _table_records(table: AnswerTable, columns: tuple[str, ...]) -> list[_Row]:
    """Head and rows of the flat table: file, error, and each field's answer, normalised value and
    `columns`.
    """
    shown = [
        ("normalised", *columns) if field.type in NORMALISED else columns for field in table.fields
    ]
    head = [
        printable(field.name) + name
        for field, names in zip(table.fields, shown)
        for name in ("", *(f" [{column}]" for column in names))
    ]
    rows: list[_Row] = [["file", "error", *head]]
    for row in table.rows:
        values: _Row = [row.file, row.error or ""]
        for cell, names in zip(row.cells, shown):
            named = {
                "normalised": cell.normalised or "",
                "quote": printable(cell.quote or ""),
                "page": place_of(cell),
                "confidence": cell.confidence if row.error is None else "",
                "status": cell.status,
                "differs": "yes" if cell.differs else "",
            }
            values += [printable(cell.answer or ""), *(named[column] for column in names)]
        rows.append(values)
    return rows


def _conflict_records(table: AnswerTable) -> list[_Row]:
    rows: list[_Row] = [list(_CONFLICT_HEAD)]
    for conflict in table.conflicts:
        values: _Row = [printable(conflict.question)]
        for file, cell in ((conflict.file, conflict.cell), (conflict.other_file, conflict.other)):
            values += [
                file,
                printable(cell.answer or ""),
                place_of(cell),
                printable(cell.quote or ""),
            ]
        rows.append([*values, f"{conflict.others} of {conflict.answered}"])
    return rows


def _escape_formula(value: str) -> str:
    """An apostrophe in front, where a spreadsheet would run it as a formula (OWASP, "CSV
    injection").
    """
    return "'" + value if value.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _row_objects(table: AnswerTable) -> list[JsonObject]:
    objects: list[JsonObject] = []
    for row in table.rows:
        named = [
            {} if each.type is None else {"field": each.name, "type": each.type}
            for each in table.fields
        ]
        asked = [{**names, "question": each.question} for names, each in zip(named, table.fields)]
        cells = [{**each, **cell_object(cell)} for each, cell in zip(asked, row.cells)]
        objects.append({"schema": SCHEMA, "file": row.file, "error": row.error, "cells": cells})
    return objects


def cell_object(cell: AnswerCell) -> JsonObject:
    first = cell.cites[0] if cell.cites else cell.possibly
    return {
        "status": cell.status,
        "answer": cell.answer,
        "normalised": cell.normalised,
        "page": first.page if first else None,
        "label": first.label if first else None,
        "differs": cell.differs,
        "confidence": cell.confidence,
        "grade": cell.grade,
        "quote": cell.quote,
        "leads": list(cell.leads),
        "cites": [cite.to_json_object() for cite in cell.cites],
    }


def _conflict_object(conflict: Conflict) -> JsonObject:
    return {
        "schema": SCHEMA,
        "question": conflict.question,
        "cells": [
            {"file": conflict.file, **cell_object(conflict.cell)},
            {"file": conflict.other_file, **cell_object(conflict.other)},
        ],
        "others": conflict.others,
        "answered": conflict.answered,
    }


def _table_as_markdown(table: AnswerTable) -> str:
    rows = []
    for row in table.rows:
        cells = [_markdown_cell(cell) for cell in row.cells]
        if row.error is not None and cells:
            cells[0] = f"*{row.cells[0].status}: {_escape_markup(row.error)}*"
        rows.append([_escape_markup(row.file), *cells])
    lines = [
        MARKDOWN_HEAD,
        "",
        *_table_lines(["file", *(_escape_markup(field.name) for field in table.fields)], rows),
    ]
    if table.conflicts:
        lines += ["", f"{_DIFFERS} differs from the rest of its column."]
    return "\n".join(lines) + "\n"


def _markdown_cell(cell: AnswerCell) -> str:
    if cell.answer is None:
        return f"*{_escape_markup(place_of(cell)) or cell.status.replace('_', ' ')}*"
    place = f" ({_escape_markup(place_of(cell))})" if cell.cites else ""
    return (f"**{_DIFFERS}** " if cell.differs else "") + _escape_markup(cell.answer) + place


def _escape_markup(text: str) -> str:
    """Nothing of a document may become markup of the page."""
    shown = printable(text)
    return (
        shown if shown == "---" else "".join("\\" + c if c in "\\`*_[]<>|!#~" else c for c in shown)
    )


def _table_lines(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    return [lines[0], "|" + " --- |" * len(head), *lines[1:]]


def _table_as_xlsx(table: AnswerTable, *, conflicts: bool) -> bytes:
    from datetime import datetime

    from xlsxwriter import Workbook

    stream = io.BytesIO()
    # In memory: nothing is left in a temporary folder. As strings: nothing of a document runs or
    # links anywhere.
    book = Workbook(
        stream,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"created": datetime(2000, 1, 1)})  # equal runs, equal bytes
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    marked = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFE699"})
    widths = [1 + len(_BOOK_COLUMNS) + (field.type in NORMALISED) for field in table.fields]
    differing = {
        (number, 2 + sum(widths[:column]))
        for number, row in enumerate(table.rows, start=1)
        for column, cell in enumerate(row.cells)
        if cell.differs
    }

    def add_sheet(
        name: str, rows: list[_Row], width: int, marks: set[tuple[int, int]]
    ) -> "Worksheet":
        sheet = book.add_worksheet(name)
        sheet.set_column(0, len(rows[0]) - 1, width)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                style = head if number == 0 else marked if (number, column) in marks else plain
                if isinstance(value, str):
                    text = (
                        value if len(value) <= _CELL_CHARACTERS else value[:_CELL_CHARACTERS] + " …"
                    )
                    sheet.write_string(number, column, storable_text(text), style)
                else:
                    sheet.write_number(number, column, value, style)
        return sheet

    add_sheet("Table", _table_records(table, _BOOK_COLUMNS), 24, differing).freeze_panes(1, 1)
    if conflicts:
        add_sheet("Conflicts", _conflict_records(table), 28, set())
    book.close()
    return stream.getvalue()
