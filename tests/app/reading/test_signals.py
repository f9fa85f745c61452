"""Signals of a question, all finite, and its names that no passage has."""

import math

import pytest

from docqa.app.evidence.ranking import WordIndex
from docqa.app.reading.signals import answer_signals, missing_names

TEXT = (
    "The tenant pays rent of 1200 dollars to Marten Hale. Rents are due on the first day. "
    "The roof is repaired by Hale."
)


@pytest.mark.parametrize("texts", [[TEXT, "Nothing of note is on this second page."], [], [""]])
def test_all_signals_are_finite_even_without_words_or_passages(texts):
    assert all(map(math.isfinite, answer_signals("of the", WordIndex(texts), None).values()))


def test_names_and_numbers_that_stand_nowhere_are_counted():
    question = "Did Odile Crane pay 1200 to Hale in 1999?"
    assert missing_names(question, WordIndex([TEXT])) == ["Odile", "Crane", "1999"]
