"""Ligatures that a PDF's fonts name ("f_i") without saying which letters they are.

pdfium then gives the code of the glyph, a control character. The name says the letters: its parts are theirs (Adobe
Glyph List Specification, section 2, step 2).
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from docqa.ingest.pdf.errors import pdf_errors

Codes = Mapping[tuple[str, int], str]
"""(name of the font without its subset's prefix, code of the glyph): the letters it shows."""

_NAME = re.compile(r"[A-Za-z](?:_[A-Za-z]){1,3}")
_PREFIX = re.compile(r"[A-Z]{6}\+")
_UNMAPPED = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f]")
_FONT_NAME_BYTES = 128
_FIRST, _LAST = 0xFDD0, 0xFDEF  # noncharacters, which no text has


def ligature_codes(reader: Any, index: int) -> Codes:
    """The ligatures that the fonts of page `index` (from 0) of pypdf's `reader` name; empty where that is unknown."""
    found: dict[tuple[str, int], str] = {}
    with suppress(*pdf_errors()):
        fonts = reader.pages[index]["/Resources"]["/Font"]
        for font in (fonts[key] for key in fonts):
            own = _PREFIX.sub("", str(font.get("/BaseFont", "")).lstrip("/"))
            encoding: Any = font.get("/Encoding")
            encoding = encoding.get_object() if encoding is not None else None
            named = isinstance(encoding, dict) and "/Differences" in encoding
            code = 0
            for item in encoding["/Differences"] if named else ():
                if isinstance(item, int):
                    code = item
                    continue
                if _NAME.fullmatch(name := str(item).lstrip("/")):
                    found[own, code] = name.replace("_", "")
                code += 1
    return found


def with_ligatures(text: str, codes: Callable[[], Codes], font_of: Callable[[int], str]) -> tuple[str, dict[int, str]]:
    """`text` of a page, as long as before, with a noncharacter for each unmapped glyph that is a known ligature, and
    the letters of these for `str.translate`. `codes` is asked only where there are unmapped glyphs; `font_of` names a
    character's font."""
    known = codes() if _UNMAPPED.search(text) else {}
    places: dict[str, int] = {}
    characters = list(text)
    for match in _UNMAPPED.finditer(text) if known else ():
        letters = known.get((font_of(match.start()), ord(match.group())), "")
        if letters and places.setdefault(letters, _FIRST + len(places)) <= _LAST:
            characters[match.start()] = chr(places[letters])
    return "".join(characters), {place: letters for letters, place in places.items()}


def font_name(raw: Any, handle: Any, index: int) -> str:
    """The font of character `index` of a text page, without the prefix of a subset; empty where it is not known."""
    name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    size = raw.FPDFText_GetFontInfo(handle, index, name, _FONT_NAME_BYTES, ctypes.byref(ctypes.c_int(0)))
    return _PREFIX.sub("", name.value.decode("utf-8", "replace")) if 0 < size <= _FONT_NAME_BYTES else ""
