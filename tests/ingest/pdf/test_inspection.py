"""What was seen on a page: every line in its place and its block, in the order of the Document, and
what is no text.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import pypdfium2
import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from docqa.ingest.errors import Encrypted, Unreadable
from docqa.ingest.pdf import ocr
from docqa.ingest.pdf.inspection import (
    PageBoxes,
    SeenLine,
    from_bytes,
    inspect_page,
    text_view,
    to_bytes,
)
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Page
from docqa.ingest.worker import inspect_in_worker
from tests.ingest.drawing import Sheet
from tests.ingest.reading import pdf_page, read_bytes

LINES = ["The warden opens the gate at the turn", "of the tide and notes the level."]


def drawn(paint: Callable[[Canvas], object]) -> bytes:
    canvas = Sheet()
    paint(canvas)
    return canvas.data()


def inspected(data: bytes, page: Page | None = None) -> PageBoxes:
    return inspect_page(ReadRequest("a.pdf", data), page or pdf_page(data))


def lines_of(view: PageBoxes) -> list[SeenLine]:
    return [line for block in view.blocks for line in block.lines]


def test_lines_of_two_columns_have_boxes_in_reading_order(two_columns):
    page = pdf_page(two_columns)
    view = inspected(two_columns, page)
    lines = lines_of(view)
    assert [line.text.split()[0] for line in lines] == [
        "A",
        *(f"left{n}" for n in range(30)),
        *(f"right{n}" for n in range(30)),
    ]
    assert (view.width_pt, view.height_pt) == (612, 792)
    assert all(71 < line.box[0] < 73 and line.box[2] < 322 for line in lines[1:31])
    assert all(321 < line.box[0] < 323 for line in lines[31:])
    # The base line of left3 is 700 - 3 * 13 points above the foot: 131 below the top.
    assert lines[4].box[1] < 131 < lines[4].box[3]


def test_blocks_are_those_of_the_document_and_hold_their_own_lines(make_pdf):
    data = make_pdf([[*LINES, "", "Another paragraph stands below a gap."]])
    page = pdf_page(data)
    view = inspected(data, page)
    assert [(b.start, b.end, b.kind) for b in view.blocks] == [
        (b.start, b.end, b.kind) for b in page.blocks
    ]
    found = [[line.text for line in block.lines] for block in view.blocks]
    assert found == [LINES, ["Another paragraph stands below a gap."]]
    for block in view.blocks:
        (box,) = block.boxes
        assert all(box[0] <= line.box[0] and box[3] >= line.box[3] for line in block.lines)


def test_a_paragraph_across_two_columns_has_two_boxes(sample_docs):
    data = (sample_docs / "tidal_ponds_paper.pdf").read_bytes()
    page = pdf_page(data)
    view = inspected(data, page)
    (split,) = [block for block in view.blocks if len(block.boxes) == 2]
    assert page.text[split.start : split.end].startswith("Opening a pond")
    left, right = split.boxes
    assert left[2] < right[0]
    note = view.blocks[-1]
    assert page.text[note.start :].startswith("1 The national survey")
    assert note.boxes[0][2] < right[0]  # read last, printed at the foot of the first column


def test_boxes_of_a_rotated_page_are_those_of_the_displayed_page():
    def paint(canvas: Canvas) -> None:
        canvas.rotate(90)
        for number in range(12):
            canvas.drawString(
                72, -100 - number * 20, f"Sideways line number {number} of this page, long enough."
            )

    data = drawn(paint)
    view = inspected(data)
    lines = lines_of(view)
    assert [line.text.split()[3] for line in lines] == [str(n) for n in range(12)]
    for number, line in enumerate(lines):
        x0, top, x1, bottom = line.box
        assert x0 < 100 + number * 20 < x1  # its base line
        assert bottom == pytest.approx(792 - 72, abs=2)  # its beginning
        assert bottom - top > 5 * (x1 - x0)


def test_the_box_of_a_stamp_in_the_margin_holds_all_of_it():
    def paint(canvas: Canvas) -> None:
        for number in range(20):
            canvas.drawString(
                120, 700 - 14 * number, f"Line {number} of the text stands upright here."
            )
        canvas.rotate(90)
        canvas.drawString(200, -40, "Stamped sideways beside everything")

    data = drawn(paint)
    view = inspected(data)
    stamp = view.blocks[-1].lines[-1]
    assert stamp.text == "Stamped sideways beside everything"
    assert stamp.box[3] - stamp.box[1] > 100


def test_without_pdfium_the_blocks_are_told_without_places(make_pdf):
    data = make_pdf([LINES])
    page = read(ReadRequest("a.pdf", data, pdfium=False)).pages[0]
    view = inspect_page(ReadRequest("a.pdf", data, pdfium=False), page)
    assert "pypdfium2" in view.notes[0]
    assert [block.boxes for block in view.blocks] == [()] * len(page.blocks)
    assert view.picture is None


def test_a_page_that_was_read_differently_has_no_boxes(make_pdf):
    data = make_pdf([LINES])
    page = pdf_page(data)
    view = inspected(data, replace(page, text="x" + page.text[1:]))
    assert "read in another way" in view.notes[0]
    assert [block.boxes for block in view.blocks] == [()]
    assert view.picture is not None


def test_the_picture_is_a_whole_png_of_the_page(make_pdf):
    data = make_pdf([LINES])
    png = inspected(data).picture
    assert png is not None
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (width, height, depth, colour) == (918, 1188, 8, 0)
    (length,) = struct.unpack(">I", png[33:37])
    rows = zlib.decompress(png[41 : 41 + length])
    assert len(rows) == height * (width + 1)
    assert min(rows[1 : width * 300]) < 100  # ink


def test_the_worker_sees_what_this_process_sees(two_columns):
    page = pdf_page(two_columns)
    view = inspected(two_columns, page)
    assert inspect_in_worker(ReadRequest("a.pdf", two_columns), page) == view
    assert from_bytes(to_bytes(view)) == view


def test_the_worker_hands_on_the_errors_of_the_file(make_pdf):
    data = make_pdf([LINES], password="tide")
    page = read(ReadRequest("a.pdf", data, password="tide")).pages[0]
    with pytest.raises(Encrypted, match="password"):
        inspect_in_worker(ReadRequest("a.pdf", data), page)
    assert inspect_in_worker(ReadRequest("a.pdf", data, password="tide"), page).blocks
    with pytest.raises(Unreadable, match="no page 10"):
        inspect_in_worker(ReadRequest("a.pdf", data, password="tide"), replace(page, index=9))


def test_recognised_lines_have_places(make_pdf, monkeypatch):
    def recognised(self: object, page: pypdfium2.PdfPage, number: int) -> ocr.OcrResult:
        line = [
            Word(text, 72 + 60 * at, 100, 130 + 60 * at, 112, at == 0, False)
            for at, text in enumerate("ABC")
        ]
        return ocr.OcrResult(line, 0.99, 0)

    monkeypatch.setattr(ocr, "is_ocr_available", lambda: True)
    monkeypatch.setattr(ocr.Recogniser, "recognise", recognised)
    with pypdfium2.PdfDocument(make_pdf([LINES])) as file:
        picture = ImageReader(file[0].render(scale=2).to_pil().convert("L"))
    data = drawn(lambda canvas: canvas.drawImage(picture, 0, 0, 612, 792))
    page = pdf_page(data)
    view = inspected(data, page)
    assert [line.box for line in lines_of(view)] == [(72, 100, 250, 112)]
    monkeypatch.setattr(ocr, "is_ocr_available", lambda: False)
    without = inspected(data, page)
    assert "read in another way" in without.notes[0]
    assert without.picture is not None


def test_a_page_over_its_time_is_named(make_pdf):
    data = make_pdf([LINES])
    with pytest.raises(Unreadable, match="page 1 took longer than 0 seconds"):
        inspect_in_worker(ReadRequest("a.pdf", data, page_seconds=0), pdf_page(data))


def test_a_page_that_is_not_read_says_why(make_pdf, monkeypatch):
    data = make_pdf([LINES])
    page = pdf_page(data)
    monkeypatch.setattr("docqa.ingest.pdf.pages.MAX_PAGE_CHARS", 10)
    view = inspected(data, page)
    assert "the limit is 10" in view.notes[0]
    assert view == text_view(page, *view.notes)


@pytest.mark.parametrize(
    "name",
    [
        "acad_scheduling",
        "acad_clef",
        "court_ca5",
        "court_azd_pleading",
        "rotated_edgar",
        "rtl_persian",
        "contract_2",
        "report_mmwr",
    ],
)
def test_every_block_of_real_pages_has_its_place(corpus, name):
    data = (corpus / f"{name}.pdf").read_bytes()
    document = read_bytes(name, data)
    for page in document.pages[:3]:
        view = inspect_page(ReadRequest(name, data), page)
        assert view.notes == ()
        assert all(block.boxes for block in view.blocks)
