"""Who does something: a statement is not borne out by what its quotes say of another party."""

import pytest

from docqa.app.answer.grades import Support
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.writing.checking import check_text
from docqa.app.answerers.writing.contrasts import other_actors, sentences_of
from docqa.app.answerers.writing.excerpts import give
from docqa.app.answerers.writing.statements import read_statements

PAY = "The Customer shall pay the monthly Charges and the installation Charges set out in Schedule 2."
NAMED = 'This agreement is between Orrin Data Limited (the "Supplier") and Bexley plc (the "Customer").'
LISTED = "ORRIN DATA LIMITED and BEXLEY PLC"
DEFEND = "The Supplier shall defend the Customer against any claim, and shall pay what is finally awarded."


def found(statement, *quotes):
    known = [words for quote in quotes for words in sentences_of(quote)]
    return [(each.shown, each.sure) for each in other_actors(sentences_of(statement), known)]


@pytest.mark.parametrize(
    "statement",
    [
        "The Supplier must pay the monthly Charges.",
        "The Supplier pays the monthly Charges.",
        "The monthly Charges must be paid by the Supplier.",
    ],
)
def test_another_party_than_the_quotes_say_is_told(statement):
    assert found(statement, PAY, DEFEND) == [("supplier", True)]


@pytest.mark.parametrize(
    "statement",
    [
        "The Customer must pay the monthly Charges.",
        "The Buyer must pay the monthly Charges.",
        "The monthly Charges must be paid by the Customer.",
        "The Supplier must defend the Customer against claims.",
        "It must pay the monthly Charges.",
        "The monthly Charges must be paid.",
    ],
)
def test_the_same_party_in_other_words_is_no_other(statement):
    assert found(statement, PAY, DEFEND) == []


def test_a_name_is_the_party_that_a_quote_calls_it():
    assert found("Bexley plc must pay the monthly Charges.", PAY, NAMED) == []
    assert found("Orrin Data Limited must pay the monthly Charges.", PAY, NAMED) == [("orrin data limited", True)]


def test_a_name_without_a_role_is_doubtful():
    assert found("Orrin Data Limited must pay the monthly Charges.", PAY, LISTED) == [("orrin data limited", False)]


def test_the_verb_of_another_about_some_of_the_same_is_doubtful():
    travel = "Journeys by ferry are charged at cost."
    assert found("The Supplier must pay the charges for journeys by ferry.", PAY, travel) == [("supplier", False)]


def test_duties_of_both_parties_are_those_of_each():
    quote = "Each party shall keep the other's information confidential."
    assert found("The tenant must keep the other's information confidential.", quote) == []


def test_a_sentence_beside_the_quote_tells_whose_duty_it_is(document, model):
    """Even a judge that believes all is not asked where the document says it of another."""
    text = f"{NAMED} {PAY} {DEFEND}"
    corpus = Corpus([document(text)], model.tokenizer, [])
    given = give(corpus.context, range(len(corpus.context.passages)))

    def believer(claims, quotes):
        return [{Support.SUPPORTED: 1.0} for _ in claims]

    def support(reply):
        written = read_statements(reply, len(given.sentences))
        return [item.judgement.support for item in check_text(written, given, corpus, "", believer).statements]

    assert support("The Supplier must pay the monthly Charges [3].") == [Support.UNSUPPORTED]
    assert support("Orrin Data Limited must pay the monthly Charges [3].") == [Support.UNSUPPORTED]
    assert support("Bexley plc must pay the monthly Charges [2].") == [Support.SUPPORTED]
