"""Fonts whose letters pdfium gets wrong though the file says them, and a copy of the file that says them its way.

Of a Type 3 font that has only names for its glyphs pdfium takes the codes for letters; see `to_unicode` for the others.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from docqa.ingest.pdf.errors import pdf_errors
from docqa.ingest.pdf.fonts.ligatures import glyph_names
from docqa.ingest.pdf.fonts.to_unicode import MAX_TABLE_BYTES, Letters, read_table, write_table

_START = re.compile(rb"startxref\s{1,20}(\d{1,12})")
_TAIL = 2048
_HEAD = 1024
_UNI = re.compile(r"u(?:ni)?([0-9A-F]{4,6})")
_MOST_PARTS = 4
_MAX_DEPTH = 20


def is_misread(font: Any) -> bool:
    """Whether pdfium gets letters of `font` (a dictionary of pypdf) wrong that the file says."""
    with suppress(*pdf_errors()):
        return bool(_letters(font))
    return False


def _letters(font: Any) -> list[Letters]:
    """What pdfium is to be told of `font`; empty where it reads what is known."""
    table = font.get("/ToUnicode")
    table = table.get_object() if table is not None else None
    if table is None:
        return _named_letters(font) if font.get("/Subtype") == "/Type3" else []
    data = table.get_data() if hasattr(table, "get_data") else b""
    if b"beginbfrange" not in data or len(data) > MAX_TABLE_BYTES:
        return []
    known = read_table(data)
    return [] if known.is_read else [some for some in known.letters if some.target]


def _named_letters(font: Any) -> list[Letters]:
    """The letters that the names of its glyphs say, where most have such names and they are not the codes."""
    names = list(glyph_names(font))
    found = {code: letter for code, name in names if (letter := _letter(name))}
    if 2 * len(found) < len(names) or all(chr(code) == letter for code, letter in found.items()):
        return []
    return [Letters(code, code, letter.encode("utf-16-be"), 1) for code, letter in sorted(found.items()) if code < 256]


def _letter(name: str) -> str:
    """What a glyph of this `name` shows (Adobe Glyph List Specification, section 2); empty where that is not said."""
    from pypdf._codecs.adobe_glyphs import adobe_glyphs

    out = ""
    for part in name.split(".")[0].split("_")[:_MOST_PARTS]:
        letter = str(adobe_glyphs.get(f"/{part}", ""))
        number = _UNI.fullmatch(part)
        if not letter and number is not None and 0x20 <= int(number.group(1), 16) < 0xD800:
            letter = chr(int(number.group(1), 16))
        if not letter:
            return ""
        out += letter
    return out


def retold(reader: Any, data: bytes) -> bytes | None:
    """`data`, a file that is open in pypdf's `reader` and not encrypted (any more), with letters for all fonts that are
    misread; None where there are none, or where nothing can be added to it."""
    with suppress(*pdf_errors(), MemoryError):
        found = [(number, font, letters) for number, font in _fonts(reader) if (letters := _safely(font))]
        return _with_objects(data, reader, _told(reader, found)) if found else None
    return None


def _safely(font: Any) -> list[Letters]:
    with suppress(*pdf_errors()):
        return _letters(font)
    return []


def _fonts(reader: Any) -> Iterator[tuple[int, Any]]:
    """The fonts of all pages and forms with the numbers of their objects, each once."""
    seen: set[int] = set()
    for page in reader.pages:
        with suppress(*pdf_errors()):
            yield from _fonts_of(page, seen, 0)


def _fonts_of(holder: Any, seen: set[int], depth: int) -> Iterator[tuple[int, Any]]:
    resources = holder.get("/Resources")
    resources = resources.get_object() if resources is not None else {}
    yield from _members(resources, "/Font", seen)
    for _, form in _members(resources, "/XObject", seen):
        if depth < _MAX_DEPTH and hasattr(form, "get_data") and form.get("/Subtype") == "/Form":
            yield from _fonts_of(form, seen, depth + 1)


def _members(resources: Any, key: str, seen: set[int]) -> Iterator[tuple[int, Any]]:
    table: Any = resources.get(key)
    table = table.get_object() if table is not None else None
    for name in table or ():
        number = getattr(table.raw_get(name), "idnum", None)
        if number is not None and number not in seen:
            seen.add(number)
            member = table[name].get_object()
            if hasattr(member, "get"):
                yield number, member


def _told(reader: Any, found: Sequence[tuple[int, Any, list[Letters]]]) -> dict[int, bytes]:
    """The fonts with new tables of letters, and these, by the numbers of the objects."""
    from pypdf.generic import DictionaryObject, IndirectObject, NameObject

    number = max(int(reader.trailer["/Size"]), *(number + 1 for number, _, _ in found))
    objects: dict[int, bytes] = {}
    for own, font, letters in found:
        copy = DictionaryObject({key: font.raw_get(key) for key in font})
        copy[NameObject("/ToUnicode")] = IndirectObject(number, 0, reader)
        written = io.BytesIO()
        copy.write_to_stream(written)
        table = write_table(letters)
        objects[own] = written.getvalue()
        objects[number] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(table), table)
        number += 1
    return objects


def _with_objects(data: bytes, reader: Any, objects: dict[int, bytes]) -> bytes | None:
    """`data` with `objects` at its end, which count in place of those of their numbers (ISO 32000-2, 7.5.6)."""
    starts = _START.findall(data[-_TAIL:])
    root = getattr(reader.trailer.raw_get("/Root"), "idnum", None)
    if not starts or root is None:
        return None
    before = max(data[:_HEAD].find(b"%PDF-"), 0)  # places count from there
    previous = int(starts[-1])
    out = [data, b"\n"]
    at = len(data) + 1 - before
    places: dict[int, int] = {}
    for number, body in objects.items():
        places[number] = at
        out.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        at += len(out[-1])
    rest = b"/Root %d %d R /Prev %d" % (root, reader.trailer.raw_get("/Root").generation, previous)
    as_table = data[before + previous : before + previous + 20].lstrip().startswith(b"xref")
    out.append(_table(places, rest) if as_table else _table_stream(places, rest, at))
    out.append(b"startxref\n%d\n%%%%EOF\n" % at)
    return b"".join(out)


def _table(places: dict[int, int], rest: bytes) -> bytes:
    entries = b"".join(b"%d 1\n%010d 00000 n \n" % (number, places[number]) for number in sorted(places))
    return b"xref\n%strailer\n<< /Size %d %s >>\n" % (entries, max(places) + 1, rest)


def _table_stream(places: dict[int, int], rest: bytes, at: int) -> bytes:
    """The table of a file whose tables are streams; it stands at `at` itself."""
    own = max(places) + 1
    places = {**places, own: at}
    index = b" ".join(b"%d 1" % number for number in sorted(places))
    entries = b"".join(b"\x01" + places[number].to_bytes(8, "big") + b"\x00" for number in sorted(places))
    head = b"<< /Type /XRef /Size %d /W [1 8 1] /Index [%s] /Length %d %s >>" % (own + 1, index, len(entries), rest)
    return b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (own, head, entries)
