"""The title of a document and its authors, as its first pages print them."""

from dataclasses import replace

import pytest

from docqa.app.answer.confidence import BY_CLAUSE
from docqa.app.answerers.corpus import Corpus
from docqa.app.reading.candidates import AnswerRequirements
from docqa.app.reading.clauses import DOCUMENT_AUTHORS, DOCUMENT_TITLE
from docqa.app.reading.direct_answers import find_candidates_in_clause


def found_on_first_page(document, model, text, clause, **titles):
    """(the words of each candidate, whether they are likely)."""
    made = replace(document(text), **titles)
    context = Corpus((made,), model.tokenizer, []).context
    wanted = AnswerRequirements(clause=clause)
    _, found = find_candidates_in_clause(context, [], [], wanted, lambda ranked: (ranked, None))
    words = [text[each.start : each.end] for each in found.candidates]
    return words, found.signals[BY_CLAUSE] > 0.5


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
    titles = {"printed_title": printed, "title": title}
    words, likely = found_on_first_page(document, model, text, DOCUMENT_TITLE, **titles)
    assert words == shown and likely is bool(shown)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("Ada Lund1 and Bo de Vries2\n1 University of Tarn", ["Ada Lund", "Bo de Vries"]),
        ("Ada Lund\nTarn University\nlund@tarn.edu\nBo Ek\nTarn School", ["Ada Lund", "Bo Ek"]),
        ("A study of three coasts\nby\nA. B. Lund\nAbstract\nBo Ek", ["A. B. Lund"]),
        ("Ada Lund, Bo E.\nEk∗\nDepartment of Light", ["Ada Lund", "Bo E.\nEk"]),
        ("Lamps are lit at dusk by the keeper of each coast.", []),
    ],
)
def test_the_authors_are_the_names_after_the_title(document, model, lines, names):
    text = f"The Care of Lamps\n{lines}\n"
    found = found_on_first_page(
        document, model, text, DOCUMENT_AUTHORS, printed_title="The Care of Lamps"
    )
    assert found == (names, bool(names))


def test_a_title_ends_before_names_that_are_printed_as_large(document, model):
    text = "The Care of Lamps\nAda Lund∗, Bo Ek\nDepartment of Light\n"
    large = {"printed_title": "The Care of Lamps Ada Lund∗, Bo Ek"}
    title, _ = found_on_first_page(document, model, text, DOCUMENT_TITLE, **large)
    assert title == ["The Care of Lamps"]
    authors, _ = found_on_first_page(document, model, text, DOCUMENT_AUTHORS, **large)
    assert authors == ["Ada Lund", "Bo Ek"]
