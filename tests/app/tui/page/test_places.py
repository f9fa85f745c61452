"""Places in a document: what a search finds, what a reader means by a label."""

from dataclasses import replace

import pytest

from docqa.app.answer.answer import EvidenceItem
from docqa.app.tui.page.spans import find_hits, find_place
from docqa.app.tui.page.stops import make_stops, place_alone

from .. import conftest as tui


def test_words_are_found_over_line_ends_and_whatever_the_case(document):
    made = document("Notice in\nwriting. NOTICE  IN writing", "no such [thing] here")
    assert [(hit.page, hit.start) for hit in find_hits(made, "notice in writing")] == [
        (1, 0),
        (1, 19),
    ]
    assert [hit.page for hit in find_hits(made, "[thing]")] == [2]
    assert find_hits(made, "  ") == []
    assert len(find_hits(made, "n", most=3)) == 3


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("the Customer’s — “own” — words", 'customer\'s - "own"'),
        ("the Customer's words", "customer’s"),
        ("保证报告的真\n实、准确", "真实"),
        ("a twenty‑one clause", "twenty-one"),
    ],
)
def test_words_are_found_with_keyboard_quotes_and_across_lines_without_spaces(
    document, text, wanted
):
    assert len(find_hits(document(text), wanted)) == 1
    assert find_hits(document("twenty ones 真之实"), wanted) == []


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("ii", (2, 0)),
        ("page 1", (3, 0)),
        ("PDF 10", (10, 0)),
        ("10", (10, 0)),
        ("part one", (1, 0)),
        ("section 7", (7, 0)),
        ("xc", None),
    ],
)
def test_a_label_comes_before_a_physical_page_and_that_before_a_heading(
    lease_document, wanted, place
):
    assert find_place(lease_document, wanted) == place


def test_evidence_that_contains_a_quote_is_listed_once(lease_document):
    page = lease_document.pages[4]
    same = EvidenceItem("lease.pdf", 5, "3", 2.0, page.text)
    answer = tui.answer_of(lease_document, evidence=(same,))
    assert [stop.quote is None for stop in make_stops(answer, lease_document)] == [False, False]


def test_a_cite_finds_its_words_after_the_document_has_changed(lease_document):
    answer = tui.answer_of(lease_document)
    page = lease_document.pages[4]
    longer = replace(page, text=f"A line that was not there before.\n{page.text}")
    changed = replace(
        lease_document, pages=(*lease_document.pages[:4], longer, *lease_document.pages[5:])
    )
    first = make_stops(answer, changed)[0]
    (span,) = first.spans
    assert longer.text[span.start : span.end] == first.text
    assert (
        make_stops(answer, replace(lease_document, pages=lease_document.pages[:3]))[0].spans == ()
    )


def test_a_place_in_the_shown_file_is_named_without_the_file(lease_document):
    answer = tui.answer_of(replace(lease_document, path="there/lease.pdf"))
    assert place_alone(make_stops(answer, lease_document)[0], lease_document) == "p. 3 (PDF 5)"
    other = replace(lease_document, path="other.pdf")
    assert place_alone(make_stops(answer, other)[0], other) == "there/lease.pdf, p. 3 (PDF 5)"
