"""What the document prints to name a place: statutes, contracts, opinions, papers; never a
position.
"""

from dataclasses import replace

import pytest

from docqa.ingest.pdf.bookmarks import Bookmark, from_bookmarks
from docqa.ingest.structure.clean import paragraph_block_per_line
from docqa.ingest.structure.locators.sections import add_locators_to_sections
from docqa.ingest.structure.notes import find_notes
from docqa.ingest.structure.outline import HeadingMark, build_sections
from docqa.ingest.types import Document, Page
from tests.ingest.reading import read_bytes, read_pdf

STATUTE = """# Harbour Act

## Preamble

The harbour is old.

## Chapter 4 Keepers

### 81 Choice of the keeper

(1) The town chooses a keeper who—

(a) is of age;

(b) can swim, that is—

(i) in the sea; and

(ii) in the lock.

and who lives in the town.

(2) The keeper serves for nine years.

### 82 Duties of the keeper

(1) The keeper opens the gate.

(3) The keeper rings the bell.

## Schedule 2

### Part A

1. The bell is rung twice.

### Part B

## Schedule 3

### Part A

The flag is red.
"""

CONTRACT = """# Lease

## Recitals

(A) The Owner has a boat.

(B) The Guest wants a boat.

## 1 Terms

1.1 The Guest pays on Monday. The price is: (a) nine pounds; or (b) ten. Late rent bears interest.

1.2 The Guest mends the sail.

## 5 Deposits

A. The deposit is paid to the harbour.

1. In coins.

2. By cheque.

B. The deposit is paid back.

## 6 Payment in 3.5 parts

3.5 million coins were paid before.
"""


def named(document: Document, words: str) -> str | None:
    """The locator of the place where `words` stand."""
    page = next(page for page in document.pages if words in page.text)
    return document.locator_of(page.page, page.text.index(words))


def each_named(document: Document, *words: str) -> list[str | None]:
    return [named(document, each) for each in words]


def markdown(text: str) -> Document:
    return read_bytes("a.md", text.encode())


@pytest.mark.parametrize(
    ("words", "locator"),
    [
        ("harbour is old", "Preamble"),
        ("The town chooses", "81(1)"),
        ("is of age", "81(1)(a)"),
        ("in the lock", "81(1)(b)(ii)"),
        ("serves for nine", "81(2)"),
        ("opens the gate", "82(1)"),
        ("rings the bell", "82(3)"),
        ("The flag is red", "Schedule 3 Part A"),
    ],
)
def test_a_place_in_a_statute_is_named_as_it_is_printed(words, locator):
    assert named(markdown(STATUTE), words) == locator


@pytest.mark.parametrize(
    ("words", "locator"),
    [
        ("The Guest wants", "Recitals (B)"),
        ("pays on Monday", "1.1"),
        ("(b) ten", "1.1(b)"),
        ("Late rent", "1.1"),
        ("mends the sail", "1.2"),
        ("The deposit is paid to", "5.A"),
        ("By cheque", "5.A.2"),
        ("is paid back", "5.B"),
        ("million coins", "6"),
    ],
)
def test_a_place_in_a_contract_is_named_as_it_is_printed(words, locator):
    assert named(markdown(CONTRACT), words) == locator


def test_before_the_first_heading_there_is_no_locator():
    assert named(markdown("Words that stand alone.\n\n## 1 Terms\n\nMore."), "Words") is None


def located(*marks: tuple[int, str | None, str]) -> list[str | None]:
    """The locators of headings given as level, number and title."""
    made = [
        HeadingMark(level, number, title, 1, at, "markup", 1.0)
        for at, (level, number, title) in enumerate(marks)
    ]
    return [
        section.locator
        for section in add_locators_to_sections(build_sections(made), has_pages=True)
    ]


def test_numbers_that_begin_again_have_what_is_around_them_in_front():
    assert located(
        (1, "ARTICLE I", "Boats"),
        (2, "Section 1", "Sails"),
        (1, "ARTICLE II", "Nets"),
        (2, "Section 1", "Ropes"),
        (2, "Section 2", "Hooks"),
        (1, "Exhibit A", "Prices"),
        (2, "1", "Coins"),
        (2, "1.1", "Pounds"),
    ) == [
        "Article I",
        "Article I Section 1",
        "Article II",
        "Article II Section 1",
        "Section 2",
        "Exhibit A",
        "Exhibit A, 1",
        "Exhibit A, 1.1",
    ]


