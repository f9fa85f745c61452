"""The difference between a quotation and a document, word by word."""

import pytest

from docqa.app.quotes.difference import closest_range, inline_difference, word_edits


@pytest.mark.parametrize(
    ("quoted", "document", "shown"),
    [
        ("The tenant may pay", "The tenant shall pay", "The tenant [-may-]{+shall+} pay"),
        ("The tenant shall pay", "The tenant shall not pay", "The tenant shall {+not+} pay"),
        ("The tenant shall always pay", "The tenant shall pay", "The tenant shall [-always-] pay"),
        ('the "tenant" – here', "The “tenant” - here", "The “tenant” - here"),
        ("written consent of all", "written con-\nsent of all", "written consent of all"),
        ("it ends in May", "it ends in May.", "it ends in May"),
    ],
)
def test_words_that_differ_are_marked_and_what_folds_is_equal(quoted, document, shown):
    assert inline_difference(word_edits(quoted, document)) == shown


def test_an_aligned_range_grows_to_what_the_document_has_more():
    text = "First. The tenant shall, with the consent of the keeper, assign this lease to others. Last of all."
    start, end = closest_range("The tenant shall assign this lease", text, 7, 41)
    assert text[start:end] == "The tenant shall, with the consent of the keeper, assign this lease"


def test_a_small_word_far_away_does_not_stretch_the_range():
    text = "The old house stands by the river and is empty. The keeper of the lock returns a deposit in nine days."
    start, end = closest_range("The keeper of the gate returns a deposit", text, 48, 90)
    assert text[start:end] == "The keeper of the lock returns a deposit"
