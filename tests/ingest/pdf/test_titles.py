"""The title that a PDF prints: the largest words of its first page."""

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

TEXT = "The keeper lights the lamp an hour before the sun goes down."


def title_of(*large: str, large_line: int = 0) -> str:
    """The title of a page of body text whose lines from `large_line` on are `large` ones."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, 792))
    lines = [(10, TEXT)] * 40
    lines[large_line:large_line] = [(18, text) for text in large]
    y = 740
    for size, text in lines:
        canvas.setFont("Helvetica", size)
        canvas.drawString(72, y, text)
        y -= 1.3 * size
    canvas.save()
    return read(ReadRequest("lamp.pdf", buffer.getvalue())).printed_title


def test_the_largest_lines_of_the_first_page_are_the_title():
    assert title_of("The Care of Lamps", "on Northern Coasts") == (
        "The Care of Lamps on Northern Coasts"
    )


@pytest.mark.parametrize(
    ("large", "line"), [((), 0), (("Lamps",), 0), (("Lamps of the North",), 30)]
)
def test_body_type_single_words_and_later_lines_are_no_title(large, line):
    assert title_of(*large, large_line=line) == ""
