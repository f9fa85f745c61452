"""The date of a document: the likeliest of those that it prints."""

import pytest

from docqa.app.answer.confidence import BY_CLAUSE
from docqa.app.answerers.corpus import Corpus
from docqa.app.reading.first_pages.document_date import document_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        (
            "No. 14–551. Argued May 4, 2015—Decided June 29, 2015\nIn 2009 the city took land.",
            "June 29, 2015",
        ),
        (
            "THIS LEASE is made as of May 2, 2011 between A Inc. and B Inc. and ends on May 1, 2016.",
            "May 2, 2011",
        ),
        (
            "Tidal ponds\nAda Lund\n7 April 2021\nAbstract\nWe sampled ponds from June 2012 to May 2019.",
            "7 April 2021",
        ),
        ("Dear Ms. Hall, you left your umbrella in the hall.", None),
    ],
)
def test_the_date_of_a_document_is_told_from_the_others(document, model, text, date):
    context = Corpus((document(text),), model.tokenizer, []).context
    found = document_date(context)
    shown = [text[each.start : each.end] for each in found.candidates[:1]]
    assert shown == ([date] if date else [])
    assert (found.signals[BY_CLAUSE] > 0.5) is bool(date)
