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

from .encodings import bare_font_name
from .errors import error_reason, pdf_errors
from .measures import MANY_OBJECTS, PAGES_CACHED
from .references import resolve_reference

_INFLATED_AT_ONCE = 2**20
_SYMBOLIC = 1 << 2  # a flag of a font's descriptor: ISO 32000-2, 9.8.2
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
_Cost = tuple[int, int]  # bytes and drawing operators
_DRAWN_NAME = re.compile(rb"(/[^\s/<>\[\]()]+)\s+Do\b")


class StreamSizes:
    """Measures the pages of one file; fonts and forms that pages share are inflated once."""

    def __init__(self) -> None:
        self._fonts: dict[int, int] = {}
        self._forms: dict[int, _Cost] = {}
        self._pages = 0

    def problem(self, reader: Any, index: int) -> str | None:
        """Why page `index` (from 0) is not parsed (damaged, or inflates over a limit), or None."""
        from pypdf.errors import LimitReachedError

        self._pages += 1
        if self._pages % PAGES_CACHED == 0:
            # pypdf caches every object of the file. Those known by their address go with it: the
            # next object may have that address.
            for cache in (reader.resolved_objects, self._fonts, self._forms):
                cache.clear()
        try:
            size, operators = self._content_cost(reader.pages[index], ())
        except LimitReachedError as error:
            return f"over a limit, not read ({error_reason(error)})"
        except pdf_errors() as error:
            return f"damaged, not read ({error_reason(error)})"
        if size > MAX_PAGE_STREAM_BYTES:
            return f"more than {MAX_PAGE_STREAM_BYTES:,} bytes of content or fonts, which is the limit; not read"
        if operators > MAX_PAGE_OBJECTS:
            return f"{operators:,} drawing operators, the limit is {MAX_PAGE_OBJECTS:,}; not read"
        return None

    def _content_cost(self, drawing: Any, outer_forms: tuple[int, ...]) -> _Cost:
        """Bytes and drawing operators of a page, or of a form in `outer_forms`, with its fonts, and
        its forms as often as they are drawn.
        """
        streams = [drawing] if outer_forms else _resolved_list(drawing.get("/Contents"))
        data = b"\n".join(_decoded_stream(stream) for stream in streams if _is_stream(stream))
        size = len(data)
        operators = sum(map(data.count, _OPERATORS))
        resources = resolve_reference(drawing.get("/Resources"))
        for _, font in _dictionary_entries(resources, "/Font"):
            size = max(size, self._font_bytes(font))
        drawn = Counter(_DRAWN_NAME.findall(data))
        for name, form in _dictionary_entries(resources, "/XObject"):
            times = drawn[name.encode("utf-8", "replace")]
            if times and _is_stream(form) and form.get("/Subtype") == "/Form":
                form_size, form_operators = self._form_cost(form, outer_forms)
                size += times * form_size
                operators += times * form_operators
        return size, operators

    def _form_cost(self, form: Any, outer_forms: tuple[int, ...]) -> _Cost:
        number = _object_number(form)
        if number in outer_forms:  # drawn by itself: pdfium stops there too
            return 0, 0
        if number not in self._forms:
            self._forms[number] = self._content_cost(form, (*outer_forms, number))
        return self._forms[number]

    def _font_bytes(self, font: Any) -> int:
        number = _object_number(font)
        if number not in self._fonts:
            self._fonts[number] = max(map(_inflated_size, _font_streams(font)), default=0)
        return self._fonts[number]


def object_in_stream(
    reader: Any, get: Callable[[Any], Any], offsets: dict[int, Any], reference: Any
) -> Any:
    """Object `reference` as pypdf's `get` gives it; from a stream of many thousand it alone is
    parsed. `offsets`: those of the objects in such streams, filled here.
    """
    from pypdf.generic import read_object

    number = reader.xref_objStm[reference.idnum][0]
    stream = reader.get_object(number)
    if stream.get("/N", 0) <= MANY_OBJECTS:
        return get(reference)
    data = io.BytesIO(stream.get_data())
    first = int(stream["/First"])
    if number not in offsets:
        pairs = [*map(int, data.read(first).split())]
        offsets[number] = dict(zip(pairs[::2], pairs[1::2]))
    data.seek(first + offsets[number][reference.idnum])
    return reader.cache_indirect_object(0, reference.idnum, read_object(data, reader))


