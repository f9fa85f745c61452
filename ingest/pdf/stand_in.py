"""A stand-in for Chinese, Japanese and Korean fonts that are neither in a PDF nor on this machine.

Without any font pdfium takes their glyphs for empty, and leaves out what is empty: letters that are drawn one by one,
and lines from top to bottom. The glyphs of the stand-in are empty boxes of the usual size; which letters they stand for
is said by the PDF and by pdfium's own tables.
"""

from __future__ import annotations

import ctypes
import struct
from functools import cache
from typing import Any

_CHARSETS = frozenset((128, 129, 134, 136))  # Japanese, Korean, simplified and traditional Chinese
_HANDLE = 0x0D0C0A  # any address: it only names the stand-in
_NAME = b"Boxes\x00"
_EM, _ASCENT, _DESCENT = 1000, 880, -120


@cache
def install() -> tuple[Any, ...]:
    """Has pdfium take the stand-in where this machine has no such font. What is returned has to live as long."""
    import pypdfium2.raw as raw

    own = raw.FPDF_GetDefaultSystemFontInfo()
    fonts, font = own.contents, _font()

    def map_font(_: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any) -> int | None:
        found: int | None = fonts.MapFont(own, weight, italic, charset, pitch, face, exact)
        return found or (_HANDLE if charset in _CHARSETS else None)

    def font_data(_: Any, handle: int, table: int, into: Any, size: int) -> int:
        if handle != _HANDLE:
            return int(fonts.GetFontData(own, handle, table, into, size))
        return 0 if table else _copied(font, into, size)  # it has no tables that could be asked for alone

    def face_name(_: Any, handle: int, into: Any, size: int) -> int:
        return _copied(_NAME, into, size) if handle == _HANDLE else int(fonts.GetFaceName(own, handle, into, size))

    def charset_of(_: Any, handle: int) -> int:
        return min(_CHARSETS) if handle == _HANDLE else int(fonts.GetFontCharset(own, handle))

    def delete(_: Any, handle: int) -> None:
        if handle != _HANDLE:
            fonts.DeleteFont(own, handle)

    calls = {
        "Release": lambda _: None,
        "EnumFonts": lambda _, mapper: fonts.EnumFonts(own, mapper),
        "MapFont": map_font,
        "GetFont": lambda _, face: fonts.GetFont(own, face),
        "GetFontData": font_data,
        "GetFaceName": face_name,
        "GetFontCharset": charset_of,
        "DeleteFont": delete,
    }
    info = raw.FPDF_SYSFONTINFO(version=1)
    types = dict(raw.FPDF_SYSFONTINFO._fields_)
    for name, call in calls.items():
        setattr(info, name, types[name](call))
    raw.FPDF_SetSystemFontInfo(ctypes.byref(info))
    return info, own


def _copied(data: bytes, into: Any, size: int) -> int:
    """The length of `data`, which is copied where there is room for it."""
    if into and size >= len(data):
        ctypes.memmove(into, data, len(data))
    return len(data)


def _font() -> bytes:
    """A TrueType font (OpenType 1.9) in which every letter is an empty box."""
    glyph = _box()
    letters = struct.pack(">HHIII3I", 13, 0, 28, 0, 1, 0x20, 0x10FFFF, 1)  # of format 13: all are glyph 1
    head = 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _EM, 0, 0, 0, _DESCENT, _EM, _ASCENT, 0, 8, 2, 1, 0
    tables = {
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 10, 12) + letters,
        b"glyf": glyph,
        b"head": struct.pack(">IIIIHHQQhhhhHHhhh", *head),
        b"hhea": struct.pack(">IhhhHhhh8hhH", 0x10000, _ASCENT, _DESCENT, 0, _EM, 0, 0, _EM, 1, *[0] * 8, 2),
        b"hmtx": struct.pack(">HhHh", _EM, 0, _EM, 100),
        b"loca": struct.pack(">III", 0, 0, len(glyph)),
        b"maxp": struct.pack(">I14H", 0x10000, 2, 8, 2, 0, 0, 2, *[0] * 8),
        b"name": struct.pack(">HHH", 0, 0, 6),
        b"post": struct.pack(">IIhhI4I", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    count = len(tables)
    index, body = struct.pack(">IHHHH", 0x10000, count, 128, 3, 16 * count - 128), b""
    for tag, data in tables.items():
        index += tag + struct.pack(">III", 0, 12 + 16 * count + len(body), len(data))
        body += data + b"\x00" * (-len(data) % 4)
    return index + body


def _box() -> bytes:
    """The glyph: a frame from (100, -50) to (900, 800), 60 wide."""
    outer = [(100, -50), (100, 800), (900, 800), (900, -50)]
    inner = [(160, 10), (840, 10), (840, 740), (160, 740)]
    points = outer + inner
    steps = [(x - a, y - b) for (a, b), (x, y) in zip([(0, 0), *points], points, strict=False)]
    glyph = struct.pack(">hhhhhHHH", 2, 100, -50, 900, 800, 3, 7, 0) + b"\x01" * len(points)
    glyph += b"".join(struct.pack(">h", x) for x, _ in steps) + b"".join(struct.pack(">h", y) for _, y in steps)
    return glyph + b"\x00" * (-len(glyph) % 4)
