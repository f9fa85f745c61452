"""Statements that say the question again, with an answer in it."""

from collections.abc import Sequence
from typing import Any

import pytest

from docqa.app.answer.grades import Support
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.writing.checking import CheckedStatement, check_text
from docqa.app.answerers.writing.excerpts import give
from docqa.app.answerers.writing.statements import read_statements
from docqa.app.reading.rereading import ReadAlone

TEXT = (
    "The City began to withhold 9 dollars from her bi-weekly paycheck. The first prototype costs 2,000 dollars. "
    "The design costs 3,000 dollars. A tenant may not keep a dog in the house. The keeper is Ann."
)


def checked(document: Any, model: Any, question: str, reply: str, yes: float = 0.0) -> CheckedStatement:
    """The one statement of a reply, by a judge that believes nothing and a reader that finds in all that it is
    shown an answer, with log-odds of `yes`."""
    corpus = Corpus([document(TEXT)], model.tokenizer, [])
    given = give(corpus.context, range(len(corpus.context.passages)))
    written = read_statements(reply, len(given.sentences))

    def judge(claims: Sequence[str], quotes: Sequence[str]) -> list[dict[Support, float]]:
        return [{Support.UNSUPPORTED: 1.0} for _ in claims]

    (found,) = check_text(written, given, corpus, question, judge, lambda places: ReadAlone(2.0, yes)).statements
    return found


def words_of(item: CheckedStatement) -> list[str]:
    return [TEXT[place.start : place.end] for spans in item.quotes for place in spans]


def test_a_bare_yes_or_no_needs_a_sentence_that_says_it(document, model):
    question = "May a tenant keep a dog in the house?"
    said = {reply: checked(document, model, question, reply, yes=-2.0) for reply in ("No. [4]", "Yes. [4]")}
    assert said["No. [4]"].judgement.good and words_of(said["No. [4]"]) == ["A tenant may not keep a dog in the house."]
    assert not said["Yes. [4]"].judgement.good
    reply = "No, a tenant may not keep a dog in the house. [4]"
    assert checked(document, model, question, reply, yes=-2.0).judgement.good


def test_the_opposite_of_what_its_quote_says_is_not_supported(document, model):
    question = "May a tenant keep a dog in the house?"
    found = checked(document, model, question, "Yes, a tenant keeps a dog in the house [4].", yes=-2.0)
    assert not found.judgement.good


def test_yes_is_not_said_to_another_number(document, model):
    found = {n: checked(document, model, f"Does the design cost {n},000 dollars?", "Yes. [3]", yes=2.0) for n in (3, 4)}
    assert found[3].judgement.good and not found[4].judgement.good


@pytest.mark.parametrize(
    ("reply", "believed", "least"),
    [
        ("The design costs 3,000 dollars to build [3].", 0.55, 0.5),
        ("The design costs 3,000 dollars to build [3].", 0.9, 0.0),
    ],
)
def test_what_is_hardly_supported_must_be_about_the_question(document, model, reply, believed, least):
    corpus = Corpus([document(TEXT)], model.tokenizer, [])
    given = give(corpus.context, range(len(corpus.context.passages)))
    written = read_statements(reply, len(given.sentences))

    def believes(claims: Sequence[str], quotes: Sequence[str]) -> list[dict[Support, float]]:
        return [{Support.SUPPORTED: believed, Support.PARTLY: 1.0 - believed} for _ in claims]

    for odds in (-2.0, 0.5, 2.0):
        question, read = "What if the rent is late?", ReadAlone(odds, 0.0)
        found = check_text(written, given, corpus, question, believes, lambda places, read=read: read)
        assert found.statements[0].judgement.good is (read.chance >= least)
