"""The size of what a PDF page is made of, measured before pdfium, which inflates without limit, may
see it.
"""

import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from docqa.ingest.limits import MAX_PAGE_OBJECTS, MAX_PAGE_STREAM_BYTES
from docqa.ingest.pdf.encodings import bare
from docqa.ingest.pdf.errors import pdf_errors, reason

_PIECE = 2**20
_MAX_DEPTH = 20
_KEPT_PAGES = 64
_MANY_OBJECTS = 5_000
_SYMBOLIC = 4  # ISO 32000-2, 9.8.2
# Each of these operators makes pdfium an object of about half a kilobyte.
_OPERATORS = (b"Tj", b"TJ", b"Do", b" f", b" S")
_FULL_NAMES = {
    "/A85": "/ASCII85Decode",
    "/AHx": "/ASCIIHexDecode",
    "/Fl": "/FlateDecode",
    "/LZW": "/LZWDecode",
    "/RL": "/RunLengthDecode",
    "/CCF": "/CCITTFaxDecode",
    "/DCT": "/DCTDecode",
}
_DO = re.compile(rb"(/[^\s/<>\[\]()]+)\s+Do\b")


class Streams:
    """Checks the pages of one file; fonts and forms that pages share are inflated once."""

    def __init__(self) -> None:
        self._fonts: dict[int, int] = {}
        self._forms: dict[int, tuple[int, int]] = {}
        self._pages = 0

    def problem(self, reader: Any, index: int) -> str | None:
        """Why page `index` (from 0) is not read (damaged, or inflates beyond a limit), or None."""
        from pypdf.errors import LimitReachedError

        self._pages += 1
        if self._pages % _KEPT_PAGES == 0:
            self.forget(reader)
        try:
            size, objects = self._content(reader.pages[index], ())
        except LimitReachedError as error:
            return f"over a limit, not read ({reason(error)})"
        except pdf_errors() as error:
            return f"damaged, not read ({reason(error)})"
        if size > MAX_PAGE_STREAM_BYTES:
            return f"more than {MAX_PAGE_STREAM_BYTES:,} bytes of content or fonts, which is the limit; not read"
        if objects > MAX_PAGE_OBJECTS:
            return f"{objects:,} drawing operators, the limit is {MAX_PAGE_OBJECTS:,}; not read"
        return None

    def forget(self, reader: Any) -> None:
        """Has pypdf, which keeps every object that it read, find again what it needs."""
        reader.resolved_objects.clear()
        # Some are known by their address, which the next object may have.
        self._fonts.clear()
        self._forms.clear()

    def _content(self, page: Any, above: tuple[int, ...]) -> tuple[int, int]:
        """Bytes and drawing operators of a page or form, with its fonts, and forms as often as
        drawn.
        """
        data = b"\n".join(
            _unpacked(s)
            for s in ([page] if above else _list(page.get("/Contents")))
            if _is_stream(s)
        )
        size = len(data)
        objects = sum(data.count(operator) for operator in _OPERATORS)
        resources = _resolved(page.get("/Resources"))
        for _, font in _values(resources, "/Font"):
            size = max(size, self._font_bytes(font))
        calls = Counter(_DO.findall(data))
        for name, form in _values(resources, "/XObject"):
            times = calls[name.encode("utf-8", "replace")]
            if times and _is_stream(form) and form.get("/Subtype") == "/Form":
                inner_size, inner_objects = self._form(form, above)
                size = size + times * inner_size
                objects = objects + times * inner_objects
        return size, objects

    def _form(self, form: Any, above: tuple[int, ...]) -> tuple[int, int]:
        number = _number(form)
        if number in above or len(above) >= _MAX_DEPTH:  # drawn by itself: pdfium stops there too
            return 0, 0
        if number not in self._forms:
            self._forms[number] = self._content(form, (*above, number))
        return self._forms[number]

    def _font_bytes(self, font: Any) -> int:
        number = _number(font)
        if number not in self._fonts:
            self._fonts[number] = max(
                (_inflated(stream) for stream in _font_streams(font)), default=0
            )
        return self._fonts[number]


