"""Places called by a bare number, by a number with its word, or by their heading."""

import pytest

from docqa.app.places.named import DocumentNames, find_section_region
from docqa.app.places.scope import find_scope
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

TEXT = """# Harbour Act

## Chapter 4 Keepers

### Article 81 Choice of the keeper

(1) The town chooses a keeper.

(2) The keeper may resign.

### Article 82 Bells

(1) The bell is rung.

## Schedule 2 Prices

### Part A Boats

A boat costs nine pounds.
"""


def act() -> Document:
    return read(ReadRequest("act.md", TEXT.encode()))


def test_a_document_is_meant_by_its_place_in_the_order():
    names = DocumentNames([act(), act()])
    assert (
        names.documents_meant_by("Which law governs the second contract?")
        == names.documents_meant_by("and the last file?")
        == {1}
    )
    assert (
        names.documents_meant_by("Which law governs it?")
        == names.documents_meant_by("the third contract?")
        == set()
    )


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("81", "Article 81"),
        ("article 82", "Article 82"),
        ("section 81", "Article 81"),
        ("81(2)", "(2) The keeper may"),
        ("Article 81(2)", "(2) The keeper may"),
        ("chapter 4", "Chapter 4"),
        ("Schedule 2 Part A", "Part A"),
        ("choice of", "Article 81"),
    ],
)
def test_a_place_is_found_by_what_is_printed_there(name, begins):
    document = act()
    region = find_section_region(document, name)
    assert region is not None
    assert document.pages[0].text[region.start[1] :].startswith(begins)


@pytest.mark.parametrize("name", ["83", "Article 9", "", "1.2", "the moon"])
def test_what_is_not_printed_is_no_place(name):
    assert find_section_region(act(), name) is None


OPINION = """SUPREME COURT OF THE SHIRE

JUSTICE ALDER delivered the opinion of the Court.

I

The mill stood by the weir.

II

A

The weir fell in the night.

B

We hold for the miller.

Appendix of the Court is the map.
"""


@pytest.mark.parametrize(
    ("question", "begins"), [("What does part II.B say?", "B\n"), ("What does part I say?", "I\n")]
)
def test_a_question_reaches_the_parts_of_an_opinion(question, begins):
    document = read(ReadRequest("opinion.txt", OPINION.encode()))
    scope = find_scope(question, (document,))
    assert scope is not None and scope.whole
    assert document.pages[0].text[scope.spans[0].start :].startswith(begins)


def test_a_question_reaches_a_paragraph_of_a_schedule():
    text = (
        TEXT
        + "\n## Schedule 3\n\n1. A bell is lent.\n\n2. A bell is sold.\n\n## Schedule 4\n\n1. No.\n\n2. Yes.\n"
    )
    document = read(ReadRequest("act.md", text.encode()))
    scope = find_scope("What does paragraph 2 of Schedule 3 say?", (document,))
    assert scope is not None
    assert [document.pages[0].text[span.start : span.end] for span in scope.spans] == [
        "2. A bell is sold."
    ]