def fonts_without_encoding(page: Any) -> frozenset[str]:
    """The names, without subset tags, that only symbolic embedded TrueType fonts of pypdf's `page`
    without encoding and ToUnicode have."""
    encoded: set[str] = set()
    unencoded: set[str] = set()
    for _, font in _dictionary_entries(resolve_reference(page.get("/Resources")), "/Font"):
        if not hasattr(font, "get"):
            continue
        silent = font.get("/Subtype") == "/TrueType" and not {"/Encoding", "/ToUnicode"} & set(font)
        descriptor = (resolve_reference(font.get("/FontDescriptor")) or {}) if silent else {}
        embedded = "/FontFile2" in descriptor
        guessed = embedded and int(descriptor.get("/Flags", 0)) & _SYMBOLIC
        names = unencoded if guessed else encoded
        names.add(bare_font_name(str(font.get("/BaseFont"))))
    return frozenset(unencoded - encoded)


def _font_streams(font: Any) -> Iterator[Any]:
    parts = [font, *_resolved_list(font.get("/DescendantFonts"))] if hasattr(font, "get") else []
    for part in parts:
        if not hasattr(part, "get"):
            continue
        descriptor = resolve_reference(part.get("/FontDescriptor"))
        for key in ("/ToUnicode", "/Encoding", "/CIDToGIDMap"):
            yield resolve_reference(part.get(key))
        for key in ("/FontFile", "/FontFile2", "/FontFile3") if hasattr(descriptor, "get") else ():
            yield resolve_reference(descriptor.get(key))
        for _, glyph in _dictionary_entries(part, "/CharProcs"):
            yield glyph


def _inflated_size(stream: Any) -> int:
    """The length of a stream inflated, at most a megabyte over the limit; its bytes are dropped."""
    if not _is_stream(stream):
        return 0
    if stream.get("/Filter") != "/FlateDecode":
        return len(_decoded_stream(stream))
    unpacker = zlib.decompressobj()
    size = 0
    data = stream._data
    try:
        while data and size <= MAX_PAGE_STREAM_BYTES:
            size += len(unpacker.decompress(data, _INFLATED_AT_ONCE))
            data = unpacker.unconsumed_tail
    except zlib.error:  # pdfium keeps what came before the damage, and so may we
        return size
    return size


def _decoded_stream(stream: Any) -> bytes:
    """Filters may have the short names of inline images, which pypdf does not take."""
    from pypdf.generic import ArrayObject, NameObject

    filters = stream.get("/Filter")
    names = filters if isinstance(filters, list) else [filters]
    if any(name in _FULL_NAMES for name in names):
        full = ArrayObject(NameObject(_FULL_NAMES.get(name, name)) for name in names)
        stream[NameObject("/Filter")] = full
    return bytes(stream.get_data())


def _resolved_list(item: Any) -> list[Any]:
    item = resolve_reference(item)
    if item is None:
        return []
    return [resolve_reference(part) for part in item] if isinstance(item, list) else [item]


def _dictionary_entries(holder: Any, key: str) -> list[tuple[str, Any]]:
    """The names and objects of the dictionary `key` of `holder`."""
    table: Any = resolve_reference(holder.get(key)) if hasattr(holder, "get") else None
    if not hasattr(table, "raw_get"):
        return []
    return [(str(name), resolve_reference(table.raw_get(name))) for name in table]


def _is_stream(item: Any) -> bool:
    return hasattr(item, "get_data")


def _object_number(item: Any) -> int:
    return int(getattr(getattr(item, "indirect_reference", None), "idnum", None) or id(item))
