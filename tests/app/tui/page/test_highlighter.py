"""The yellow over words on the image of a page: which lines, which pixels."""

import zlib

import numpy as np

from docqa.app.tui.page.graphics import LineBox, line_boxes, marked_png, touched
from docqa.ingest.pdf.inspection import PageBoxes, SeenBlock, SeenLine
from docqa.ingest.types import Page


def test_lines_of_print_are_found_in_a_text_that_joins_them():
    page = Page(0, "1", "The fee is forty pounds.\nNothing else.", "A")
    first = SeenBlock(
        0,
        24,
        "para",
        (SeenLine("The fee is for-", (10, 10, 90, 20)), SeenLine("ty pounds.", (10, 20, 60, 30))),
    )
    second = SeenBlock(25, 38, "para", (SeenLine("Nothing else.", (10, 40, 70, 50)),))
    lines = line_boxes(PageBoxes(100.0, 200.0, (first, second), b"", ()), page)
    assert [page.text[line.start : line.end].strip() for line in lines] == [
        "The fee is for",
        "ty pounds.",
        "Nothing else.",
    ]
    assert touched(lines, [(17, 23)]) == ((0.1, 0.1, 0.6, 0.15),)
    assert touched(lines, [(0, 3), (26, 30)]) == (lines[0].box, lines[2].box)


def test_yellow_lies_over_the_box_alone():
    png = marked_png(np.full((20, 10), 255, np.uint8), [LineBox(0, 1, (0.2, 0.5, 0.4, 0.6)).box])
    assert png.startswith(b"\x89PNG") and png[25] == 3
    palette = png.index(b"PLTE") + 4
    at = png.index(b"IDAT") + 4
    rows = np.frombuffer(zlib.decompress(png[at:-16]), np.uint8).reshape(20, 11)
    blue = np.frombuffer(png[palette : palette + 768], np.uint8).reshape(256, 3)[rows[:, 1:], 2]
    assert (blue[10:13, 2:5] < 100).all() and (blue < 200).sum() == 9
