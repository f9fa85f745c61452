"""Sentences that a page break cuts: found over footnotes and figures, and only where they are one
sentence.
"""

from docqa.ingest.structure.page_breaks import join_sentence_over_break, sentence_over_break
from docqa.ingest.types import Document
from tests.ingest.reading import read_pdf

FIRST = [
    "The lower basin was given its share in that year.",
    "The upper states may draw in each year no more than 310,000",
]
SECOND = [
    "acre feet of water from the river above the bridge.",
    "The court appoints a master for the rest.",
]


def over_break(document: Document) -> tuple[str, str] | None:
    found = sentence_over_break(document, 1)
    if found is None:
        return None
    first, second = (
        document.pages[number].text[span.start : span.end] for number, span in enumerate(found)
    )
    return first, second


def test_a_sentence_that_a_page_break_cuts_is_found(make_pdf):
    found = over_break(read_pdf(make_pdf([FIRST, SECOND])))
    assert found == (FIRST[1], SECOND[0])


def test_a_footnote_at_the_foot_of_the_page_does_not_part_it(make_pdf):
    first = [
        FIRST[0].replace("year.", "year.3"),
        FIRST[1],
        *[""] * 8,
        "3 See the award of the arbitrators.",
    ]
    found = over_break(read_pdf(make_pdf([first, SECOND])))
    assert found == (FIRST[1], SECOND[0])


def test_sentences_that_end_with_the_page_are_not_joined(make_pdf):
    ended = [FIRST[0], FIRST[1] + " feet."]
    assert over_break(read_pdf(make_pdf([ended, SECOND]))) is None
    heading = ["Chapter 2", *SECOND]
    assert over_break(read_pdf(make_pdf([FIRST[:1], heading]))) is None


def test_a_word_that_the_break_cuts_is_whole_again():
    assert (
        join_sentence_over_break("until the arbi-", "trators agree")
        == "until the arbitrators agree"
    )
