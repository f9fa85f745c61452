"""A stand-in for Chinese, Japanese and Korean fonts that are neither in a PDF nor on this machine.

Without any font pdfium takes their glyphs for empty and leaves them out: letters that are drawn one
by one, and lines from top to bottom. The stand-in's glyphs (stand_in.ttf, made by
app/lab/stand_in.py) are empty boxes of the usual size; the PDF and pdfium's own tables say which
letters they stand for.
"""

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

_CHARSETS = frozenset((128, 129, 134, 136))  # Japanese, Korean, simplified and traditional Chinese
_HANDLE = 0x0D0C0A  # any address: it only names the stand-in
_NAME = b"Boxes\x00"


@cache
def install_stand_in_font() -> tuple[Any, ...]:
    """Has pdfium take the stand-in where this machine has no such font. The result must live as
    long.
    """
    import pypdfium2.raw as raw

    own = raw.FPDF_GetDefaultSystemFontInfo()
    fonts = own.contents
    font = Path(__file__).with_name("stand_in.ttf").read_bytes()

    def map_font(
        _: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any
    ) -> int | None:
        found: int | None = fonts.MapFont(own, weight, italic, charset, pitch, face, exact)
        return found or (_HANDLE if charset in _CHARSETS else None)

    def font_data(_: Any, handle: int, table: int, into: Any, size: int) -> int:
        if handle != _HANDLE:
            return int(fonts.GetFontData(own, handle, table, into, size))
        return (
            0 if table else _copy_font_data(font, into, size)
        )  # it has no tables that could be asked for alone

    def face_name(_: Any, handle: int, into: Any, size: int) -> int:
        return (
            _copy_font_data(_NAME, into, size)
            if handle == _HANDLE
            else int(fonts.GetFaceName(own, handle, into, size))
        )

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


def _copy_font_data(data: bytes, into: Any, size: int) -> int:
    """The length of `data`, copied where there is room."""
    if into and size >= len(data):
        ctypes.memmove(into, data, len(data))
    return len(data)
