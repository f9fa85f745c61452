"""Document to JSON and back, without loss: as one record, or in lines, of which only those needed are parsed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, overload

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
    Span,
    Table,
    TableCell,
)  # fmt: skip

_FORMAT = 7
FORMAT_OF_LINES = 8
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
    start, end, rows, columns, heads, cells, continued, names, *places = row
    caption, unit = (Span(*place) if place else None for place in places)
    grid = tuple(TableCell(*cell) for cell in cells)
    return Table(start, end, rows, columns, heads, grid, continued, names, caption, unit)


class KeptPages(Sequence[Page]):
    """The pages of a Document, each made of its line of JSON when it is first looked at. Equal to a tuple of them.

    Raises Unreadable for a line that is no page.
    """

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines
        self._made: dict[int, Page] = {}

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, at: int) -> Page: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Page, ...]: ...
    def __getitem__(self, at: int | slice) -> Page | tuple[Page, ...]:
        if isinstance(at, slice):
            return tuple(map(self._page, range(len(self))[at]))
        return self._page(range(len(self))[at])

    def __iter__(self) -> Iterator[Page]:
        return map(self._page, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, tuple | KeptPages) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _page(self, index: int) -> Page:
        page = self._made.get(index)
        if page is None:
            try:
                page = self._made[index] = page_from_row(json.loads(self._lines[index]))
            except (TypeError, ValueError) as error:
                raise _damaged(error) from error
        return page


def to_bytes(document: Document) -> bytes:
    """`document` as lines of JSON, one for each page behind one for all else; `from_bytes` gives an equal Document."""
    record = _record(document) | {
        "format": FORMAT_OF_LINES, "pages": len(document.pages), "content_hash": document.content_hash
    }  # fmt: skip
    return "\n".join(map(_dumped, (record, *document.pages))).encode("utf-8")


def from_bytes(data: bytes, path: str) -> Document:
    """The Document that `to_bytes` wrote, called `path` now; its pages are made when they are looked at.

    Raises Unreadable as `from_json`.
    """
    head, *lines = data.split(b"\n")
    try:
        record = json.loads(head)
        if record["format"] != FORMAT_OF_LINES or record["pages"] != len(lines):
            raise Unreadable(f"stored document has format {record['format']} and {len(lines)} pages")
        made = _document(record | {"path": path}, KeptPages(lines))
        vars(made)["content_hash"] = record["content_hash"]  # or each page would be made for it
        return made
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(error) from error


def to_json(document: Document) -> str:
    """`document` as one line of JSON; `from_json` gives an equal Document."""
    return _dumped({**_record(document), "pages": tuple(document.pages)})


def from_json(text: str) -> Document:
    """The Document that `to_json` wrote. Raises Unreadable when `text` is not such a record, or of another format."""
    try:
        record: dict[str, Any] = json.loads(text)
        if record["format"] != _FORMAT:
            raise Unreadable(f"stored document has format {record['format']}, this version reads {_FORMAT}")
        return _document(record, tuple(map(page_from_row, record["pages"])))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(error) from error


def _record(document: Document) -> dict[str, Any]:
    return {"format": _FORMAT, **{name: getattr(document, name) for name in _FIELDS}}


def _dumped(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"), default=row_of)


def _document(record: dict[str, Any], made: Sequence[Page]) -> Document:
    pages, without, ocr, hidden, warnings, lost = record["coverage"]
    return Document(
        **{name: record[name] for name in ("id", "path", "title", "media_type", "paged")},
        pages=made,
        sections=tuple(Section(*fields) for fields in record["sections"]),
        passages=tuple(Passage(p, s, e, tuple(path), kind) for p, s, e, path, kind in record["passages"]),
        coverage=Coverage(pages, tuple(without), tuple(ocr), hidden, tuple(warnings), tuple(lost)),
        definitions=tuple(Definition(*fields) for fields in record["definitions"]),
        references=tuple(Reference(*fields) for fields in record["references"]),
        notes=tuple(Note(*fields) for fields in record["notes"]),
        items=tuple(Item(*fields) for fields in record["items"]),
    )


def _damaged(error: Exception) -> Unreadable:
    return Unreadable(f"stored document is damaged ({error!r})", hint="Read the file again")