def test_an_exhibit_that_opens_the_document_is_no_part_of_its_numbers():
    assert located((1, "Exhibit 10.2", ""), (2, "1", "Term"), (3, "1.1", "Years")) == [
        "Exhibit 10.2",
        "1",
        "1.1",
    ]


def test_sections_count_on_through_chapters_and_letters_belong_to_their_section():
    found = located((1, "Chapter 1", "One"), (2, "7", "Two"), (3, "A", "Three"), (4, "(2)", "Four"))
    assert found == ["Chapter 1", "7", "7.A", "7.A(2)"]
    assert located((1, None, "First Schedule (Section 5)"), (2, "Part A", "Oaths")) == [
        "First Schedule",
        "Part A",
    ]


def test_parts_of_an_opinion_and_its_notes_are_named():
    lines = (
        "SUPREME COURT OF THE SHIRE",
        "JUSTICE ALDER delivered the opinion of the Court.",
        "I",
        "A",
        "The mill stood by the weir.",
        "B",
        "The weir fell.1",
        "II",
        "A",
        "We hold for the miller.",
        "B",
        "We affirm.",
        "1 It was mended later.",
    )
    text = "\f".join(["\n\n".join(lines), "Judgment is affirmed."])
    document = read_bytes("a.txt", text.encode())
    assert named(document, "The weir fell") == "Opinion of the Court (Alder), I.B"
    assert named(document, "We hold") == "Opinion of the Court (Alder), II.A"
    parts = [(section.number, section.level) for section in document.sections]
    assert parts == [(None, 1), ("I", 2), ("A", 3), ("B", 3), ("II", 2), ("A", 3), ("B", 3)]


def test_a_note_below_a_rule_goes_on_below_the_next_one():
    first = ["SUPREME COURT OF THE SHIRE", "JUSTICE ALDER delivered the opinion of the Court.", "I"]
    one = "\n\n".join(
        [
            *first,
            "The mill stood by § 5.1 It fell.",
            "II",
            "We go on.",
            "————",
            "1The book says that a",
        ]
    )
    two = "\n\n".join(["We affirm.", "————", "mill has a wheel."])
    pages = [
        Page(0, "1", one.replace("————", "——————"), "A"),
        Page(1, "2", two.replace("————", "——————"), "A"),
    ]
    pages = [replace(page, blocks=paragraph_block_per_line(page.text)) for page in pages]
    found = [(note.mark, note.page, note.at_page) for note in find_notes(pages, paged=True)]
    assert found == [("1", 1, 1), ("1", 2, 1)]


def test_a_theorem_and_a_caption_name_their_own_lines_only():
    document = markdown(
        "## 2 Sums\n\nWe add.\n\nTheorem 2.1. Sums are odd.\n\nThe rest is easy.\n\nFigure 3: A sum."
    )
    assert named(document, "Sums are odd") == "Theorem 2.1"
    assert named(document, "The rest") == "2"
    assert named(document, "A sum") == "Figure 3"


def test_i_behind_h_is_a_letter_unless_a_numeral_follows():
    letters = "\n\n".join(f"({letter}) item of {letter};" for letter in "abcdefghij")
    assert named(markdown(f"## 3 List\n\n{letters}"), "item of i") == "3(i)"
    numerals = letters.replace("(i) item of i;", "(i) first;\n\n(ii) second;").replace(
        "(j) item of j;", ""
    )
    assert named(markdown(f"## 3 List\n\n{numerals}"), "second") == "3(h)(ii)"


def test_number_and_title_of_a_bookmark_are_read_from_two_lines():
    pages = [Page(0, "1", "Chapter 3\nQuick Start\n3.1 Files\nOpen a file.", "A")]
    bookmarks = [Bookmark(1, "Quick Start", 1), Bookmark(2, "3.1 Files", 1)]
    marks = from_bookmarks(bookmarks, pages)
    assert [(m.number, m.title, m.start) for m in marks] == [
        ("Chapter 3", "Quick Start", 0),
        ("3.1", "Files", 22),
    ]


