"""A Table, or its conflicts, as CSV, JSON lines, Markdown or XLSX. Equal tables give equal bytes: no time, no path."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from docqa.app.output.render import cite_text, printable
from docqa.app.output.table import Cell, Conflict, Row, Table

SCHEMA = 1
MARKDOWN_HEAD = "<!-- docqa extract -->"
"""First line of what is written as Markdown, by which a later run knows its own output in a folder of documents."""
_DIFFERS = "≠"
_CELL_CHARACTERS = 32_000
"""An XLSX cell holds 32,767."""
_CONFLICT_HEAD = (
    "question", "file", "answer", "page", "quote", "other file", "other answer", "other page", "other quote",
)  # fmt: skip


def table_bytes(table: Table, form: str, *, conflicts: bool = False) -> bytes:
    """The file of `table`: form csv, jsonl, md or xlsx. With `conflicts` those instead, in XLSX as a second sheet."""
    if form == "xlsx":
        return _xlsx(table, conflicts=conflicts)
    text: Callable[[Table], str] = {
        ("csv", False): _csv,
        ("jsonl", False): _jsonl,
        ("md", False): _markdown,
        ("csv", True): _conflicts_csv,
        ("jsonl", True): _conflicts_jsonl,
        ("md", True): _conflicts_markdown,
    }[form, conflicts]
    return text(table).encode("utf-8", "backslashreplace")


def place_of(cell: Cell) -> str:
    """`p. 12` or the section, as answers are cited; empty without a quote."""
    return cite_text([replace(cite, section=None) for cite in cell.cites]) if cell.cites else ""


def _records(table: Table) -> tuple[list[str], list[list[str]]]:
    """(head, rows) of the flat table: file, error, and answer, page, status and difference of each question."""
    head = ["file", "error"]
    for question in table.questions:
        name = printable(question)
        head += [name, f"{name} [page]", f"{name} [status]", f"{name} [differs]"]
    rows = []
    for row in table.rows:
        values = [row.file, row.error or ""]
        for cell in row.cells:
            values += [printable(cell.answer or ""), place_of(cell), cell.status, "yes" if cell.differs else ""]
        rows.append(values)
    return head, rows


def _conflict_records(table: Table) -> list[list[str]]:
    return [
        [
            printable(conflict.question),
            conflict.file, printable(conflict.cell.answer or ""), place_of(conflict.cell),
            printable(conflict.cell.quote or ""),
            conflict.other_file, printable(conflict.other.answer or ""), place_of(conflict.other),
            printable(conflict.other.quote or ""),
        ]
        for conflict in table.conflicts
    ]  # fmt: skip


def _csv(table: Table) -> str:
    head, rows = _records(table)
    return _csv_text([head, *rows])


def _conflicts_csv(table: Table) -> str:
    return _csv_text([_CONFLICT_HEAD, *_conflict_records(table)])


def _csv_text(rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([_inert(value) for value in row] for row in rows)
    return stream.getvalue()


def _inert(value: str) -> str:
    """A spreadsheet runs a cell that begins with = + - @ as a formula, and a document may hold one that calls out.
    An apostrophe in front makes it text (OWASP, "CSV injection")."""
    return "'" + value if value.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _jsonl(table: Table) -> str:
    return "".join(_line(_row_object(table, row)) for row in table.rows)


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _row_object(table: Table, row: Row) -> dict[str, Any]:
    cells = [{"question": question, **_cell_object(cell)} for question, cell in zip(table.questions, row.cells)]
    return {"schema": SCHEMA, "file": row.file, "error": row.error, "cells": cells}


def _cell_object(cell: Cell) -> dict[str, Any]:
    first = cell.cites[0] if cell.cites else None
    return {
        "status": cell.status,
        "answer": cell.answer,
        "page": first.page if first else None,
        "label": first.label if first else None,
        "differs": cell.differs,
        "confidence": cell.confidence,
        "grade": cell.grade,
        "quote": cell.quote,
        "cites": [cite.to_json_object() for cite in cell.cites],
    }


def _conflicts_jsonl(table: Table) -> str:
    return "".join(_line(_conflict_object(conflict)) for conflict in table.conflicts)


def _conflict_object(conflict: Conflict) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "question": conflict.question,
        "cells": [
            {"file": conflict.file, **_cell_object(conflict.cell)},
            {"file": conflict.other_file, **_cell_object(conflict.other)},
        ],
        "others": conflict.others,
    }


def _markdown(table: Table) -> str:
    lines = [MARKDOWN_HEAD, "", _markdown_row(["file", *table.questions])]
    lines.append(_markdown_row(["---"] * (len(table.questions) + 1)))
    for row in table.rows:
        cells = [_markdown_cell(cell) for cell in row.cells]
        if row.error is not None and cells:
            cells[0] = f"*{row.cells[0].status}: {_escaped(row.error)}*"
        lines.append("| " + " | ".join([_escaped(row.file), *cells]) + " |")
    if table.conflicts:
        lines += ["", f"{_DIFFERS} differs from the rest of its column."]
    return "\n".join(lines) + "\n"


def _markdown_row(values: Iterable[str]) -> str:
    return "| " + " | ".join(_escaped(value) for value in values) + " |"


def _markdown_cell(cell: Cell) -> str:
    if cell.answer is None:
        return f"*{cell.status.replace('_', ' ')}*"
    place = f" ({_escaped(place_of(cell))})" if cell.cites else ""
    return (f"**{_DIFFERS}** " if cell.differs else "") + _escaped(cell.answer) + place


def _escaped(text: str) -> str:
    """Nothing of a document may become a column, a link, a picture or a tag of the page."""
    shown = printable(text)
    return shown if shown == "---" else "".join("\\" + c if c in "\\`*_[]<>|!#~" else c for c in shown)


def _conflicts_markdown(table: Table) -> str:
    lines = [MARKDOWN_HEAD, ""]
    for question in dict.fromkeys(conflict.question for conflict in table.conflicts):
        lines += [f"## {_escaped(question)}", ""]
        for conflict in (one for one in table.conflicts if one.question == question):
            more = f" and {conflict.others - 1} more" if conflict.others > 1 else ""
            lines += [*_quoted(conflict.file, conflict.cell), f"against{more}:", ""]
            lines += _quoted(conflict.other_file, conflict.other)
    if not table.conflicts:
        lines += ["No answers differ.", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _quoted(file: str, cell: Cell) -> list[str]:
    place = f", {_escaped(place_of(cell))}" if cell.cites else ""
    said = f"**{_escaped(cell.answer or '')}** {_escaped(file)}{place}"
    return [said, "", f"> {_escaped(cell.quote or '')}", ""]


def _xlsx(table: Table, *, conflicts: bool) -> bytes:
    from datetime import datetime

    from xlsxwriter import Workbook

    stream = io.BytesIO()
    # In memory: nothing is left in a temporary folder. As strings: nothing of a document runs or links anywhere.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(stream, options)
    book.set_properties({"created": datetime(2000, 1, 1)})  # equal runs, equal bytes
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    marked = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFE699"})
    head, rows = _records(table)
    sheet = book.add_worksheet("Table")
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(head) - 1, 24)
    _write_row(sheet, 0, head, [bold] * len(head))
    for number, (row, values) in enumerate(zip(table.rows, rows), start=1):
        formats = [plain, plain]
        for cell in row.cells:
            formats += [marked if cell.differs else plain, plain, plain, plain]
        _write_row(sheet, number, values, formats)
    if conflicts:
        sheet = book.add_worksheet("Conflicts")
        sheet.set_column(0, len(_CONFLICT_HEAD) - 1, 28)
        _write_row(sheet, 0, list(_CONFLICT_HEAD), [bold] * len(_CONFLICT_HEAD))
        for number, values in enumerate(_conflict_records(table), start=1):
            _write_row(sheet, number, values, [plain] * len(values))
    book.close()
    return stream.getvalue()


def _write_row(sheet: Any, number: int, values: list[str], formats: list[Any]) -> None:
    for column, (value, style) in enumerate(zip(values, formats)):
        text = value if len(value) <= _CELL_CHARACTERS else value[:_CELL_CHARACTERS] + " …"
        sheet.write_string(number, column, text.encode("utf-8", "backslashreplace").decode("utf-8"), style)
