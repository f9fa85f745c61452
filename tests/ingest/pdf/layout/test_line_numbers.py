"""Printed line numbers: they leave the text, and a place in it still has the number of its line."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.ingest.read import read
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.types import Document, NumberedLine, Page
from tests.ingest.drawing import Sheet
from tests.ingest.reading import pdf_page, read_pdf

WORDS = [
    "warden",
    "opens",
    "gate",
    "turn",
    "tide",
    "notes",
    "level",
    "book",
    "lock",
    "wall",
    "pond",
    "mark",
    "wheel",
]


def sentence(number: int) -> str:
    return f"word{number} " + " ".join(WORDS[(number + n) % len(WORDS)] for n in range(12))


def numbered_pdf(pages: Sequence[Sequence[tuple[int | None, str]]]) -> bytes:
    """Pages of lines, each with the number beside it."""
    canvas = Sheet()
    for lines in pages:
        for at, (number, text) in enumerate(lines):
            canvas.drawString(108, 720 - at * 24, text)
            if number is not None:
                canvas.drawRightString(90, 720 - at * 24, str(number))
        canvas.showPage()
    return canvas.data()


def document(pages: Sequence[Sequence[tuple[int | None, str]]]) -> Document:
    return read_pdf(numbered_pdf(pages))


def line_of(page: Page, word: str) -> tuple[int, int] | None:
    start = page.text.index(word)
    return page.line_numbers(start, start + len(word))


@pytest.fixture
def pleading() -> Document:
    full = [[(n, sentence(100 * page + n)) for n in range(1, 29)] for page in range(2)]
    return document([*full, [(1, sentence(301)), (2, sentence(302)), (3, "SO ORDERED."), (4, "")]])


def test_numbers_of_a_pleading_leave_the_text_and_name_their_lines(pleading):
    for page, first in zip(pleading.pages[:2], (0, 100), strict=True):
        assert "\n1 word" not in "\n" + page.text
        assert [line_of(page, f"word{first + n} ") for n in (1, 7, 28)] == [
            (1, 1),
            (7, 7),
            (28, 28),
        ]
        assert "line numbers 1–28" in page.furniture


def test_a_quote_over_several_lines_has_the_first_and_the_last(pleading):
    page = pleading.pages[0]
    assert page.line_numbers(page.text.index("word5 "), page.text.index("word8 ") + 3) == (5, 8)


def test_the_short_last_page_of_a_numbered_document_is_numbered_too(pleading):
    page = pleading.pages[2]
    assert page.text.startswith("word301 ") and line_of(page, "SO ORDERED.") == (3, 3)


def test_a_page_that_is_read_again_sends_its_event_again():
    full = [[(n, sentence(100 * page + n)) for n in range(1, 29)] for page in range(2)]
    began: list[int] = []
    read(
        ReadRequest("a.pdf", numbered_pdf([*full, [(n, sentence(300 + n)) for n in range(1, 5)]])),
        PageEvents(on_page=began.append),
    )
    assert began == [1, 2, 3, 3, 0]


def test_row_numbers_of_a_table_stay_in_its_rows():
    canvas = Sheet()
    for row in range(1, 25):
        for x, cell in ((72, str(row)), (110, f"pond{row}"), (280, f"{row}.5 m"), (440, "sluice")):
            canvas.drawString(x, 720 - row * 24, cell)
    page = pdf_page(canvas.data())
    assert page.text.split("\n")[6] == "7 pond7 7.5 m sluice" and page.lines == ()


def test_a_list_with_bare_numbers_keeps_them():
    rows: list[tuple[int | None, str]] = []
    for number in range(1, 13):
        rows += [
            (number, sentence(number)),
            (None, sentence(100 + number)),
            (None, sentence(200 + number)),
        ]
    page = document([rows[:28]]).pages[0]
    assert page.lines == () and " 3 word3 " in page.text


@settings(deadline=None)
@given(st.lists(st.text("ab \n", min_size=1, max_size=9), min_size=1, max_size=9), st.data())
def test_every_offset_lies_between_its_printed_line_numbers(lines, data):
    lines = [line.replace("\n", " ") for line in lines]
    starts = [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines))]
    page = Page(
        0,
        None,
        " ".join(lines),
        "A",
        lines=tuple(NumberedLine(s, n) for n, s in enumerate(starts, 7)),
    )
    start = data.draw(st.integers(0, len(page.text) - 1))
    end = data.draw(st.integers(start + 1, len(page.text)))
    first, last = page.line_numbers(start, end) or (0, 0)
    assert starts[first - 7] <= start and starts[last - 7] < end
    assert all(not start < s for s in starts[: first - 6]) and all(
        s >= end for s in starts[last - 6 :]
    )
