"""PDF: order, words, running heads, labels, outline, encryption, and everything that can be wrong
with a file.
"""

import json
import re
import unicodedata

import pytest

from docqa.ingest.errors import (
    EmptyError,
    Encrypted,
    MissingError,
    NotADocument,
    NoText,
    Unreadable,
)
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.worker import read_in_worker
from tests.ingest.drawing import Sheet
from tests.ingest.reading import pdf_page, read_bytes, read_pdf

LINES = [
    "The warden opens the gate at the turn of the tide and notes the level in the book,",
    "because the pond behind the wall must not fall below the mark that was cut there by",
    "the engineer. Nobody else may touch the wheel.",
]


def test_wrapped_lines_become_one_paragraph(make_pdf):
    page = pdf_page(make_pdf([[*LINES, "A new paragraph is short."]]))
    assert page.text == " ".join(LINES) + "\nA new paragraph is short."
    assert [page.text[b.start : b.end] for b in page.blocks] == page.text.split("\n")


def test_two_columns_drawn_row_by_row_are_read_column_by_column(two_columns):
    text = pdf_page(two_columns).text
    order = [f"left{n} " for n in range(30)] + [f"right{n} " for n in range(30)]
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert text.index("A title") == 0


def test_words_broken_at_line_ends_are_joined_with_care(make_pdf):
    pages = [
        [
            "The committee gave its final assessments of every pond and of the whole length of the long-",
            "term plan, which is called a long-term plan here, and it noted that the earlier assess-",
            "ments of Marsh-",
        ]
    ]
    text = pdf_page(make_pdf(pages)).text
    assert "long-term plan, which is called a long-term plan" in text
    assert "earlier assessments of" in text


def test_running_heads_go_to_furniture_and_number_the_pages(make_pdf):
    birds = ["heron", "gull", "plover", "teal", "crane", "rail"]
    pages = [[f"The {bird} is seen at gate {n} and nowhere else."] for n, bird in enumerate(birds)]
    document = read_pdf(make_pdf(pages, head="Harbour Rules {}"))
    assert document.pages[3].furniture == ("Harbour Rules 4",)
    assert "Harbour Rules" not in document.pages[3].text
    assert "Harbour Rules 1" in document.pages[0].text, "what a head says must stand somewhere"
    assert [page.label for page in document.pages] == ["1", "2", "3", "4", "5", "6"]


def test_printed_labels_come_from_the_file(make_pdf):
    document = read_pdf(make_pdf([["One page"], ["Another page"]], labels="ROMAN_LOWER"))
    assert [page.label for page in document.pages] == ["i", "ii"]


def test_bookmarks_are_checked_against_the_page(make_pdf):
    pages = [["1 Scope", *LINES], ["2 Duties", *LINES], [*LINES]]
    marks = [("1 Scope", 0, 0), ("2 Duties", 1, 0), ("Gone", 2, 0)]
    sections = read_pdf(make_pdf(pages, bookmarks=marks)).sections
    found = [(s.number, s.title, s.page, s.start, s.confidence) for s in sections]
    assert found == [
        ("1", "Scope", 1, 0, 0.95),
        ("2", "Duties", 2, 0, 0.95),
        (None, "Gone", 3, 0, 0.5),
    ]
    assert {s.source for s in sections} == {"bookmark"}


def test_without_bookmarks_numbered_headings_are_the_outline(make_pdf):
    pages = [
        ["1 Scope", "", "", *LINES, "", "1.1 Gates", "", "", *LINES],
        ["2 Duties", "", "", *LINES],
    ]
    document = read_pdf(make_pdf(pages))
    found = [(s.id, s.number, s.title, s.level, s.parent) for s in document.sections]
    assert found == [
        ("1", "1", "Scope", 1, None),
        ("1.1", "1.1", "Gates", 2, "1"),
        ("2", "2", "Duties", 1, None),
    ]
    assert document.section_of(2, 500).title == "Duties"  # type: ignore[union-attr]