def object_in_stream(
    reader: Any, get: Callable[[Any], Any], places: dict[int, Any], reference: Any
) -> Any:
    """Object `reference` as pypdf's `get` gives it; from a stream of many thousand it alone is
    parsed.
    """
    from pypdf.generic import read_object

    stream = reader.xref_objStm[reference.idnum][0]
    whole = reader.get_object(stream)
    if whole.get("/N", 0) <= _MANY_OBJECTS:
        return get(reference)
    data = io.BytesIO(whole.get_data())
    first = int(whole["/First"])
    if stream not in places:
        numbers = [*map(int, data.read(first).split())]
        places[stream] = dict(zip(numbers[::2], numbers[1::2]))
    data.seek(first + places[stream][reference.idnum])
    return reader.cache_indirect_object(0, reference.idnum, read_object(data, reader))


def fonts_without_encoding(page: Any) -> frozenset[str]:
    """The names, subset tags aside, that only symbolic embedded TrueType fonts of pypdf's `page`
    without encoding and ToUnicode have."""
    names: tuple[set[str], set[str]] = set(), set()
    for font in (
        font
        for _, font in _values(_resolved(page.get("/Resources")), "/Font")
        if hasattr(font, "get")
    ):
        silent = font.get("/Subtype") == "/TrueType" and not {"/Encoding", "/ToUnicode"} & set(font)
        about = (_resolved(font.get("/FontDescriptor")) or {}) if silent else {}
        guessed = "/FontFile2" in about and bool(int(about.get("/Flags", 0)) & _SYMBOLIC)
        names[guessed].add(bare(str(font.get("/BaseFont"))))
    return frozenset(names[True] - names[False])


def _font_streams(font: Any) -> Iterator[Any]:
    if not hasattr(font, "get"):
        return
    for part in (font, *_list(font.get("/DescendantFonts"))):
        if not hasattr(part, "get"):
            continue
        descriptor = _resolved(part.get("/FontDescriptor"))
        yield from (_resolved(part.get(key)) for key in ("/ToUnicode", "/Encoding", "/CIDToGIDMap"))
        if hasattr(descriptor, "get"):
            yield from (
                _resolved(descriptor.get(key)) for key in ("/FontFile", "/FontFile2", "/FontFile3")
            )
        yield from (glyph for _, glyph in _values(part, "/CharProcs"))


def _inflated(stream: Any) -> int:
    """The length of a stream inflated, at most one byte over the limit; nothing is kept."""
    if not _is_stream(stream):
        return 0
    if stream.get("/Filter") != "/FlateDecode":
        return len(_unpacked(stream))
    unpacker = zlib.decompressobj()
    size = 0
    data = stream._data
    try:
        while data and size <= MAX_PAGE_STREAM_BYTES:
            size += len(unpacker.decompress(data, _PIECE))
            data = unpacker.unconsumed_tail
    except zlib.error:  # pdfium keeps what came before the damage, and so may we
        return size
    return size


def _unpacked(stream: Any) -> bytes:
    """Filters may have the short names of inline images, which pypdf does not take."""
    from pypdf.generic import ArrayObject, NameObject

    filters = stream.get("/Filter")
    names = filters if isinstance(filters, list) else [filters]
    if any(name in _FULL_NAMES for name in names):
        whole = [NameObject(_FULL_NAMES.get(name, name)) for name in names]
        stream[NameObject("/Filter")] = (
            ArrayObject(whole) if isinstance(filters, list) else whole[0]
        )
    return bytes(stream.get_data())


def _resolved(item: Any) -> Any:
    return item.get_object() if item is not None else None


def _list(item: Any) -> list[Any]:
    item = _resolved(item)
    if item is None:
        return []
    return [_resolved(part) for part in item] if isinstance(item, list) else [item]


def _values(holder: Any, key: str) -> list[tuple[str, Any]]:
    table: Any = _resolved(holder.get(key)) if hasattr(holder, "get") else None
    return (
        [(str(name), _resolved(table.raw_get(name))) for name in table]
        if hasattr(table, "raw_get")
        else []
    )


def _is_stream(item: Any) -> bool:
    return hasattr(item, "get_data")


def _number(item: Any) -> int:
    return int(getattr(getattr(item, "indirect_reference", None), "idnum", None) or id(item))
