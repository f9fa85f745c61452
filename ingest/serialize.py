"""Document to JSON and back, without loss."""

from __future__ import annotations

import json
from typing import Any

from docqa.ingest.errors import Unreadable
from docqa.ingest.types import (
    Block,
    Coverage,
    Definition,
    Document,
    Item,
    Note,
    NumberedLine,
    Page,
    Passage,
    Reference,
    Section,
    Table,
    TableCell,
)  # fmt: skip

_FORMAT = 5
_FIELDS = (
    "id", "path", "title", "media_type", "paged", "pages", "sections", "passages", "definitions", "references", "notes",
    "items", "coverage",
)  # fmt: skip


def row_of(item: Any) -> list[Any]:
    """The fields of a part of a Document, in order, for JSON."""
    return [getattr(item, name) for name in item.__slots__]


def page_from_row(row: list[Any]) -> Page:
    """The Page of which `row_of` made the row, and JSON the rows of its parts."""
    index, label, text, grade, blocks, furniture, lines, tables = row
    parts = tuple(Block(*block) for block in blocks), tuple(furniture), tuple(NumberedLine(*line) for line in lines)
    return Page(index, label, text, grade, *parts, tuple(map(_table_from_row, tables)))


def _table_from_row(row: list[Any]) -> Table:
    start, end, rows, columns, heads, cells, continued = row
    return Table(start, end, rows, columns, heads, tuple(TableCell(*cell) for cell in cells), continued)


def to_json(document: Document) -> str:
    """`document` as one line of JSON; `from_json` gives an equal Document."""
    record = {"format": _FORMAT, **{name: getattr(document, name) for name in _FIELDS}}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=row_of)


def from_json(text: str) -> Document:
    """The Document that `to_json` wrote. Raises Unreadable when `text` is not such a record, or of another format."""
    try:
        record: dict[str, Any] = json.loads(text)
        if record["format"] != _FORMAT:
            raise Unreadable(f"stored document has format {record['format']}, this version reads {_FORMAT}")
        pages, without, ocr, hidden, warnings, lost = record["coverage"]
        return Document(
            **{name: record[name] for name in ("id", "path", "title", "media_type", "paged")},
            pages=tuple(map(page_from_row, record["pages"])),
            sections=tuple(Section(*fields) for fields in record["sections"]),
            passages=tuple(Passage(p, s, e, tuple(path), kind) for p, s, e, path, kind in record["passages"]),
            coverage=Coverage(pages, tuple(without), tuple(ocr), hidden, tuple(warnings), tuple(lost)),
            definitions=tuple(Definition(*fields) for fields in record["definitions"]),
            references=tuple(Reference(*fields) for fields in record["references"]),
            notes=tuple(Note(*fields) for fields in record["notes"]),
            items=tuple(Item(*fields) for fields in record["items"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"stored document is damaged ({error!r})", hint="Read the file again") from error