def test_an_encrypted_file_needs_its_password(make_pdf):
    data = make_pdf([["The secret is a heron."]], password="heron")
    with pytest.raises(Encrypted, match="--password-file"):
        read_pdf(data)
    with pytest.raises(Encrypted, match="does not open"):
        read(ReadRequest("a.pdf", data, password="gull"))
    assert (
        read(ReadRequest("a.pdf", data, password="heron")).pages[0].text == "The secret is a heron."
    )


def test_pages_without_text_are_counted_and_named(make_pdf):
    document = read_pdf(make_pdf([["Some words stand here."], [], ["More words stand here."]]))
    assert document.coverage.pages_without_text == (2,)
    assert document.pages[1].grade == "F"
    assert any("page 2" in line for line in document.coverage.warnings)


def test_a_scan_without_text_says_what_to_do(make_pdf):
    with pytest.raises(NoText, match="OCR"):
        read_bytes("scan.pdf", make_pdf([[], []]))


def test_what_is_no_pdf_is_refused_by_its_content(tmp_path):
    file = tmp_path / "letter.pdf"
    file.write_bytes(b"Dear Sir, this is only text.")
    with pytest.raises(NotADocument, match="not a PDF"):
        read(ReadRequest(file))
    file.write_bytes(b"")
    with pytest.raises(EmptyError):
        read(ReadRequest(file))
    with pytest.raises(MissingError):
        read(ReadRequest(tmp_path / "nowhere.pdf"))


def test_a_truncated_file_is_unreadable_with_advice(make_pdf):
    data = make_pdf([LINES] * 5)
    with pytest.raises(Unreadable, match="damaged or was cut off"):
        read_pdf(data[: len(data) // 4])


def test_pypdf_alone_reads_the_same_words(make_pdf):
    data = make_pdf([[*LINES], ["Another page of it."]])
    with_boxes = read_pdf(data)
    alone = read(ReadRequest("a.pdf", data, pdfium=False))
    assert [p.text.split() for p in alone.pages] == [p.text.split() for p in with_boxes.pages]


@pytest.mark.parametrize("count", [1, 1000])
def test_one_page_and_a_thousand_pages_are_read(make_pdf, count):
    document = read_pdf(make_pdf([[f"This is the leaf {n}."] for n in range(count)]))
    assert len(document.pages) == count == document.coverage.pages
    assert document.pages[-1].text == f"This is the leaf {count - 1}."


def fold(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def test_golden_answers_stand_on_their_pages(corpus):
    golden = [
        json.loads(line) for line in (corpus / "questions.jsonl").read_text("utf-8").splitlines()
    ]
    golden = [item for item in golden if not item["unanswerable"]]
    documents = {
        name: read(ReadRequest(corpus / name)) for name in {item["file"] for item in golden}
    }
    found = sum(
        fold(g["answer"]) in fold(documents[g["file"]].pages[g["page"] - 1].text) for g in golden
    )
    assert found >= 0.95 * len(golden)


BAD = ["bad_bomb", "bad_corrupted", "bad_cyclic_pages", "bad_deep_pages"]


@pytest.mark.parametrize("name", BAD)
def test_malformed_files_of_the_corpus_are_refused(corpus, name):
    with pytest.raises(Unreadable):
        read_in_worker(ReadRequest(corpus / f"{name}.pdf"))


def test_bold_words_that_open_a_paragraph_are_a_heading_without_its_sentence():
    canvas = Sheet()
    names = ("Annual Leave", "Sick Pay", "Lunch")
    for at, name in enumerate(names):
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(72, 700 - 60 * at, name)
        canvas.setFont("Helvetica", 11)
        x = 76 + canvas.stringWidth(name, "Helvetica-Bold", 11)
        canvas.drawString(x, 700 - 60 * at, "Leave is 28 days a year for all who work by the day")
        canvas.drawString(72, 686 - 60 * at, "and it is paid at the end of the month.")
    document = read_pdf(canvas.data())
    assert [section.title for section in document.sections] == list(names)
