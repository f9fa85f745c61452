"""Names and years of a question that no document has are found; other forms of a name are not missing."""

import pytest

from docqa.app.evidence.ranking import WordIndex
from docqa.app.reading.premises import missing_words, names_not_in

TEXT = (
    "Freedonia Water Board report for FY21. The General Data Rules of Freedonia apply to the Board. "
    "In 2019/20 the Warden of Brookfield kept the dyke, and the Marsh Levy Office was told."
)
COMMON = {"board", "act", "company"}


def missing(question: str, document_of_texts) -> tuple[str, ...]:
    document = document_of_texts(TEXT)
    return missing_words(
        question,
        WordIndex([TEXT]),
        [document],
        lambda text: [0] if text.strip() in COMMON else [0, 1],
    )


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What did Sylvania pay in 2018?", ("Sylvania", "2018")),
        ("What did Freedonia pay in 2021?", ()),
        ("What happened in 2020?", ()),
        ("Who told the MLO of the dyke?", ()),
        ("Which Freedonian body has rules under the Act?", ()),
        ("Who is warden of Brookfeild?", ()),
        ("WHAT DID SYLVANIA PAY?", ()),
    ],
)
def test_names_and_years_that_no_document_has_are_missing(question, words, document):
    assert missing(question, document) == words


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Who kept the dyke in 2019?", 0),
        ("Did the Warden of Freedonia keep the dyke?", 1),
        ("Did the Marsh Levy keep the dyke in 1950?", 3),
        ("And in 2019? (What did Freedonia report)", 0),
    ],
)
def test_names_that_do_not_stand_where_the_answer_is_are_counted(question, names):
    said = "Brookfield: In 2019/20 the Warden of Brookfield kept the dyke"
    assert names_not_in(said, question) == names
