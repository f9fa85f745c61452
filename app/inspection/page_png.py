"""A page as docqa saw it, drawn over the page: the facts of `app/inspection/page_svg.py` as a PNG.

pdfium draws it: a new document of one page gets the page's picture, frames, numbers and the panel. No part of the file
that was read is in it. Letters that the built-in Helvetica does not have are shown as "?"; the SVG has them all.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

from docqa.app.inspection.page_svg import COLOURS, GREY, LEADING, MARGIN, OTHER, Point, panel_lines, sheet_size, ways_up
from docqa.ingest.pdf.visibility.raster import grey_pixels, rgb_png

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

    from docqa.app.inspection.page_facts import Inspection
    from docqa.ingest.pdf.inspection import PageView
    from docqa.ingest.pdf.visibility.objects import Box

_PIXELS = 1.8  # a point, on an ordinary page
_MAX_PIXELS = 12_000_000
_PALER = 0.4  # of the way to white, so that the frames stand out
_PAPER = "#F2F2F2"


def page_png(inspection: Inspection) -> bytes:
    """The whole picture as a PNG. The page must have a size: it is of a document with pages."""
    import pypdfium2

    view, panel = inspection.view, panel_lines(inspection)
    unit, width, height = sheet_size(view, len(panel))
    file = pypdfium2.PdfDocument.new()
    try:
        page = file.new_page(width, height)
        sheet = _Sheet(file, page, height, MARGIN * unit)
        sheet.frame((-MARGIN * unit, -MARGIN * unit, width, height), "", 0.0, fill=_PAPER)
        sheet.frame((0, 0, view.width_pt, view.height_pt), "#999999", 1.0, fill="#FFFFFF")
        if view.picture is not None:
            sheet.picture(view.picture, view.width_pt, view.height_pt)
        for start, end in ways_up(view, unit):
            sheet.arrow(start, end, 1.2 * unit)
        for box, colour, line in _frames(view, unit):
            sheet.frame(box, colour, line)
        for number, x, y, colour, size in _numbers(view, unit):
            sheet.badge(number, x, y, colour, size)
        for row, (colour, text) in enumerate(panel):
            left, y = view.width_pt + MARGIN * unit, (row + 1) * LEADING * unit
            if colour:
                sheet.frame((left, y - 6.5 * unit, left + 8 * unit, y + 1.5 * unit), "", 0.0, fill=colour)
            sheet.text(text, left + (12 * unit if colour else 0), y, 8 * unit, OTHER, bold=row == 0)
        page.gen_content()
        return _rendered(page, min(_PIXELS / unit, (_MAX_PIXELS / (width * height)) ** 0.5))
    finally:
        file.close()


def _rendered(page: PdfPage, scale: float) -> bytes:
    bitmap = page.render(scale=scale, rev_byteorder=True)
    try:
        return rgb_png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels)
    finally:
        bitmap.close()


def _frames(view: PageView, unit: float) -> Iterator[tuple[Box, str, float]]:
    """(box, colour, width of the line) of all that was seen."""
    for item in view.furniture:
        if item.box is not None:
            yield item.box, GREY, 0.8 * unit
    for block in view.blocks:
        colour = COLOURS.get(block.kind, OTHER)
        yield from ((line.box, colour, 0.3 * unit) for line in block.lines)
        yield from ((cell, colour, (0.9 if line.head else 0.5) * unit) for line in block.lines for cell in line.cells)
        yield from ((box, colour, 0.9 * unit) for box in block.boxes)
    for hidden in view.hidden:
        yield from ((box, COLOURS["hidden"], 1.2 * unit) for box in hidden.boxes)


def _numbers(view: PageView, unit: float) -> Iterator[tuple[str, float, float, str, float]]:
    """(text, x, y, colour, size) of a block's number in its box, and of a line's beside it, which has none."""
    order = count(1)
    for number, block in enumerate(view.blocks, 1):
        for line in block.lines:
            yield str(next(order)), line.box[2] + unit, (line.box[1] + line.box[3]) / 2 + 1.4 * unit, "", 4.5 * unit
        for box in block.boxes:
            wide = (3 + 3.6 * len(str(number))) * unit
            x = max(box[0] - wide - unit, -0.9 * MARGIN * unit)
            yield str(number), x, max(box[1] - unit, 0.0) + 5.8 * unit, COLOURS.get(block.kind, OTHER), 6 * unit


class _Sheet:
    """What is drawn on; places are in points from the top left corner of the page shown, `edge` from the sheet's."""

    def __init__(self, file: PdfDocument, page: PdfPage, height: float, edge: float) -> None:
        import pypdfium2.raw as raw

        self._raw, self._file, self._page, self._height, self._edge = raw, file, page, height, edge

    def picture(self, png: bytes, width: float, height: float) -> None:
        """The page's own picture, paler than it is."""
        import pypdfium2

        across, down, pixels = grey_pixels(png)
        pale = bytes(round(level + _PALER * (255 - level)) for level in range(256))
        bitmap = pypdfium2.PdfBitmap.new_native(across, down, self._raw.FPDFBitmap_Gray)
        rows = pixels.translate(pale)
        target = (ctypes.c_char * (bitmap.stride * down)).from_address(ctypes.addressof(bitmap.buffer))
        for row in range(down):
            at = row * bitmap.stride
            target[at : at + across] = rows[row * across : (row + 1) * across]
        image = pypdfium2.PdfImage.new(self._file)
        image.set_bitmap(bitmap)
        image.set_matrix(pypdfium2.PdfMatrix(width, 0, 0, height, self._edge, self._height - self._edge - height))
        self._page.insert_obj(image)
        bitmap.close()

    def frame(self, box: Box, colour: str, line: float, *, fill: str = "") -> None:
        """A rectangle with a frame of `colour`, or filled."""
        raw = self._raw
        left, bottom = box[0] + self._edge, self._height - self._edge - box[3]
        item = raw.FPDFPageObj_CreateNewRect(left, bottom, box[2] - box[0], box[3] - box[1])
        if fill:
            raw.FPDFPageObj_SetFillColor(item, *_levels(fill), 255)
        if line:
            raw.FPDFPageObj_SetStrokeColor(item, *_levels(colour), 255)
            raw.FPDFPageObj_SetStrokeWidth(item, line)
        raw.FPDFPath_SetDrawMode(item, raw.FPDF_FILLMODE_WINDING if fill else raw.FPDF_FILLMODE_NONE, bool(line))
        raw.FPDFPage_InsertObject(self._page, item)

    def arrow(self, start: Point, end: Point, line: float) -> None:
        """A line with a tip at its end."""
        along, down = end[0] - start[0], end[1] - start[1]
        length = math.hypot(along, down) or 1.0
        along, down = along / length * 5 * line, down / length * 5 * line
        back = end[0] - along, end[1] - down
        self._path([start, end], line)
        sides = [(back[0] + turn * down / 2, back[1] - turn * along / 2) for turn in (1, -1)]
        self._path([end, *sides], 0.0)

    def _path(self, points: list[Point], line: float) -> None:
        """A line through `points`, or, without a width, the shape between them."""
        raw = self._raw
        places = [(x + self._edge, self._height - self._edge - y) for x, y in points]
        item = raw.FPDFPageObj_CreateNewPath(*places[0])
        for place in places[1:]:
            raw.FPDFPath_LineTo(item, *place)
        raw.FPDFPageObj_SetFillColor(item, *_levels(GREY), 255)
        raw.FPDFPageObj_SetStrokeColor(item, *_levels(GREY), 255)
        raw.FPDFPageObj_SetStrokeWidth(item, line)
        raw.FPDFPath_SetDrawMode(item, raw.FPDF_FILLMODE_NONE if line else raw.FPDF_FILLMODE_WINDING, bool(line))
        raw.FPDFPage_InsertObject(self._page, item)

    def badge(self, text: str, x: float, y: float, colour: str, size: float) -> None:
        """A number, white on a box of `colour`, or grey where there is none."""
        if colour:
            wide = size * (0.5 + 0.6 * len(text))
            self.frame((x, y - 0.95 * size, x + wide, y + 0.3 * size), "", 0.0, fill=colour)
        self.text(text, x + (0.25 * size if colour else 0.0), y, size, "#FFFFFF" if colour else GREY)

    def text(self, text: str, x: float, y: float, size: float, colour: str, *, bold: bool = False) -> None:
        """A line of text that begins at `x` and stands on `y`."""
        raw = self._raw
        item = raw.FPDFPageObj_NewTextObj(self._file, b"Helvetica-Bold" if bold else b"Helvetica", size)
        units = text.encode("cp1252", "replace").decode("cp1252").encode("utf-16-le") + b"\0\0"
        raw.FPDFText_SetText(item, ctypes.cast(ctypes.c_char_p(units), ctypes.POINTER(ctypes.c_ushort)))
        raw.FPDFPageObj_SetFillColor(item, *_levels(colour), 255)
        raw.FPDFPageObj_Transform(item, 1, 0, 0, 1, x + self._edge, self._height - self._edge - y)
        raw.FPDFPage_InsertObject(self._page, item)


def _levels(colour: str) -> bytes:
    """ "#D55E00" as red, green and blue."""
    return bytes.fromhex(colour[1:])
