"""The title of a PDF: the one in its record, or what its first page prints largest."""

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from docqa.ingest.pdf.structure import choose_title
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

TEXT = "The keeper lights the lamp an hour before the sun goes down."


def title_of(*large: str, in_file: str = "", large_line: int = 0) -> str:
    """The title of a page of body text whose lines from `large_line` on are `large` ones."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, 792))
    canvas.setTitle(in_file)
    lines = [(10, TEXT)] * 40
    lines[large_line:large_line] = [(18, text) for text in large]
    y = 740
    for size, text in lines:
        canvas.setFont("Helvetica", size)
        canvas.drawString(72, y, text)
        y -= 1.3 * size
    canvas.save()
    return read(ReadRequest("lamp.pdf", buffer.getvalue())).title


def test_the_largest_lines_of_the_first_page_are_the_title():
    assert title_of("The Care of Lamps", "on Northern Coasts") == (
        "The Care of Lamps on Northern Coasts"
    )


@pytest.mark.parametrize(
    ("large", "line"), [((), 0), (("Lamps",), 0), (("Lamps of the North",), 30)]
)
def test_body_type_and_single_words_and_later_lines_leave_the_name_of_the_file(large, line):
    assert title_of(*large, large_line=line) == "lamp"


def test_a_title_in_the_file_that_the_page_prints_stays():
    assert title_of("HARBOUR OFFICE", in_file="The keeper lights") == "The keeper lights"


def test_the_title_of_a_template_gives_way_to_the_printed_one():
    assert choose_title("Letter template 4", "The Care of Lamps", TEXT) == "The Care of Lamps"
    assert choose_title("Letter template 4", "", TEXT) == "Letter template 4"
    assert choose_title("The keeper lights 1999", "Lamps of 2004", TEXT) == "Lamps of 2004"
