"""The cell of a grid: spanning heads, titles of groups, names of rows after the first cell, parts
on other pages.
"""

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from docqa.app.reading.tables.answer import tables_with_words_above
from docqa.app.reading.tables.matching import choose_cells
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

STATES = ("Idaho", "Maine", "Ohio", "Texas", "Utah")


def ponds(pages: int = 1) -> Document:
    """An unruled table of ponds by state and school year, with heads on its first page only."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, 792))
    for page in range(pages):
        if not page:
            canvas.drawString(72, 730, "Ponds, by state (in thousands)")
            for at, head in enumerate(("1980–81", "2007–08", "2008–09")):
                canvas.drawRightString(300 + 80 * at, 714, head)
        for n, name in enumerate(STATES):
            canvas.drawString(72, 700 - 16 * n, f"{'New ' * page}{name}1 .......")
            for at in range(3):
                canvas.drawRightString(300 + 80 * at, 700 - 16 * n, f"{page + 1},{n * n + 1}{at}5")
        canvas.showPage()
    canvas.save()
    return read(ReadRequest("ponds.pdf", buffer.getvalue()))


def chosen(document: Document, question: str, page: int = 1) -> list[str]:
    choice = choose_cells(question, tables_with_words_above(document, [page]))
    return [cell.text for cell in choice.cells] if choice is not None else []


def test_the_head_of_a_column_and_the_name_of_a_row_tell():
    assert chosen(ponds(), "How many ponds did Texas have in 2008–09?") == ["1,1025"]
    assert chosen(ponds(), "How many ponds did Utah have in 1980–81?") == ["1,1705"]
    assert chosen(ponds(), "How many ponds did Nevada have in 2008–09?") == []


def test_a_table_that_goes_on_has_its_heads_from_before():
    assert chosen(ponds(2), "How many ponds did New Texas have in 2007–08?", 2) == ["2,1015"]


HTML = """<table><tr><th rowspan=2>Gate</th><th colspan=2>High water</th><th colspan=2>Low water</th>
<th rowspan=2>Keeper</th></tr>
<tr><th>2018</th><th>2019</th><th>2018</th><th>2019</th></tr><tr><td colspan=6>Harbour</td></tr>
<tr><td>North</td><td>4.1</td><td>4.2</td><td>1.1</td><td>1.2</td><td>Ansgar</td></tr>
<tr><td>South</td><td>4.3</td><td>4.4</td><td></td><td>1.4</td><td>Bertil</td></tr><tr><td colspan=6>River</td></tr>
<tr><td>North</td><td>5.1</td><td>5.2</td><td>2.1</td><td>2.2</td><td>Cyra</td></tr></table>"""


@pytest.mark.parametrize(
    ("question", "cells"),
    [
        ("What was the low water at the south gate in 2019?", ["1.4"]),
        ("What was the high water at the north gate of the river in 2018?", ["5.1"]),
        ("What was the low water at the south gate in 2018?", []),
    ],
)
def test_spanning_heads_and_titles_tell_cells_apart(question, cells):
    assert chosen(read(ReadRequest("gates.html", HTML.encode())), question) == cells
