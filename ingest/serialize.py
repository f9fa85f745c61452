"""Document to JSON and back, without loss, in lines that are parsed when needed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints, overload

from .errors import Unreadable
from .types import Document, Page

FORMAT_OF_LINES = 9


def field_values(dataclass_instance: Any) -> list[Any]:
    """The fields of a part of a Document, in order."""
    return [getattr(dataclass_instance, name) for name in dataclass_instance.__match_args__]


@cache
def json_decoder_for(type_: Any) -> Callable[[Any], Any]:
    """From JSON to a value of type `type_`: a dataclass of its row (`field_values`), tuples of lists. It
    raises TypeError or ValueError where fields are missing."""
    if is_dataclass(type_):
        hints = get_type_hints(type_)
        makers = [json_decoder_for(hints[field.name]) for field in fields(type_)]
        make = cast("Callable[..., Any]", type_)
        if all(inner is _return_unchanged for inner in makers):
            return lambda row: make(*row)
        return lambda row: make(*(inner(value) for inner, value in zip(makers, row, strict=True)))
    origin = get_origin(type_)
    arguments = get_args(type_)
    if origin is UnionType:
        inner = json_decoder_for(arguments[0])
        return (
            _return_unchanged
            if inner is _return_unchanged
            else lambda value: None if value is None else inner(value)
        )
    if origin is not tuple:
        return _return_unchanged
    inner = json_decoder_for(arguments[0])
    if inner is _return_unchanged:
        return tuple

    def made(rows: list[Any]) -> tuple[Any, ...]:
        for at, row in enumerate(rows):
            rows[at] = inner(row)  # so that no more than one is there twice
        return tuple(rows)

    return made


def _return_unchanged(value: Any) -> Any:
    return value


class StoredPages(Sequence[Page]):
    """Pages of a Document, each made of its JSON line when first looked at; equals a tuple. Raises
    Unreadable.
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

    def __eq__(self, other: object) -> bool:
        return (
            tuple(self) == tuple(other)
            if isinstance(other, tuple | StoredPages)
            else NotImplemented
        )

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _page(self, index: int) -> Page:
        page = self._made.get(index)
        if not page:
            try:
                page = self._made[index] = json_decoder_for(Page)(json.loads(self._lines[index]))
            except (TypeError, ValueError) as error:
                raise _damaged_document_error(error) from error
        return page


def to_bytes(document: Document) -> bytes:
    """`document` as lines of JSON: one for all but the pages, then one a page; `from_bytes` gives
    an equal Document.
    """
    record = {field.name: getattr(document, field.name) for field in fields(document)} | {
        "format": FORMAT_OF_LINES,
        "pages": len(document.pages),
        "content_hash": document.content_hash,
    }
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=field_values).encode
    return "\n".join(map(dump, (record, *document.pages))).encode("utf-8", "replace")


def from_bytes(data: bytes, path: str) -> Document:
    """The Document that `to_bytes` wrote, called `path` now. Raises Unreadable."""
    head, *lines = data.split(b"\n")
    try:
        record = json.loads(head)
        if record["format"] != FORMAT_OF_LINES or record["pages"] != len(lines):
            raise Unreadable(
                f"stored document has format {record['format']} and {len(lines)} pages"
            )
        values = record | {"path": path, "pages": StoredPages(lines)}
        made: Document = json_decoder_for(Document)(
            [values[field.name] for field in fields(Document)]
        )
        vars(made)["content_hash"] = record["content_hash"]  # or each page would be made for it
        return made
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged_document_error(error) from error


def _damaged_document_error(error: Exception) -> Unreadable:
    return Unreadable(f"stored document is damaged ({error!r})", hint="Read the file again")
