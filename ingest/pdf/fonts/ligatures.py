"""Ligatures that a PDF's fonts name ("f_i") without saying which letters they are.

pdfium then gives the code of the glyph, a control character. The name says the letters: its parts are theirs (Adobe
Glyph List Specification, section 2, step 2).
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from docqa.ingest.pdf.errors import pdf_errors

Codes = Mapping[tuple[str, int], str]
"""(name of the font without its subset's prefix, code of the glyph): the letters it shows."""

_NAME = re.compile(r"[A-Za-z](?:_[A-Za-z]){1,3}")
_PREFIX = re.compile(r"[A-Z]{6}\+")
_UNMAPPED = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f]")
_FONT_NAME_BYTES = 128
# One character each while positions in the text are characters of the page: Unicode's own, else noncharacters.
_OWN = {"ff": "\ufb00", "fi": "\ufb01", "fl": "\ufb02", "ffi": "\ufb03", "ffl": "\ufb04", "st": "\ufb06"}
_FIRST, _LAST = 0xFDD0, 0xFDEF


def ligature_codes(reader: Any, index: int) -> Codes:
    """The ligatures that the fonts of page `index` (from 0) of pypdf's `reader` name; empty where that is unknown."""
    found: dict[tuple[str, int], str] = {}
    with suppress(*pdf_errors()):
        resources = reader.pages[index].get("/Resources")
        fonts = resources.get_object().get("/Font") if resources is not None else None
        for font in (fonts.get_object() if fonts is not None else {}).values():
            font = font.get_object()
            own = _PREFIX.sub("", str(font.get("/BaseFont", "")).lstrip("/"))
            found |= {(own, at): name.replace("_", "") for at, name in glyph_names(font) if _NAME.fullmatch(name)}
    return found


def glyph_names(font: Any) -> Iterator[tuple[int, str]]:
    """The codes and the names of the glyphs that `font`, a dictionary of pypdf, names in an encoding of its own."""
    encoding: Any = font.get("/Encoding")
    encoding = encoding.get_object() if encoding is not None else None
    own = isinstance(encoding, dict) and "/Differences" in encoding
    code = 0
    for item in encoding["/Differences"].get_object() if own else ():
        if isinstance(item, int):
            code = item
            continue
        yield code, str(item).lstrip("/")
        code += 1


class Ligatures:
    """What unmapped glyphs of a page show. `codes` is asked once, and only for a page that has such glyphs."""

    def __init__(self, codes: Callable[[], Codes]) -> None:
        self._codes = codes
        self._letters: dict[int, str] = {}

    def marked(self, text: str, raw: Any, handle: Any) -> str:
        """`text` of the text page `handle`, as long as before, with a character for every ligature that is known."""
        if not _UNMAPPED.search(text):
            return text
        codes = self._codes()
        characters = list(text)
        for match in _UNMAPPED.finditer(text) if codes else ():
            letters = codes.get((font_name(raw, handle, match.start()), ord(match.group())))
            if letters is not None:
                characters[match.start()] = self._character(letters) or match.group()
        return "".join(characters)

    def spelt(self, word: str) -> str:
        """`word` with the letters of its ligatures."""
        return word.translate(self._letters) if self._letters else word

    def _character(self, letters: str) -> str | None:
        if letters in _OWN:
            return _OWN[letters]
        known = {value: key for key, value in self._letters.items()}
        code = known.get(letters, _FIRST + len(self._letters))
        if code > _LAST:
            return None
        self._letters[code] = letters
        return chr(code)


def font_name(raw: Any, handle: Any, index: int) -> str:
    """The font of character `index` of a text page, without the prefix of a subset; empty where it is not known."""
    return _PREFIX.sub("", whole_font_name(raw, handle, index))


def whole_font_name(raw: Any, handle: Any, index: int) -> str:
    """The font of character `index` of a text page, with the prefix of a subset; empty where it is not known."""
    name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    flags = ctypes.c_int(0)
    size = raw.FPDFText_GetFontInfo(handle, index, name, _FONT_NAME_BYTES, ctypes.byref(flags))
    return name.value.decode("utf-8", "replace") if 0 < size <= _FONT_NAME_BYTES else ""
