"""Statements that are borne out, and whether they answer."""

from collections.abc import Sequence
from typing import Any

from docqa.app.answer.grades import Support
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.writing.answers import ReadQuestion
from docqa.app.answerers.writing.checking import CheckedStatement, check_text
from docqa.app.answerers.writing.excerpts import number_sentences_of_passages
from docqa.app.answerers.writing.statements import split_into_statements
from docqa.app.reading.rereading import SentenceOdds

TEXT = (
    "The City began to withhold 9 dollars from her bi-weekly paycheck. The first prototype costs 2,000 dollars. "
    "The design costs 3,000 dollars. A tenant may not keep a dog in the house. The keeper is Ann."
)


def checked(
    document: Any,
    model: Any,
    question: str,
    reply: str,
    yes: float = 0.0,
    answers: float = 6.0,
    believed: float = 0.0,
    **asked_of: Any,
) -> CheckedStatement:
    """The one statement of a reply, by a judge that believes so much and a reader that finds in all
    that it is shown an answer, with log-odds of `answers` and `yes`."""
    corpus = Corpus([document(TEXT)], model.tokenizer, [])
    given = number_sentences_of_passages(corpus.context, range(len(corpus.context.passages)))
    written = split_into_statements(reply, len(given.sentences))

    def judge(claims: Sequence[str], quotes: Sequence[str]) -> list[dict[Support, float]]:
        return [{Support.SUPPORTED: believed, Support.UNSUPPORTED: 1.0 - believed} for _ in claims]

    asked = ReadQuestion(
        question, (), (), lambda shown: [SentenceOdds(answers, yes) for _ in shown], 3.0, **asked_of
    )
    (found,) = check_text(written, given, corpus, question, judge, asked).statements
    return found


def words_of(item: CheckedStatement) -> list[str]:
    return [TEXT[place.start : place.end] for spans in item.quotes for place in spans]


def test_a_bare_yes_or_no_needs_a_sentence_that_says_it(document, model):
    question = "May a tenant keep a dog in the house?"
    said = {
        reply: checked(document, model, question, reply, yes=-2.0)
        for reply in ("No. [4]", "Yes. [4]")
    }
    assert said["No. [4]"].support.is_full_support and words_of(said["No. [4]"]) == [
        "A tenant may not keep a dog in the house."
    ]
    assert not said["Yes. [4]"].support.is_full_support
    reply = "No, a tenant may not keep a dog in the house. [4]"
    assert checked(document, model, question, reply, yes=-2.0).support.is_full_support


def test_the_opposite_of_what_its_quote_says_is_not_supported(document, model):
    question = "May a tenant keep a dog in the house?"
    found = checked(
        document, model, question, "Yes, a tenant keeps a dog in the house [4].", yes=-2.0
    )
    assert not found.support.is_full_support


def test_numbers_are_compared_as_values(document, model):
    assert checked(
        document, model, "How much does the design cost?", "3000 dollars", answers=0.0
    ).support.is_full_support
    found = {
        n: checked(document, model, f"Does the design cost {n},000 dollars?", "Yes. [3]", yes=2.0)
        for n in (3, 4)
    }
    assert found[3].support.is_full_support and not found[4].support.is_full_support


def test_what_does_not_answer_is_supported_in_part_at_most(document, model):
    for answers in (-8.0, 8.0):
        reply = "The design costs 3,000 dollars to build [3]."
        found = checked(
            document, model, "What if the rent is late?", reply, answers=answers, believed=0.9
        )
        assert found.support == (Support.SUPPORTED if answers > 0 else Support.PARTLY)


def test_quotes_that_add_nothing_are_left_out(document, model):
    reply = "The first prototype costs 2,000 dollars and the design 3,000 dollars [2][3][5]."
    found = checked(
        document, model, "What do the prototype and the design cost?", reply, believed=0.9
    )
    assert words_of(found) == [
        "The first prototype costs 2,000 dollars.",
        "The design costs 3,000 dollars.",
    ]


def test_a_small_model_is_believed_less(document, model):
    question = "What does she lose?"
    reply = "The City withheld 9 dollars."
    for small in (False, True):
        assert (
            checked(
                document, model, question, reply, answers=3, small=small
            ).support.is_full_support
            is not small
        )