def test_a_number_without_a_title_is_not_repeated_as_its_title():
    (section,) = build_sections([HeadingMark(1, "CHAPTER 1", "CHAPTER 1", 1, 0, "bookmark", 1.0)])
    assert (section.number, section.title) == ("CHAPTER 1", "")


BILL = b"""<?xml version="1.0"?><bill xmlns="http://schemas.gpo.gov/xml/uslm"><main><section><num>SEC. 101. </num>
<heading>KEEPERS.</heading><subsection><num>(a)</num><heading>Gates.</heading><content>The gate is open.</content>
</subsection><subsection><num>(b)</num><chapeau>The keeper shall</chapeau><paragraph><num>(1)</num>
<content>ring the bell; and</content></paragraph><paragraph><num>(2)</num><content>mend the wall.</content></paragraph>
</subsection></section></main></bill>"""


def test_a_part_without_a_heading_follows_one_that_has_a_heading():
    document = read_bytes("a.xml", BILL)
    assert named(document, "is open") == "Sec. 101(a)"
    assert named(document, "mend the wall") == "Sec. 101(b)(2)"


def test_numbered_paragraphs_name_places_where_no_heading_has_a_number():
    lines = "It is ordered:\n\n1. The owner shall not\n\n(a) ring; or\n\n(b) sing.\n\n2. The owner shall pay."
    document = read_bytes("a.txt", lines.encode())
    assert named(document, "sing") == "1(b)"
    assert named(document, "shall pay") == "2"
    assert named(document, "It is ordered") is None


def test_a_note_names_nothing_behind_it(make_pdf):
    body = ["The mill was old.1 It stood.", *[""] * 20, "1 The mill book says so."]
    document = read_pdf(make_pdf([body, ["The weir was new."]]))
    assert named(document, "The mill book") == "note 1"
    assert named(document, "The weir") is None


def test_a_heading_without_a_number_names_its_section():
    found = located(
        (1, "1", "Boats"),
        (2, None, "Sails"),
        (2, None, "Notes"),
        (1, "2", "Nets"),
        (2, None, "Notes"),
    )
    assert found == ["1", "Sails", "1, Notes", "2", "2, Notes"]


def test_a_list_whose_first_mark_is_lost_keeps_its_numbers():
    text = "## 76 Care\n\nEvery one is cared for.\n\n(2) The old too.\n\n(3) And the young.\n\n( 4) And all."
    document = markdown(text)
    assert each_named(document, "cared", "old", "young", "all") == [
        "76",
        "76(2)",
        "76(3)",
        "76(4)",
    ]


def test_the_end_of_a_list_keeps_the_number_of_its_section():
    text = "## I. Facts\n\nThere are:\n\n(a) a mill;\n\n(b) a weir.\n\nThe mill is old.\n\n## II. Law\n\nNone."
    assert named(markdown(text), "is old") == "I"


def test_a_second_list_of_terms_keeps_the_subsection_that_it_is_in():
    first = "## 4 Words\n\n“boat” means:\n\n(a) a ship;\n\n(b) a raft.\n\n“net” means rope.\n\n## 18 Courts\n\n"
    second = "(1)In this part—\n\n“case” means—\n\n(a) a suit;\n\n(b) a plea.\n\n“judge” means a man.\n\n(2) It sits."
    document = markdown(first + second)
    found = each_named(document, "raft", "rope", "plea", "a man", "It sits")
    assert found == ["4(b)", "4", "18(1)(b)", "18(1)", "18(2)"]


def test_numbers_of_the_opening_exhibit_stand_alone():
    made = located(
        (1, "Exhibit 10.2", ""),
        (2, "1", "Term"),
        (2, "2", "End"),
        (1, "Exhibit A", ""),
        (2, "1", "Form"),
    )
    assert made == ["Exhibit 10.2", "1", "2", "Exhibit A", "Exhibit A, 1"]
