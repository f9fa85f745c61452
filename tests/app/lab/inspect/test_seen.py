"""What of a page is not in its blocks: running heads and hidden text, with their boxes."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from reportlab.pdfgen.canvas import Canvas

from docqa.app.lab.inspect.seen import furniture_of, hidden_of
from docqa.ingest.pdf.inspection import extract_page, inspect_page
from docqa.ingest.read import read
from docqa.ingest.request import PageEvents, ReadRequest
from tests.ingest.drawing import Sheet


def request_of(paint: Callable[[Canvas], object]) -> ReadRequest:
    canvas = Sheet()
    paint(canvas)
    return ReadRequest("a.pdf", canvas.data())


def test_running_heads_have_boxes_and_are_no_lines_of_blocks():
    def paint(canvas: Canvas) -> None:
        for leaf in range(4):
            canvas.drawString(72, 760, f"Digest of the Lock {leaf + 1}")
            for line in range(6):
                canvas.drawString(
                    72, 700 - 14 * line, f"Leaf {leaf} says this much in line {line}."
                )
            canvas.showPage()

    request = request_of(paint)
    pages = read(request).pages
    heads = [
        furniture_of(page, extract_page(request, page, PageEvents())[0])[0] for page in pages[:2]
    ]
    assert (heads[1].text, heads[0].in_text, heads[1].in_text) == (
        "Digest of the Lock 2",
        True,
        False,
    )
    assert heads[1].box is not None and heads[1].box[3] < 40
    blocks = inspect_page(request, pages[1]).blocks
    assert heads[1].text not in [line.text for block in blocks for line in block.lines]


def test_of_two_equal_lines_the_one_at_the_edge_is_the_head():
    def paint(canvas: Canvas) -> None:
        for leaf in range(4):
            canvas.drawString(72, 760, "Digest")
            canvas.drawString(72, 400, "Digest")
            canvas.drawString(72, 500 - leaf, f"Leaf number {leaf} has something to say.")
            canvas.showPage()

    request = request_of(paint)
    page = replace(read(request).pages[2], furniture=("Digest",))
    (head,) = furniture_of(page, extract_page(request, page, PageEvents())[0])
    assert head.box is not None and head.box[1] < 40


def test_hidden_text_has_its_box_and_reason():
    def paint(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "What everybody can read.")
        canvas.setFillGray(1)
        canvas.drawString(100, 500, "What nobody can.")

    request = request_of(paint)
    (hidden,) = hidden_of(extract_page(request, read(request).pages[0], PageEvents())[0])
    assert (hidden.text, hidden.count) == ("What nobody can.", 1)
    assert "colour of its background" in hidden.reason
    ((x0, top, _, bottom),) = hidden.boxes
    assert x0 == pytest.approx(100, abs=2) and top < 792 - 500 < bottom
