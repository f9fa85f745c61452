"""Documents of which only some sections are used."""

from dataclasses import replace

import pytest

from docqa.app.errors import InputError, UsageError
from docqa.app.places.limited import limit_to_sections
from docqa.ingest.types import Block, Document, Section

TEXTS = (
    "1. Rent\nThe rent is 9.\n2. Term\nIt ends in",
    "May or June.\n3. Keys\nTwo keys.\nSchedule A\nA list.",
)


@pytest.fixture
def lease(document) -> Document:
    """Three sections and a schedule over two pages; section 2 goes over the page break."""
    places = [
        ("1.", "Rent", 1, 0),
        ("2.", "Term", 1, 23),
        ("3.", "Keys", 2, 13),
        ("A", "Schedule A", 2, 31),
    ]
    sections = tuple(
        Section(
            str(at),
            number,
            title,
            1,
            page,
            start,
            "numbering",
            1.0,
            None,
            str(page),
            title if number == "A" else number.rstrip("."),
        )
        for at, (number, title, page, start) in enumerate(places)
    )
    made = document(*TEXTS, sections=sections)
    page = replace(
        made.pages[1],
        blocks=(Block(0, 12, "para"), Block(13, 20, "heading"), Block(21, 30, "para")),
    )
    return replace(made, pages=(made.pages[0], page))


def test_only_the_named_sections_are_left_and_keep_their_places(lease):
    (only,) = limit_to_sections([lease], "2")
    assert [page.text.split() for page in only.pages] == [
        ["2.", "Term", "It", "ends", "in"],
        ["May", "or", "June."],
    ]
    assert [len(page.text) for page in only.pages] == [len(text) for text in TEXTS]
    assert only.pages[1].text[0:12] == TEXTS[1][0:12]
    assert {only.passage_text(passage).strip()[:2] for passage in only.passages} == {"2.", "Ma"}
    assert only.pages[1].blocks == (Block(0, 12, "para"),)
    assert "only the sections 2 were used" in only.coverage.warnings


def test_a_range_and_single_names_go_together(lease):
    (only,) = limit_to_sections([lease], "2-3, A")
    words = " ".join(page.text for page in only.pages).split()
    assert words[:2] == ["2.", "Term"] and words[-2:] == ["A", "list."] and "rent" not in words


def test_documents_without_the_sections_are_left_out(lease, document):
    assert [
        each.path for each in limit_to_sections([document("Nothing.", path="b.pdf"), lease], "3")
    ] == [lease.path]


def test_a_section_that_is_nowhere_is_named(lease):
    for named in ("9", "3-2", "2,Z9"):
        with pytest.raises(InputError, match="there is no section"):
            limit_to_sections([lease], named)
    with pytest.raises(UsageError):
        limit_to_sections([lease], " , ")
