"""Readable PDFs that pypdf alone refuses."""

import re

import pytest

from docqa.ingest.pdf.inspection import inspect_page
from docqa.ingest.request import ReadRequest
from tests.ingest.drawing import one_page
from tests.ingest.reading import pdf_page, read_pdf

LINES = ["The warden opens the gate at dawn.", "The toll is nine marks."]


@pytest.mark.parametrize("end", [b"", b"startxref\n99999\n%%EOF\n", b"%%EOF\n"])
def test_a_file_without_the_place_of_its_table_is_read(make_pdf, end):
    data = re.sub(rb"startxref\s+\d+\s+%%EOF\s*$", end, make_pdf([LINES, ["It is paid in coin."]]))
    document = read_pdf(data)
    texts = [" ".join(page.text.split()) for page in document.pages]
    assert texts == [" ".join(LINES), "It is paid in coin."]
    assert inspect_page(ReadRequest("a.pdf", data), document.pages[0]).width_pt == 612


def test_a_page_is_read_whose_font_has_a_stream_without_a_length():
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    data = one_page(
        b"BT /F 12 Tf 72 700 Td (Paid in coin.) Tj ET",
        font,
        b"<< /Length 2 0 R >>\nstream\nendstream",
    )
    assert pdf_page(data).text == "Paid in coin."
