"""The words that say what a term means."""

import pytest

from docqa.app.quotes.meanings import asked_meaning
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

AGREEMENT = """1. Terms

"Critical Alarm" means an Alarm from a cold room; "Alarm" means a message.

Ansgar plc (the "Customer") pays for every Site.

Millers' Week shall mean the first week of May.

"Failure Notice" has the meaning set forth in Article 3.4.

"Late Sum" shall have the meaning given to it in Schedule 9.

Every member of the Weir Repair Fund (WRF) pays for stones, and the National Hail Statistics Office (NHSO) counts them.

The rules of the mill (LEX) apply.

3.4 If Ansgar plc rejects a stone, it sends the mill a written notice of what is wrong with it (a "Failure Notice").
"""


def meaning(question: str, text: str = AGREEMENT) -> str | None:
    document = read(ReadRequest("a.txt", text.encode()))
    found = asked_meaning(question, [document])
    return None if found is None else document.pages[found[1] - 1].text[found[2].start : found[2].end]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("define Critical Alarm", "an Alarm from a cold room"),
        ("define Millers' Week", "the first week of May"),
        ("define Customer", None),
    ],
)
def test_the_meaning_is_what_stands_behind_the_verb(question, words):
    assert meaning(question) == words


def test_a_definition_that_refers_elsewhere_means_what_is_named_there():
    found = meaning("What is a Failure Notice?")
    assert found is not None
    assert found.endswith("it sends the mill a written notice of what is wrong with it")


def test_a_reference_to_nothing_is_no_meaning():
    assert meaning("What does Late Sum mean?") is None


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What does WRF stand for?", "Weir Repair Fund"),
        ("what does NHSO mean?", "National Hail Statistics Office"),
        ("what is the NHSO?", None),
        ("What does LEX stand for?", None),
    ],
)
def test_an_abbreviation_means_the_words_it_is_short_for(question, words):
    assert meaning(question) == words


def test_an_abbreviation_of_a_defined_term_means_what_the_term_means():
    text = 'The Net Water Sum (NWS) is paid. "Net Water Sum" means what is left of the rent.'
    assert meaning("What does NWS mean?", text) == "what is left of the rent"
    assert meaning("What does NWS stand for?", text) == "Net Water Sum"


def test_a_long_clause_is_cut_where_one_begins():
    text = '"Notice" has the meaning given in clause 2. ' + "and so on, " * 30 + 'the tenant writes (a "Notice").'
    found = meaning("What is a Notice?", text)
    assert found is not None
    assert len(found.split()) <= 40 and found.startswith("and so on") and found.endswith("the tenant writes")
