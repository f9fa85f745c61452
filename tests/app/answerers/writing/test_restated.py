"""Statements that say the question again, with an answer in it."""

from collections.abc import Sequence
from typing import Any

import pytest

from docqa.app.answer.grades import Support
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.writing.checking import CheckedStatement, check_text
from docqa.app.answerers.writing.excerpts import give
from docqa.app.answerers.writing.restated import added_words, without_premise
from docqa.app.answerers.writing.statements import read_statements

TEXT = (
    "The City began to withhold 9 dollars from her bi-weekly paycheck. The first prototype costs 2,000 dollars. "
    "The design costs 3,000 dollars. A tenant may not keep a dog in the house. The keeper is Ann."
)


def checked(document: Any, model: Any, question: str, reply: str, answers: float = 0.9) -> CheckedStatement:
    """The one statement of a reply, by a judge that believes nothing and a reader that finds all that it is shown
    `answers`."""
    corpus = Corpus([document(TEXT)], model.tokenizer, [])
    given = give(corpus.context, range(len(corpus.context.passages)))
    written = read_statements(reply, len(given.sentences))

    def judge(claims: Sequence[str], quotes: Sequence[str]) -> list[dict[Support, float]]:
        return [{Support.UNSUPPORTED: 1.0} for _ in claims]

    (found,) = check_text(written, given, corpus, question, judge, lambda places: answers).statements
    return found


def words_of(item: CheckedStatement) -> list[str]:
    return [TEXT[place.start : place.end] for spans in item.quotes for place in spans]


def test_a_premise_that_is_the_questions_own_is_left_out():
    question = "What happens if the rent is late?"
    assert without_premise("If the rent is late, a fee of 5 dollars is due.", question) == "a fee of 5 dollars is due."
    kept = "If the tenant dies, a fee of 5 dollars is due."
    assert without_premise(kept, question) == kept


def test_added_words_are_those_that_the_question_has_not():
    assert added_words("The rent of the house is 5 dollars.", "What is the rent of the house?") == {"5", "dollar"}
    assert not added_words("Ann keeps it.", "What is the rent of the house?")


def test_what_a_sentence_adds_to_the_question_bears_the_statement_out(document, model):
    question = "What was taken out of her wages every fortnight?"
    found = checked(document, model, question, "9 dollars were taken out of her wages every fortnight [1].")
    assert found.judgement.support is Support.SUPPORTED and found.judgement.chance == pytest.approx(0.9)
    assert words_of(found) == ["The City began to withhold 9 dollars from her bi-weekly paycheck."]


def test_two_sentences_together_have_what_is_added(document, model):
    question = "What do the first prototype and the design cost?"
    for cites in ("[2]", "[2, 3]"):
        reply = f"The first prototype costs 2,000 dollars and the design costs 3,000 dollars {cites}."
        found = checked(document, model, question, reply)
        assert found.judgement.good and len(words_of(found)) == 2


@pytest.mark.parametrize(
    ("reply", "answers"),
    [
        ("8 dollars were taken out of her wages every fortnight [1].", 0.9),
        ("9 dollars were not taken out of her wages every fortnight [1].", 0.9),
        ("9 dollars were taken out of her wages every fortnight [1].", 0.2),
    ],
)
def test_other_numbers_denials_and_matters_stay_unsupported(document, model, reply, answers):
    found = checked(document, model, "What was taken out of her wages every fortnight?", reply, answers)
    assert not found.judgement.good


def test_a_bare_yes_or_no_needs_a_sentence_that_says_it(document, model):
    question = "May a tenant keep a dog in the house?"
    said = {reply: checked(document, model, question, reply) for reply in ("No. [4]", "Yes. [4]")}
    assert said["No. [4]"].judgement.good and words_of(said["No. [4]"]) == ["A tenant may not keep a dog in the house."]
    assert not said["Yes. [4]"].judgement.good
    assert checked(document, model, question, "No, a tenant may not keep a dog in the house. [4]").judgement.good


def test_the_opposite_of_what_its_quote_says_is_not_supported(document, model):
    question = "May a tenant keep a dog in the house?"
    found = checked(document, model, question, "Yes, a tenant keeps a dog in the house [4].")
    assert not found.judgement.good


def test_yes_is_not_said_to_another_number(document, model):
    found = {n: checked(document, model, f"Does the design cost {n},000 dollars?", "Yes. [3]") for n in (3, 4)}
    assert found[3].judgement.good and not found[4].judgement.good


@pytest.mark.parametrize(
    ("reply", "believed", "least"),
    [
        ("If the rent is late, the design costs 3,000 dollars [3].", 1.0, 0.75),
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

    for answers in (0.1, 0.6, 0.9):
        question = "What if the rent is late?"
        found = check_text(written, given, corpus, question, believes, lambda places, to=answers: to)
        assert found.statements[0].judgement.good is (answers >= least)


def test_words_beside_a_sentence_that_answers_are_not_its_own(document, model):
    """One sentence is about what was asked, another has what is added: no sentence says it."""
    text = "Please ask the help desk about the phone. Field 8 is a number of a third party."
    corpus = Corpus([document(text)], model.tokenizer, [])
    given = give(corpus.context, range(len(corpus.context.passages)))

    def judge(claims: Sequence[str], quotes: Sequence[str]) -> list[dict[Support, float]]:
        return [{Support.UNSUPPORTED: 1.0} for _ in claims]

    def answers(places: Sequence[Any]) -> float:
        return max(0.9 if "help desk" in text[place.start : place.end] else 0.1 for place in places)

    question = "What is the phone number of the help desk?"
    written = read_statements("The phone number of the help desk is field 8 of a third party [1, 2].", 2)
    (found,) = check_text(written, given, corpus, question, judge, answers).statements
    assert not found.judgement.good


@pytest.mark.parametrize(("answers", "good"), [(0.1, False), (0.9, True)])
def test_words_of_two_pages_are_joined_only_where_they_answer(document, model, answers, good):
    """A judge that believes all reads the name on one page and the number on another as one."""
    first, second = "Please ask the help desk about the phone.", "Field 8 is a number of a third party."
    corpus = Corpus([document(first, second)], model.tokenizer, [])
    given = give(corpus.context, range(len(corpus.context.passages)))

    def believer(claims: Sequence[str], quotes: Sequence[str]) -> list[dict[Support, float]]:
        return [{Support.SUPPORTED: 1.0} for _ in claims]

    question = "What is the phone number of the help desk?"
    written = read_statements("The phone number of the help desk is field 8 of a third party [1, 2].", 2)

    def chance(places: Sequence[Any]) -> float:
        return max(0.9 if place.page == 1 else answers for place in places)

    (found,) = check_text(written, given, corpus, question, believer, chance).statements
    assert found.judgement.good is good
