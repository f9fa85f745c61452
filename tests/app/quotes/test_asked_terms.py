"""The term that a question asks the meaning of, and its definition."""

import pytest

from docqa.app.quotes.asked_terms import asked_term, definition_of, same_term
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

AGREEMENT = """1. Terms

"Site" means a building at 4 Weir Lane. "Critical Alarm" means an Alarm from a cold room; "Alarm" means a message.

Ansgar plc (the "Customer") pays for every Site.

Millers' Week shall mean the first week of May.

TOTAL PROCEEDS OF SALE shall mean what is left.

The Weir Repair Fund (WRF) pays for stones.

2. Stones

In this section "Site" means a quarry.
"""
ASKED = [
    ("What does \"Site\" mean?", "Site"),
    ("what does the term Critical Alarm mean in the agreement?", "Critical Alarm"),
    ("Define Customer.", "Customer"),
    ("definition of net proceeds", "net proceeds"),
    ("What is meant by 'working day'?", "working day"),
    ("WRF stands for?", "WRF"),
    ("How is Critical Alarm defined?", "Critical Alarm"),
    ("Net cut: definition?", "Net cut"),
    ("Who does \"Party\" refer to?", "Party"),
    ("modernity = ?", "modernity"),
    ("What is the rent?", None),
    ("Does \"Site\" keep its meaning in section 2?", None),
    ("What does section 13 say?", None),
    ("By what means are notices given?", None),
    ("", None),
]


@pytest.fixture
def agreement() -> Document:
    return read(ReadRequest("a.txt", AGREEMENT.encode()))


def found(question: str, *documents: Document) -> list[str]:
    pairs = definition_of(question, documents)
    return [documents[n].pages[d.page - 1].text[d.start : d.end] for n, d in pairs]


@pytest.mark.parametrize(("question", "term"), ASKED)
def test_the_term_that_is_asked(question, term):
    assert asked_term(question) == term


def test_the_term_asked_is_defined_and_no_longer_one(agreement):
    assert found("What does Alarm mean?", agreement) == ['"Alarm" means a message.']
    assert found("What does PROCEEDS OF SALE mean?", agreement) == []
    assert found("What is a Site?", agreement)[0] == '"Site" means a building at 4 Weir Lane.'


def test_the_meaning_for_the_whole_document_comes_first(agreement):
    first, second = found("What does Site mean?", agreement)
    assert (first.endswith("Lane."), second.endswith("quarry.")) == (True, True)


def test_what_no_quotation_mark_shows_is_found_when_asked(agreement):
    assert found("What does Millers' Week mean?", agreement) == ["Millers' Week shall mean the first week of May."]
    assert found("What does WRF stand for?", agreement) == ["The Weir Repair Fund (WRF) pays for stones."]
    assert found("What is Millers' Week?", agreement) == []
    assert found("Who is the Customer?", agreement) == ['Ansgar plc (the "Customer") pays for every Site.']


def test_several_documents_say_which_one_defines(agreement):
    other = read(ReadRequest("b.txt", b'"Site" means a mill.'))
    assert [number for number, _ in definition_of("define Site", [other, agreement])] == [0, 1, 1]


def test_plural_case_and_article_make_no_other_term():
    assert same_term("the Critical Alarms", "critical alarm")
    assert same_term("Third Parties", "a third party")
    assert not same_term("Alarm", "Critical Alarm")
    assert not same_term("Loss", "Los")
