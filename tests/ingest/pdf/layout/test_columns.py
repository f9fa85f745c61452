"""Pages that are more than two columns of prose: authors side by side, watermarks, text from right
to left.
"""

from collections.abc import Callable

from docqa.ingest.pdf.layout.paragraphs import join_lines
from docqa.ingest.pdf.layout.reading_order import lines_in_reading_order
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.structure.clean import Dehyphenator
from docqa.ingest.types import Page
from tests.ingest.drawing import Sheet
from tests.ingest.reading import pdf_page

PROSE = "The warden opens the gate at the turn of the tide and"


def drawn(draw: Callable[..., None]) -> Page:
    """The page that `draw` puts on a canvas."""
    canvas = Sheet()
    draw(canvas)
    return pdf_page(canvas.data())


def two_columns(canvas: object, top: float, *, left: str = "left", right: str = "right") -> None:
    canvas.setFont("Helvetica", 10)  # type: ignore[attr-defined]
    for row in range(30):
        for x, name in ((54, left), (318, right)):
            if name:
                canvas.drawString(x, top - row * 12, f"{name}{row} {PROSE} more"[:54])  # type: ignore[attr-defined]


def test_authors_side_by_side_are_read_one_by_one():
    authors = (
        ("Ada Brook", "Institute for Tides and Locks", "ada@tides.example"),
        ("Ben Weir", "Marsh University", "ben@marsh.example"),
        ("Cy Sluice", "Laboratory of the Old Harbour", "cy@old.example"),
    )

    def draw(canvas: object) -> None:
        canvas.setFont("Helvetica-Bold", 18)  # type: ignore[attr-defined]
        canvas.drawCentredString(306, 740, "Of Gates and Their Keepers")  # type: ignore[attr-defined]
        canvas.setFont("Helvetica", 10)  # type: ignore[attr-defined]
        for x, author in zip((130, 306, 482), authors, strict=True):
            for row, line in enumerate(author):
                canvas.drawCentredString(x, 715 - row * 12, line)  # type: ignore[attr-defined]
        two_columns(canvas, 650)

    text = drawn(draw).text
    wanted = [
        "Of Gates",
        *(line for author in authors for line in author),
        "left0 ",
        "left29 ",
        "right0 ",
    ]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)


def test_a_short_line_on_top_of_each_column_stays_in_its_column():
    def draw(canvas: object) -> None:
        canvas.setFont("Helvetica", 10)  # type: ignore[attr-defined]
        for x, words in ((130, "II.2."), (170, "Paper size")):
            canvas.drawString(x, 728, words)  # type: ignore[attr-defined]
        for row, item in enumerate(("one affiliation each.", "item1", "item2", "item3")):
            canvas.drawString(330, (728, 702, 690, 678)[row], "*")  # type: ignore[attr-defined]
            canvas.drawString(345, (728, 702, 690, 678)[row], item)  # type: ignore[attr-defined]
        two_columns(canvas, 702, right="")
        two_columns(canvas, 660, left="")

    text = drawn(draw).text
    assert (
        text.index("II.2.")
        < text.index("left0 ")
        < text.index("left29 ")
        < text.index("one affiliation")
    )


def test_a_watermark_across_the_page_comes_last():
    def draw(canvas: object) -> None:
        two_columns(canvas, 700)
        canvas.saveState()  # type: ignore[attr-defined]
        canvas.translate(150, 350)  # type: ignore[attr-defined]
        canvas.rotate(40)  # type: ignore[attr-defined]
        canvas.setFont("Helvetica", 50)  # type: ignore[attr-defined]
        canvas.drawString(0, 0, "Working draft only")  # type: ignore[attr-defined]
        canvas.restoreState()  # type: ignore[attr-defined]

    text = drawn(draw).text
    order = [text.index(f"{side}{row} ") for side in ("left", "right") for row in range(30)]
    assert order == sorted(order) and text.endswith("Working draft only")


def test_wrapped_lines_are_joined_where_wider_lines_are_near():
    lines = [
        ("a) A keeper opens the lock for every", 300),
        ("barge that waits below it, and for", 300),
        ("each of those that wait above; and", 300),
        ("b) no barge may wait longer than is", 300),
        ("usual at the turn of the tide, or", 300),
        ("otherwise until noon.", 210),
        ("Whoever comes from the sea, and whoever goes to it, pays", 480),
        ("for each of his barges when he leaves the lock and goes", 480),
        ("on.", 90),
    ]
    words = []
    for row, (text, right) in enumerate(lines):
        step = (right - 72) / len(text)
        x0 = 72.0
        for number, word in enumerate(text.split()):
            x1 = x0 + step * len(word)
            top = 100 + 12 * row
            words.append(Word(word, x0, top, x1, top + 10, number == 0, False))
            x0 = x1 + step
    ordered = lines_in_reading_order(words, 612).lines
    assert join_lines(ordered, Dehyphenator(text for text, _ in lines)).text.split("\n") == [
        " ".join(text for text, _ in lines[:3]),
        " ".join(text for text, _ in lines[3:6]),
        " ".join(text for text, _ in lines[6:]),
    ]


def test_lines_that_run_from_right_to_left_become_paragraphs_in_their_order():
    def row(top: float, right: float, words: str) -> list[Word]:
        placed = []
        for number, word in enumerate(words.split()):
            placed.append(Word(word, right - 30, top, right, top + 10, number == 0, False))
            right -= 33
        return placed

    # The end of a line was drawn before its beginning; a number stands between the words.
    words = [
        *row(100, 540, "אחד שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר 11 ועוד קצת"),
        *row(115, 342, "סוף השורה השנייה כאן ועוד מעט"),
        *row(115, 540, "תחילת השורה השנייה באה אחרי הסוף"),
        *row(130, 540, "ושורה קצרה."),
        *row(160, 540, "פסקה חדשה"),
    ]
    lines, numbers, _ = lines_in_reading_order(words, 612)
    text = join_lines(lines, Dehyphenator(line.text for line in lines)).text
    assert numbers is None
    assert text.split("\n") == [
        "אחד שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר 11 ועוד קצת תחילת השורה השנייה באה אחרי הסוף "
        "סוף השורה השנייה כאן ועוד מעט ושורה קצרה.",
        "פסקה חדשה",
    ]
    assert lines[0].box == (540 - 12 * 33 - 30, 100, 540, 110)
