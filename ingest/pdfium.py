"""Words with boxes from a PDF page by pdfium. Used in the worker only: pdfium inflates without limit.

pdfium is not thread-safe: one thread a process, and every page and text page is closed, in order.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from typing import Any, NamedTuple

# U+FFFE is how pdfium marks a hyphen that it took for one of a line end.
_WORD = re.compile("[^\\s\ufffe]+\ufffe?")
_NAME_BYTES = 128


class Word(NamedTuple):
    """A word in display coordinates, in points from the top left corner. `newline`: pdfium began a line with it."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    newline: bool
    bold: bool


class PageWords(NamedTuple):
    """What pdfium saw on a page: its words in drawing order, its plain text, and its size in points."""

    words: list[Word]
    text: str
    width: float
    height: float
    outside: int


class PdfiumFile:
    """An open PDF. Close it, or use it in a `with` block."""

    def __init__(self, data: bytes, password: str | None) -> None:
        import pypdfium2

        self._file = pypdfium2.PdfDocument(data, password=password)

    def __enter__(self) -> PdfiumFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._file)

    def page_words(self, index: int) -> PageWords:
        """The words of page `index` (from 0). Raises pypdfium2.PdfiumError when the page cannot be loaded."""
        page = self._file[index]
        try:
            text_page = page.get_textpage()
            try:
                return _read_words(page, text_page)
            finally:
                text_page.close()
        finally:
            page.close()


def available() -> bool:
    """Whether pypdfium2 is installed."""
    from importlib.util import find_spec

    return find_spec("pypdfium2") is not None


def _read_words(page: Any, text_page: Any) -> PageWords:
    import pypdfium2.raw as raw

    count = text_page.count_chars()
    box = page.get_bbox()
    rotation = page.get_rotation()
    width, height = page.get_size()
    if count <= 0:
        return PageWords([], "", width, height, 0)
    text = _page_text(raw, text_page.raw, count)
    place = _placer(box, rotation)
    words: list[Word] = []
    outside = 0
    rect = raw.FS_RECTF()
    pointer = ctypes.byref(rect)
    read_box, handle = raw.FPDFText_GetLooseCharBox, text_page.raw
    previous_end = 0
    for match in _WORD.finditer(text):
        first, last = match.start(), match.end() - 1
        newline = first == 0 or "\n" in text[previous_end:first] or text[first - 1] == "\ufffe"
        previous_end = last + 1
        if text[last] == "\ufffe" and last > first:
            last -= 1
        if not read_box(handle, first, pointer):
            continue
        left, bottom, right, top = rect.left, rect.bottom, rect.right, rect.top
        if last > first and read_box(handle, last, pointer):
            left, right = min(left, rect.left), max(right, rect.right)
            bottom, top = min(bottom, rect.bottom), max(top, rect.top)
        x0, y0, x1, y1 = place(left, bottom, right, top)
        if x1 < 0 or y1 < 0 or x0 > width or y0 > height or max(y1 - y0, x1 - x0) < 1:
            outside += 1
            continue
        bold = newline and _is_bold(raw, handle, first)
        words.append(Word(match.group().replace("\ufffe", "-"), x0, y0, x1, y1, newline, bold))
    return PageWords(words, text.replace("\ufffe", "-\n"), width, height, outside)


def _page_text(raw: Any, handle: Any, count: int) -> str:
    """The page's characters as a string in which position i is pdfium's character i."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(handle, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(written - 1, 0)].decode("utf-16-le", "surrogatepass")
    if len(text) == count:
        return text
    # Characters without Unicode are missing from the text, others take two code units: ask one by one.
    codes = (raw.FPDFText_GetUnicode(handle, i) for i in range(count))
    return "".join("\ufffe" if code == 2 else chr(code) if 0 < code < 0x110000 else "\ufffd" for code in codes)


def _placer(
    box: tuple[float, float, float, float], rotation: int
) -> Callable[[float, float, float, float], tuple[float, float, float, float]]:
    """A function from user space (y up) to display space (y down, rotated as shown)."""
    left, bottom, right, top = box
    if rotation == 90:
        return lambda x0, y0, x1, y1: (y0 - bottom, x0 - left, y1 - bottom, x1 - left)
    if rotation == 180:
        return lambda x0, y0, x1, y1: (right - x1, y0 - bottom, right - x0, y1 - bottom)
    if rotation == 270:
        return lambda x0, y0, x1, y1: (top - y1, right - x1, top - y0, right - x0)
    return lambda x0, y0, x1, y1: (x0 - left, top - y1, x1 - left, top - y0)


def _is_bold(raw: Any, handle: Any, index: int) -> bool:
    name = ctypes.create_string_buffer(_NAME_BYTES)
    flags = ctypes.c_int(0)
    size = raw.FPDFText_GetFontInfo(handle, index, name, _NAME_BYTES, ctypes.byref(flags))
    if not 0 < size <= _NAME_BYTES:
        return False
    lowered = name.value.lower()
    return b"bold" in lowered or b"black" in lowered or b"cmbx" in lowered or b"medi" in lowered
