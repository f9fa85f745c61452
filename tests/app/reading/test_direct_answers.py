"""The title of a document as its own answer."""

from dataclasses import replace

import pytest

from docqa.app.answer.confidence import BY_CLAUSE
from docqa.app.answerers.corpus import Corpus
from docqa.app.reading.candidates import AnswerRequirements
from docqa.app.reading.clauses import DOCUMENT_TITLE
from docqa.app.reading.direct_answers import find_candidates_in_clause


@pytest.mark.parametrize(
    ("printed", "title", "shown"),
    [
        ("The Care of Lamps on Coasts", "annals", ["The care of lamps\non coasts"]),
        ("1 The Care of Lamps", "Annals of Light", ["Annals of Light"]),
        ("letter-template", "annals", []),
    ],
)
def test_the_title_is_where_the_first_page_prints_it(document, model, printed, title, shown):
    text = "Annals of Light\nThe care of lamps\non coasts\nAda Lund"
    made = replace(document(text), printed_title=printed, title=title)
    context = Corpus((made,), model.tokenizer, []).context
    wanted = AnswerRequirements(clause=DOCUMENT_TITLE)
    _, found = find_candidates_in_clause(context, [], [], wanted, lambda ranked: (ranked, None))
    assert [text[each.start : each.end] for each in found.candidates] == shown
    assert (found.signals[BY_CLAUSE] > 0.5) is bool(shown)
