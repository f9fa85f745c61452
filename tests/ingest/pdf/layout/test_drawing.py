"""Texts side by side that no gutter separates: the order of the drawing tells them apart, and
grades pages.
"""

from collections.abc import Callable

from docqa.ingest.types import Page
from tests.ingest.drawing import Sheet
from tests.ingest.reading import pdf_page

BODY = (
    "The gates of the upper lock are opened by the warden alone, who notes",
    "the hour and the level of the water in the book of the lock before the",
    "first vessel may enter the chamber, and closes them again behind it as",
    "soon as the last of the waiting vessels has passed the marks painted on",
    "both walls, unless the water rises by more than two feet in an hour, in",
    "which case he keeps them shut until the master of the harbour has given",
    "leave in writing.",
)


def drawn(draw: Callable[..., None]) -> Page:
    """The page that `draw` puts on a canvas, with a function that writes lines below one
    another.
    """
    canvas = Sheet()
    canvas.setFont("Helvetica", 10)

    def write(x: float, top: float, *lines: str) -> None:
        for row, line in enumerate(lines):
            canvas.drawString(x, top - 12 * row, line)

    draw(write)
    return pdf_page(canvas.data())


def test_labels_in_the_margin_do_not_run_into_the_text():
    def draw(write: Callable[..., None]) -> None:
        write(40, 700, "Editor:", "A. Brook", "Submitted:", "1 May", "Published:", "2 June")
        write(170, 700, *BODY)

    page = drawn(draw)
    assert " ".join(BODY) in page.text.replace("\n", " ")
    assert "Submitted:\n1 May\nPublished:\n2 June" in page.text


def test_addresses_side_by_side_are_read_one_by_one():
    left = (
        "ADA WEIR",
        "Legal Aid of the Marsh",
        "39 Drum Street",
        "Telephone: 621-2493",
        "Counsel for Plaintiffs",
    )
    right = (
        "BEN SLUICE",
        "Office of the Harbour",
        "555 Seventh Street",
        "Telephone: 553-9319",
        "Counsel for the City",
    )

    def draw(write: Callable[..., None]) -> None:
        write(
            72,
            700,
            "This motion is made by the parties that are named below, each by its own counsel.",
        )
        write(72, 660, *left)
        write(330, 660, *right)

    page = drawn(draw)
    assert "\n".join(left) in page.text and "\n".join(right) in page.text


def test_columns_below_a_table_across_the_page_are_read_one_by_one():
    half = [line[:38] for line in BODY]

    def draw(write: Callable[..., None]) -> None:
        for row in range(14):
            for column in range(6):
                write(72 + 80 * column, 740 - 12 * row, f"{row * 7 + column}.{column}{row}")
        write(
            72,
            540,
            "Table 1: levels of the water in the upper and in the lower lock, in each month and year",
        )
        for column, x in enumerate((72, 318)):
            write(x, 510, *(f"{line} {column}{row}" for row, line in enumerate(half)))

    page = drawn(draw)
    ends = [
        page.text.index(f" {column}{row}", page.text.index("Table 1"))
        for column in (0, 1)
        for row in range(7)
    ]
    assert ends == sorted(ends)


def test_the_columns_of_a_table_stay_rows_however_they_are_drawn():
    names = ("Upper lock", "Lower lock", "Old basin", "New basin", "Outer quay")

    def draw(write: Callable[..., None]) -> None:
        write(72, 700, *names)
        write(300, 700, *(f"{number}00" for number in range(1, 6)))

    assert drawn(draw).text.split("\n") == [
        f"{name} {number}00" for number, name in enumerate(names, 1)
    ]


def test_a_page_is_graded_a_where_the_drawing_confirms_its_columns():
    def draw(write: Callable[..., None]) -> None:
        for x in (54, 318):
            write(x, 700, *(f"{line[:44]} {row}" for row in range(4) for line in BODY))

    assert drawn(draw).grade == "A"


def test_columns_that_were_drawn_row_by_row_are_not_graded_a():
    def draw(write: Callable[..., None]) -> None:
        for row, line in enumerate(BODY * 4):
            for x in (54, 318):
                write(x, 700 - 12 * row, f"{line[:44]} {row}")

    assert drawn(draw).grade == "B"


def test_a_foot_that_was_drawn_first_does_not_lower_the_grade():
    def draw(write: Callable[..., None]) -> None:
        write(300, 40, "7")
        write(72, 700, *(BODY * 4))

    assert drawn(draw).grade == "A"
