"""PDF files made for the tests, by reportlab or object by object."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption

from docqa.ingest.types import Document
from tests.ingest.drawing import Sheet

SENTENCE = (
    "The warden opens the gate at the turn of the tide and notes the level in the book of the lock."
)


@pytest.fixture
def make_pdf() -> Callable[..., bytes]:
    """A function from the lines of each page to a PDF, one line below the other from the top
    left.
    """

    def make(
        pages: Sequence[Sequence[str]],
        *,
        bookmarks: Sequence[tuple[str, int, int]] = (),
        labels: str | None = None,
        password: str | None = None,
        head: str = "",
        size: int = 11,
    ) -> bytes:
        encryption = StandardEncryption(password, strength=128) if password else None
        canvas = Sheet(encrypt=encryption)
        for index, lines in enumerate(pages):
            if labels:
                canvas.addPageLabel(index, labels, 1) if index == 0 else None
            for title, page, level in bookmarks:
                if page == index:
                    canvas.bookmarkPage(f"k{title}")
                    canvas.addOutlineEntry(title, f"k{title}", level)
            if head:
                canvas.setFont("Helvetica", 9)
                canvas.drawString(72, 760, head.format(index + 1))
            canvas.setFont("Helvetica", size)
            for number, line in enumerate(lines):
                canvas.drawString(72, 700 - number * size * 1.3, line)
            canvas.showPage()
        return canvas.data()

    return make


@pytest.fixture
def two_columns() -> bytes:
    """A page of two columns that was drawn row by row, with a title across both."""
    canvas = Sheet()
    canvas.setFont("Helvetica", 14)
    canvas.drawString(90, 740, "A title that stands above both columns and crosses the gutter")
    canvas.setFont("Helvetica", 10)
    for row in range(30):
        canvas.drawString(72, 700 - row * 13, f"left{row} words of the first column run on here")
        canvas.drawString(322, 700 - row * 13, f"right{row} words of the second column go here")
    return canvas.data()


@pytest.fixture
def corpus() -> Path:
    """The PDFs beside the checkout, where there are any."""
    folder = Path(__file__).parents[3] / "shared" / "data" / "pdfs"
    if not folder.is_dir():
        pytest.skip("no ../shared/data/pdfs")
    return folder


@pytest.fixture
def check_offsets() -> Callable[[Document], None]:
    """A check that blocks, sections and passages of a document without pages hold all of its text,
    in order.
    """

    def check(document: Document) -> None:
        text = document.pages[0].text
        for block in document.pages[0].blocks:
            assert text[block.start : block.end].strip()
        for passage in document.passages:
            assert document.passage_text(passage) == text[passage.start : passage.end].strip() != ""
        assert [s.start for s in document.sections] == sorted(s.start for s in document.sections)
        words = "".join(document.passage_text(p) for p in document.passages)
        assert "".join(words.split()) == "".join(text.split())

    return check
