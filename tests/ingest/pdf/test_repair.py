"""Readable PDFs that pypdf alone refuses."""

import re

import pytest

from docqa.ingest.pdf.inspection import inspect_page
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

LINES = ["The warden opens the gate at dawn.", "The toll is nine marks."]


@pytest.mark.parametrize("end", [b"", b"startxref\n99999\n%%EOF\n", b"%%EOF\n"])
def test_a_file_without_the_place_of_its_table_is_read(make_pdf, end):
    data = re.sub(rb"startxref\s+\d+\s+%%EOF\s*$", end, make_pdf([LINES, ["It is paid in coin."]]))
    document = read(ReadRequest("a.pdf", data))
    texts = [" ".join(page.text.split()) for page in document.pages]
    assert texts == [" ".join(LINES), "It is paid in coin."]
    assert inspect_page(ReadRequest("a.pdf", data), document.pages[0]).width_pt == 612
